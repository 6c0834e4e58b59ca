package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// server runs the server's command line for as long as it takes.
func server(t *testing.T, dir string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), build(t, "server"), args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok {
		return string(out), string(exit.Stderr), exit.ExitCode()
	}
	require.NoError(t, err)
	return string(out), "", 0
}

func TestServerFormats(t *testing.T) {
	const want = "a.com {\n\tgzip\n}\n"
	dir := t.TempDir()
	write(t, dir, map[string]string{"Caddyfile": "a.com { gzip }", "good": want, "bad": "a.com {\n"})
	name := filepath.Join(dir, "Caddyfile")
	out, _, status := server(t, dir, "-fmt")
	require.Equal(t, want, out)
	require.Equal(t, 0, status)
	out, _, status = server(t, dir, "-fmt", "-l")
	require.Equal(t, "Caddyfile\n", out)
	require.Equal(t, 1, status, "there is a difference")
	out, _, status = server(t, dir, "-fmt", "-l", "-conf", "good")
	require.Empty(t, out)
	require.Equal(t, 0, status)
	_, message, status := server(t, dir, "-fmt", "-w", "-conf", "bad")
	require.Equal(t, "bad:1:7: the block of \"a.com\" is never closed: a } is missing\n\ta.com {\n\t      ^\n", message)
	require.Equal(t, 1, status)
	_, _, status = server(t, dir, "-w")
	require.Equal(t, 2, status)

	require.NoError(t, os.Chmod(name, 0o640))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink("Caddyfile", filepath.Join(dir, "link")))
		name = filepath.Join(dir, "link")
	}
	out, _, status = server(t, dir, "-fmt", "-w", "-conf", name)
	require.Empty(t, out)
	require.Equal(t, 0, status)
	text, err := os.ReadFile(filepath.Join(dir, "Caddyfile"))
	require.NoError(t, err)
	require.Equal(t, want, string(text))
	info, err := os.Lstat(filepath.Join(dir, "Caddyfile"))
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o640), info.Mode())
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		require.Contains(t, []string{"Caddyfile", "good", "bad", "link"}, entry.Name(), "nothing is left behind")
	}
}

func TestServerPrintsJSON(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"Caddyfile": "(s) {\n\tlog {args[0]}\n}\na.com {\n\timport s b\n}\n", "bad": "{\n\tdebug\n}\na.com"})
	out, _, _ := server(t, dir, "-json", "v1")
	require.JSONEq(t, `[{"keys":["a.com"],"body":[["log","b"]]}]`, out)
	write(t, dir, map[string]string{"v1.json": out})
	out, _, _ = server(t, dir, "-json", "caddyfile", "-conf", "v1.json")
	require.Equal(t, "a.com {\n\tlog b\n}\n", out)

	var tree struct{ Sites, Snippets []any }
	out, _, _ = server(t, dir, "-json", "tree")
	require.NoError(t, json.Unmarshal([]byte(out), &tree))
	require.Len(t, tree.Sites, 1)
	require.Empty(t, tree.Snippets)
	out, _, _ = server(t, dir, "-json", "written")
	require.NoError(t, json.Unmarshal([]byte(out), &tree))
	require.Len(t, tree.Snippets, 1)

	for _, tt := range []struct{ form, conf, want string }{
		{"v1", "bad", "bad:2:2: JSON has no place for global options\n\tdebug\n\t^\n"},
		{"v2", "Caddyfile", "-json v2: the forms are v1, tree, written and caddyfile\n"},
		{"caddyfile", "Caddyfile", "Caddyfile: JSON:1:1: invalid character '(' looking for beginning of value\n"},
	} {
		_, message, status := server(t, dir, "-json", tt.form, "-conf", tt.conf)
		require.Equal(t, tt.want, message)
		require.Equal(t, 1, status)
	}
}

func TestServerLints(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"Caddyfile": "a.com:8080 {\n\tredir /x /y#z\n}\n", "good": "a.com:8080 {\n}\n", "bad": "a.com:8080 {\n\tgzp\n}\n"})
	out, _, status := server(t, dir, "-lint")
	require.Equal(t, "Caddyfile:2:11: redir: the # is part of the word, while in Caddy 0.7.1 and 1 it began a comment: put the word in quotes, or a blank before the #\n"+
		"\tredir /x /y#z\n\t         ^\n", out)
	require.Equal(t, 1, status)
	out, _, status = server(t, dir, "-lint", "-conf", "good")
	require.Empty(t, out)
	require.Equal(t, 0, status)
	_, message, status := server(t, dir, "-lint", "-conf", "bad")
	require.Contains(t, message, `unknown directive "gzp" (did you mean "gzip"?)`)
	require.Equal(t, 1, status)
}

func TestServerReportsWhatCaddy2Has(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"Caddyfile": "a.com:8080 {\n\tgzip\n\tproxy /api b:80\n}\n"})
	out, _, status := server(t, dir, "-migrate")
	require.Equal(t, 0, status)
	require.Regexp(t, `(?m)^Caddyfile:2:2 +gzip +encode zstd gzip +brotli`, out)
	require.Regexp(t, `(?m)^Caddyfile:3:2 +proxy /api b:80 +reverse_proxy /api\* b:80 +a path is exact`, out)
	_, _, status = server(t, dir, "-migrate", "-lint")
	require.Equal(t, 2, status)
}
