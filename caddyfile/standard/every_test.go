package standard_test

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestEveryDirective serves a Caddyfile that has all of them, and sees each of them
// do something.
func TestEveryDirective(t *testing.T) {
	for _, program := range []string{"git", "sh"} {
		middlewaretest.Program(t, program)
	}
	const name = "testdata/every.caddyfile"
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	for _, directive := range standard.Vocabulary().Names() {
		require.Regexp(t, `(?m)^\t`+directive+`\b`, string(text), "%s is to be there", directive)
	}
	fpm := fastcgitest.Run(t, fastcgitest.Config{Network: "tcp"})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/lead" {
			w.Header().Set("X-Accel-Redirect", "/inner/secret.txt")
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		io.WriteString(w, r.Method+" "+r.URL.Path+" "+string(body))
	}))
	defer backend.Close()

	dir := t.TempDir()
	repo := filepath.Join(dir, "repo")
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	for name, text := range map[string]string{
		"site/start.html": "start", "site/plain.txt": strings.Repeat("plain and long enough to be compressed\n", 100), "site/404.html": "a page of ours",
		"site/about.html": "about", "site/private/x.txt": "private", "site/x.weird": "weird", "site/inner/secret.txt": "inner",
		"site/pushed.html": "pushed", "site/style.css": "p {}", "site/php/x.php": "<?php echo 6 * 7;", "site/docs/a.md": "# Title",
		"site/pages/now.html": "{{.Method}} {{.URI}}", "site/files/listed.txt": "x", "repo/r.txt": "of the repository",
	} {
		write(name, text)
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "one"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = repo
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0") // for TLS, which has a port of its own
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(free.Addr().String())
	require.NoError(t, errors.Join(err, free.Close()))
	variables := map[string]string{"PORT": port, "DIR": dir, "BACKEND": backend.URL, "PHP": fpm.Target.Addr, "REPO": repo}
	server, err := caddyfile.Load(name, caddyfile.Config{
		Vocabulary: standard.Vocabulary(),
		AllowExec:  true,
		Parse:      caddyfile.ParseConfig{Env: func(name string) (string, bool) { value, ok := variables[name]; return value, ok }},
		Log:        slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	stop := run(t, server)
	urls := map[string]string{}
	for _, l := range server.Listeners() {
		urls[l.Scheme] = l.Scheme + "://" + l.Addr.String()
	}
	url := urls["http"]

	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(method, path, body string, fields ...string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		resp, err := client.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp, string(text)
	}
	for _, tt := range []struct {
		directive, path string
		status          int
		body            string // begins so
		field, value    string
	}{
		{"index", "/", 200, "start", "", ""},
		{"static", "/plain.txt", 200, "plain", "Etag", "*"},
		{"request_id", "/plain.txt", 200, "plain", "X-Request-Id", "*"},
		{"header", "/plain.txt", 200, "plain", "X-Every", "yes"},
		{"errors", "/nothing", 404, "a page of ours", "", ""},
		{"rewrite", "/old.txt", 200, "plain", "", ""},
		{"redir", "/moved", 302, "", "Location", "/plain.txt"},
		{"ext", "/about", 200, "about", "", ""},
		{"basicauth", "/private/x.txt", 401, "401", "Www-Authenticate", "*"},
		{"mime", "/x.weird", 200, "weird", "Content-Type", "text/x-weird"},
		{"status", "/gone", 410, "410 Gone", "", ""},
		{"internal", "/inner/secret.txt", 404, "", "", ""},
		{"internal, led to", "/api/lead", 200, "inner", "", ""},
		{"expvar", "/debug/vars", 200, "{", "Content-Type", "*"},
		{"pprof", "/debug/pprof/goroutine?debug=1", 200, "goroutine profile", "", ""},
		{"introspect", "/debug/live/", 200, "", "", ""},
		{"push", "/pushed.html", 200, "pushed", "Link", "</style.css>; rel=preload; as=style"},
		{"proxy", "/api/x", 200, "GET /x", "", ""},
		{"fastcgi", "/php/x.php", 200, "42", "", ""},
		{"markdown", "/docs/a.md", 200, "<!DOCTYPE html>", "Content-Type", "text/html; charset=utf-8"},
		{"templates", "/pages/now.html", 200, "GET /pages/now.html", "", ""},
		{"browse", "/files/?format=text", 200, "./listed.txt", "", ""},
		{"git", "/deployed/r.txt", 200, "of the repository", "", ""},
	} {
		t.Run(tt.directive, func(t *testing.T) {
			resp, body := get("GET", tt.path, "")
			require.Equal(t, tt.status, resp.StatusCode, "%s", body)
			require.True(t, strings.HasPrefix(body, tt.body), "%s", body)
			if tt.field != "" && tt.value != "*" {
				require.Equal(t, tt.value, resp.Header.Get(tt.field))
			} else if tt.field != "" {
				require.NotEmpty(t, resp.Header.Get(tt.field))
			}
		})
	}
	t.Run("gzip", func(t *testing.T) {
		resp, _ := get("GET", "/plain.txt", "", "Accept-Encoding", "gzip")
		require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	})
	t.Run("decompress", func(t *testing.T) {
		_, body := get("POST", "/api/x", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", "Content-Encoding", "gzip")
		require.Equal(t, "POST /x hello", body)
	})
	t.Run("limits", func(t *testing.T) {
		resp, _ := get("POST", "/api/x", strings.Repeat("x", 2000))
		require.Equal(t, 413, resp.StatusCode)
	})
	t.Run("basicauth lets in", func(t *testing.T) {
		resp, body := get("GET", "/private/x.txt", "", "Authorization", "Basic YW5uOnNlY3JldA==")
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, "private", body)
	})
	t.Run("websocket", func(t *testing.T) {
		conn, _, err := websocket.Dial(t.Context(), url+"/echo", nil)
		require.NoError(t, err)
		defer conn.CloseNow()
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte("hello")))
		_, text, err := conn.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, "hello", string(text))
		require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
	})
	t.Run("h2c", func(t *testing.T) {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		client := &http.Client{Transport: &http.Transport{Protocols: &protocols}}
		defer client.CloseIdleConnections()
		resp, err := client.Get(url + "/plain.txt")
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, 2, resp.ProtoMajor)
	})
	t.Run("tls", func(t *testing.T) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"}}}
		defer client.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), "GET", urls["https"]+"/plain.txt", nil)
		require.NoError(t, err)
		r.Host = "localhost"
		resp, err := client.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, 200, resp.StatusCode)
	})
	client.CloseIdleConnections()
	stop()
	for file, text := range map[string]string{"started": "up\n", "on": "on\n", "stopped": "down\n"} {
		said, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Equal(t, text, string(said))
	}
	log, err := os.ReadFile(filepath.Join(dir, "access.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), `"GET /moved HTTP/1.1" 302`)
}
