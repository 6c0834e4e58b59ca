package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startLayers starts the program that has real layers, without symbols, for a
// repository of one commit.
func startLayers(t *testing.T) (s *server, repo, hash string) {
	t.Helper()
	name := build(t, "layers", stripped)
	usdt(t, name)
	repo = t.TempDir()
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{
			"-C", repo, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false",
		}, args...)...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	require.NoError(t, os.WriteFile(filepath.Join(repo, "index.html"), []byte("hello"), 0o600))
	git("add", ".")
	git("commit", "-q", "-m", "first")
	return startProgram(t, name, repo, t.TempDir()), repo, git("rev-parse", "HEAD")
}

// TestLayersTell has every layer that has a probe of its own call it, and sees it
// called once, with what is true.
func TestLayersTell(t *testing.T) {
	need(t, true, "bpftrace", "what the kernel sees of gzip, fastcgi, git, upstreams, errors and reloads")
	need(t, false, "git", "what the kernel sees of git")
	s, repo, hash := startLayers(t)
	tr := s.trace(`
		PROBE:compress__done { @coded[str(arg1, arg2), arg3, arg4] = count(); if (arg0 == 0 || arg5 == 0) { @bad = count(); } }
		PROBE:fastcgi__stderr { @said[str(arg3, arg4)] = count(); if (arg0 == 0) { @bad = count(); } }
		PROBE:fastcgi__done { @app[arg3, arg4] = count(); if (arg0 == 0 || arg5 == 0) { @bad = count(); } }
		PROBE:git__pull { @git[arg1, str(arg2, arg3), str(arg4, arg5)] = count(); if (arg0 == 0) { @bad = count(); } }
		PROBE:health__change { @health[arg0, str(arg1, arg2), str(arg3, arg4)] = count(); }
		PROBE:error { @error[str(arg1, arg2), str(arg3, arg4)] = count(); if (arg0 == 0) { @bad = count(); } }
		PROBE:reload { @reload[arg1, str(arg2, arg3)] = count(); if (arg0 == 0) { @bad = count(); } }`)
	s.attached(1, "compress__done", "fastcgi__stderr", "fastcgi__done", "git__pull", "health__change", "error", "reload")

	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/gzip", nil)
	require.NoError(t, err)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	coded, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	z, err := gzip.NewReader(strings.NewReader(string(coded)))
	require.NoError(t, err)
	plain, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Len(t, plain, 5000)

	require.Equal(t, "hello", s.mustGet("/app"))
	require.Equal(t, hash, s.mustGet("/pull"))
	require.Empty(t, s.mustGet("/ail"))
	s.mustGet("/error")
	s.mustGet("/page")
	file := s.mustGet("/reload")
	require.NoError(t, os.WriteFile(file, []byte("localhost:2015\nnonsense\n"), 0o600))
	require.Equal(t, "refused", s.mustGet("/reload"))

	out := tr.stop(t)
	got := regexp.MustCompile(`(?m)^@.*$`).FindAllString(out, -1)
	// Of a string bpftrace shows 63 bytes.
	shown := func(s string) string { return s[:min(len(s), 63)] }
	require.ElementsMatch(t, []string{
		"@bad: 0", // ids and times
		"@coded[gzip, 5000, " + strconv.Itoa(len(coded)) + "]: 1",
		"@said[PHP Notice: paper]: 1",
		"@app[3, 0]: 1",
		"@git[0, " + shown(repo) + ", " + hash + "]: 1",
		"@health[0, 192.0.2.1:80, ejected: unwell]: 1",
		"@error[printer, out of paper]: 2",
		"@reload[0, " + shown(file) + "]: 1",
		"@reload[1, " + shown(file) + "]: 1",
	}, got, out)
}

// TestEveryStartIsDone ends requests in every way there is, and has the kernel count
// that each has begun once and ended once, under one id.
func TestEveryStartIsDone(t *testing.T) {
	need(t, true, "bpftrace", "that each request is said to end once")
	s, _, _ := startLayers(t)
	tr := s.trace(`
		PROBE:request__start /strncmp(str(arg3, arg4), "/end/", 5) == 0/ { @started = count(); @start[arg0] = count(); }
		PROBE:request__done {
			$r = (struct shallot_request *)arg4;
			if (strncmp(str($r->uri.p, $r->uri.n), "/end/", 5) == 0) {
				@ended = count(); @done[arg0] = count();
				@end[str($r->uri.p, $r->uri.n), arg1, $r->aborted] = count();
			}
		}`)
	s.attached(1, "request__start", "request__done")
	const times = 20
	once := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // or it would ask again
	for range times {
		for _, how := range []string{"whole", "panic", "abort", "broken", "stream", "hijack"} {
			if res, err := once.Get(s.url + "/end/" + how); err == nil { // it fails where it is to
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /end/wait HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		_, err = bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	require.Eventually(t, func() bool { return s.mustGet("/waiting") == "0" }, 30*time.Second, 20*time.Millisecond)
	out := tr.stop(t)
	for _, want := range []string{
		"@end[/end/whole, 200, 0]: 20", "@end[/end/stream, 200, 0]: 20", "@end[/end/hijack, 0, 0]: 20",
		"@end[/end/panic, 500, 1]: 20", "@end[/end/abort, 200, 1]: 20", "@end[/end/broken, 200, 1]: 20",
	} {
		require.Contains(t, out, want)
	}
	require.Regexp(t, `@end\[/end/wait, 499, [01]\]: 20`, out)
	require.Contains(t, out, fmt.Sprintf("@started: %d\n", 7*times))
	require.Contains(t, out, fmt.Sprintf("@ended: %d\n", 7*times))
	ids := func(name string) (ids []string) {
		for _, m := range regexp.MustCompile(`(?m)^@`+name+`\[(\d+)\]: 1$`).FindAllStringSubmatch(out, -1) {
			ids = append(ids, m[1])
		}
		return ids
	}
	require.Len(t, ids("start"), 7*times, "each id begins once")
	require.ElementsMatch(t, ids("start"), ids("done"))
	require.NotContains(t, ids("start"), "0")
}
