// Package examples_test starts every example as its reader would.
package examples_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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

// A process is an example that runs.
type process struct {
	cmd   *exec.Cmd
	lines chan string // what it writes
	seen  []string
	done  chan error
}

// start starts the example called name in dir. It is killed, unless it has ended
// by then, when the test ends.
func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), build(t, name), args...)
	cmd.Dir = dir
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = w, w
	require.NoError(t, cmd.Start())
	w.Close()
	p := &process{cmd: cmd, lines: make(chan string, 1000), done: make(chan error, 1)}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			p.lines <- s.Text()
		}
		p.done <- cmd.Wait()
	}()
	t.Cleanup(func() { cmd.Process.Kill() })
	return p
}

// expect waits for a line that matches.
func (p *process) expect(t *testing.T, match *regexp.Regexp) []string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				require.Fail(t, "it has ended", strings.Join(p.seen, "\n"))
			}
			p.seen = append(p.seen, line)
			if m := match.FindStringSubmatch(line); m != nil {
				return m
			}
		case <-timeout:
			require.Fail(t, "no line matches "+match.String(), strings.Join(p.seen, "\n"))
		}
	}
}

// url waits for the address that the example says it can be reached at.
func (p *process) url(t *testing.T) string {
	t.Helper()
	return p.expect(t, regexp.MustCompile(`(http://[^/\s]+)`))[1]
}

// stop has the example end by itself.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		p.cmd.Process.Kill() // which knows no better
		<-p.done
		return
	}
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	for line := range p.lines {
		p.seen = append(p.seen, line)
	}
	require.NoError(t, <-p.done, strings.Join(p.seen, "\n"))
}

var builds sync.Map // of func() (string, error), by the name of the example

// build returns the path of the example's program.
func build(t *testing.T, name string) string {
	t.Helper()
	once, _ := builds.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		out := filepath.Join(binDir, name)
		if runtime.GOOS == "windows" {
			out += ".exe"
		}
		text, err := exec.Command("go", "build", "-o", out, "./"+name).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%w\n%s", err, text)
		}
		return out, nil
	}))
	path, err := once.(func() (string, error))()
	require.NoError(t, err)
	return path
}

var binDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "examples")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binDir = dir
		return m.Run()
	}())
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

func get(t *testing.T, url string) (int, string, http.Header) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body), resp.Header
}
