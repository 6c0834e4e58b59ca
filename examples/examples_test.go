// Package examples_test starts every example as its reader would.
package examples_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestWrap(t *testing.T) {
	p := start(t, t.TempDir(), "wrap", "-addr", "127.0.0.1:0")
	base := p.url(t)
	status, body, header := get(t, base+"/hello/world")
	require.Equal(t, 200, status)
	require.Equal(t, "Hello, world! This is request "+header.Get("X-Request-Id")+".\n", body)
	status, body, _ = get(t, base+"/panic")
	require.Equal(t, 500, status)
	require.Equal(t, "500 Internal Server Error\n", body)
	p.expect(t, regexp.MustCompile(`^127\.0\.0\.1 - - \[.*\] "GET /panic HTTP/1\.1" 500 26$`))
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"notes/a b.txt": "some text", "notes/README": "about notes", ".git/config": ""})
	p := start(t, dir, "files", "-addr", "127.0.0.1:0")
	base := p.url(t)
	status, body, _ := get(t, base+"/notes/?format=text")
	require.Equal(t, 200, status)
	require.Equal(t, "./a%20b.txt\n./README\n", body)
	status, body, header := get(t, base+"/notes/")
	require.Equal(t, 200, status)
	require.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	require.Contains(t, body, "<pre>about notes</pre>")
	_, body, _ = get(t, base+"/notes/a%20b.txt")
	require.Equal(t, "some text", body)
	_, body, header = get(t, base+"/notes/?archive=zip")
	require.Equal(t, "attachment; filename=notes.zip", header.Get("Content-Disposition"))
	require.Equal(t, "PK", body[:2])
	status, _, _ = get(t, base+"/.git/")
	require.Equal(t, 404, status)
	p.expect(t, regexp.MustCompile(`"GET /notes/a%20b\.txt HTTP/1\.1" 200 9$`))
}

func TestProxy(t *testing.T) {
	p := start(t, t.TempDir(), "proxy", "-any")
	var backends []string
	for range 4 {
		backends = append(backends, p.expect(t, regexp.MustCompile(`^A server for localhost:900\d is at (.*)$`))[1])
	}
	base := p.url(t)
	ask := func(path string, n int) (answers []string) {
		for range n {
			status, body, _ := get(t, base+path)
			require.Equal(t, 200, status)
			answers = append(answers, strings.TrimSpace(strings.TrimPrefix(body, "hello from ")))
		}
		return answers
	}
	require.ElementsMatch(t, []string{backends[0], backends[2], backends[0], backends[2]}, ask("/foo", 4))
	require.Subset(t, []string{backends[1], backends[3]}, ask("/bar/foo", 4))

	_, err := http.Get("http://" + backends[0] + "/die")
	require.Error(t, err)
	p.expect(t, regexp.MustCompile(`is dead$`))
	require.Equal(t, []string{backends[2], backends[2], backends[2], backends[2]}, ask("/foo", 4))
	p.stop(t)
}

func TestPHP(t *testing.T) {
	if found, _ := filepath.Glob("/usr/sbin/php-fpm*"); len(found) == 0 {
		middlewaretest.Program(t, "php-fpm")
	}
	p := start(t, t.TempDir(), "php", "-any")
	base := p.url(t)
	status, body, _ := get(t, base+"/")
	require.Equal(t, 200, status)
	require.Contains(t, body, "a page without a file")
	_, body, _ = get(t, base+"/hello/a%20%3Cb%3E")
	require.Contains(t, body, "<p>Hello, a &lt;b&gt;!</p>")
	_, body, _ = get(t, base+"/info")
	require.Contains(t, body, "$_SERVER['APP_NAME']</td><td class=\"v\">example<")
	status, _, header := get(t, base+"/style.css")
	require.Equal(t, 200, status)
	require.Equal(t, "text/css; charset=utf-8", header.Get("Content-Type"))
	status, body, _ = get(t, base+"/missing")
	require.Equal(t, 404, status)
	require.Contains(t, body, "There is nothing at /missing.")
	_, body, _ = get(t, base+"/stream?ms=1")
	require.Equal(t, "line 1\nline 2\nline 3\nline 4\nline 5\n", body)

	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	require.NoError(t, parts.WriteField("name", "Anna"))
	file, err := parts.CreateFormFile("file", "zeros")
	require.NoError(t, err)
	_, err = file.Write(make([]byte, 1_000_000))
	require.NoError(t, err)
	require.NoError(t, parts.Close())
	resp, err := http.Post(base+"/form", parts.FormDataContentType(), &form)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), "<p>Hello, Anna!</p>")
	require.Contains(t, string(text), "zeros: 1000000 bytes, SHA-256 d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025")

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := http.Client{Jar: jar}
	for _, visit := range []string{"visit 1 ", "visit 2 "} {
		resp, err := client.Get(base + "/session")
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		require.NoError(t, err)
		require.Contains(t, string(text), visit)
	}
	p.stop(t)
}

// TestDeploy pushes to the site, breaks it, and goes back.
func TestDeploy(t *testing.T) {
	for _, name := range []string{"git", "sh"} {
		middlewaretest.Program(t, name)
	}
	dir := t.TempDir()
	p := start(t, dir, "deploy", "-addr", "127.0.0.1:0")
	base := p.url(t)
	waitFor := func(path, want string) (body string) {
		t.Helper()
		middlewaretest.Eventually(t, func() bool {
			_, body, _ = get(t, base+path)
			return strings.Contains(body, want)
		})
		return body
	}
	waitFor("/", "<p>It is deployed.</p>")
	clone := filepath.Join(dir, "clone")
	run := func(dir string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	run(dir, "clone", "--quiet", base+"/site.git", clone)
	first := run(clone, "rev-parse", "HEAD")
	push := func(name, text string) {
		t.Helper()
		write(t, clone, map[string]string{name: text})
		run(clone, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--all", "--message=x")
		run(clone, "push", "--quiet")
	}
	push("page.txt", "Pushed & built.\n")
	waitFor("/", "<p>Pushed &amp; built.</p>")
	push("build.sh", "exit 1\n")
	waitFor("/releases", "then: sh: exit status 1")
	waitFor("/", "<p>Pushed &amp; built.</p>")

	resp, err := http.PostForm(base+"/releases", url.Values{"hash": {first}})
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
	_, body, _ := get(t, base+"/")
	require.Contains(t, body, "<p>It is deployed.</p>")
	status, _, _ := get(t, base+"/.git/config")
	require.Equal(t, 404, status)
	p.stop(t)
}
