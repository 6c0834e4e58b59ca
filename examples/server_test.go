package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestServerWithoutCaddyfile is the first command of the README.
func TestServerWithoutCaddyfile(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "server", "-addr", "127.0.0.1:0")
	base := p.url(t)

	status, body, header := get(t, base+"/")
	require.Equal(t, 200, status)
	require.Contains(t, body, "It works.")
	require.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	p.expect(t, regexp.MustCompile(`"GET / HTTP/1\.1" 200 \d+$`))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.html"), []byte("<p>mine"), 0o600))
	status, body, _ = get(t, base+"/")
	require.Equal(t, 200, status)
	require.Equal(t, "<p>mine", body)

	status, body, _ = get(t, base+"/missing")
	require.Equal(t, 404, status)
	require.Equal(t, "404 Not Found\n", body)
	p.stop(t)
}

func TestServerWithCaddyfile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"Caddyfile":       "127.0.0.1:0\nroot public\nlog ./2015.log\nerrors {\n\t404 404.html\n\tlog errors.log\n}\n",
		"public/a.txt":    "some text",
		"public/404.html": "<p>nothing here",
	})
	p := start(t, dir, "server")
	base := p.url(t)
	for _, name := range []string{"2015.log", "errors.log"} {
		p.expect(t, regexp.MustCompile("logging to .*"+regexp.QuoteMeta(name)))
	}
	status, body, _ := get(t, base+"/a.txt")
	require.Equal(t, 200, status)
	require.Equal(t, "some text", body)
	status, body, _ = get(t, base+"/b.txt")
	require.Equal(t, 404, status)
	require.Equal(t, "<p>nothing here", body)

	if runtime.GOOS != "windows" {
		// As the log rotation of the system does it.
		require.NoError(t, os.Rename(filepath.Join(dir, "2015.log"), filepath.Join(dir, "2015.log.1")))
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
		middlewaretest.Eventually(t, func() bool {
			_, err := os.Stat(filepath.Join(dir, "2015.log"))
			return err == nil
		})
		get(t, base+"/c.txt")
	}
	p.stop(t)
	var log strings.Builder
	for _, name := range []string{"2015.log.1", "2015.log"} {
		text, _ := os.ReadFile(filepath.Join(dir, name))
		log.Write(text)
	}
	require.Contains(t, log.String(), `"GET /a.txt HTTP/1.1" 200 9`)
	require.Contains(t, log.String(), `"GET /b.txt HTTP/1.1" 404 15`)
}

func TestServerRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		args  []string
		want  string
	}{
		{"a mistake", map[string]string{"Caddyfile": "localhost\nroute /a"}, []string{"-validate"},
			"Caddyfile:2:1: unknown directive \"route\": there are no blocks for paths; most directives take a path, and the address of a site may have one\n\troute /a\n\t^\n"},
		{"a file that is not there", nil, []string{"-conf", "missing"},
			"open missing: " + syscall.ENOENT.Error() + "\n"},
		{"too many wishes", nil, []string{"-conf", "x", "-root", "y"},
			"-root and -addr are for going without a Caddyfile; leave out -conf or them\n"},
		{"to check and to print", nil, []string{"-fmt", "-validate"}, "-fmt and -validate do not go together\n"},
		{"to print in two ways", nil, []string{"-lint", "-json", "v1"}, "-json and -lint do not go together\n"},
		{"to check and to serve", nil, []string{"-validate", "-watch"}, "-validate and -watch do not go together\n"},
		{"to write what is not laid out", nil, []string{"-w"}, "-l and -w go with -fmt\n"},
		{"a Caddyfile to watch that is not there", nil, []string{"-root", ".", "-watch"}, "so that there is none to -watch\n"},
		{"a log that cannot be opened", map[string]string{"Caddyfile": "127.0.0.1:0\nlog dir/x.log", "dir": "a file"}, nil,
			"opening log file: mkdir"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tt.files)
			cmd := exec.CommandContext(t.Context(), build(t, "server"), tt.args...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), tt.want)
		})
	}
}

func TestServerValidates(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.conf": "localhost\nlog x.log"})
	cmd := exec.CommandContext(t.Context(), build(t, "server"), "-conf", "site.conf", "-validate")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "site.conf is valid\n", string(out))
	require.NoFileExists(t, filepath.Join(dir, "x.log"), "to check is not to start")

	write(t, dir, map[string]string{"site.conf": "localhost\nroot ~/public\nimport sites/*"})
	cmd = exec.CommandContext(t.Context(), build(t, "server"), "-conf", "site.conf", "-validate")
	cmd.Dir = dir
	out, err = cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), `the home folder is {$HOME}; if that is meant, put it in quotes at=site.conf:2:6`)
	require.Contains(t, string(out), `at=site.conf:3:8`)
	require.Contains(t, string(out), "site.conf is valid\n")
}
