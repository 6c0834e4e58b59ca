package fastcgi_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/fcgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// group opens the upstreams of targets.
func group(t testing.TB, targets ...upstream.Target) *upstream.Group {
	t.Helper()
	return groupOf(t, upstream.Config{Targets: targets, Policy: upstream.First()})
}

func groupOf(t testing.TB, c upstream.Config) *upstream.Group {
	t.Helper()
	c.Observe = func(upstream.Event) {}
	g, err := upstream.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { g.Close() })
	return g
}

// serve serves a Handler on a port of its own. What it does not visited is 404.
func serve(t testing.TB, c fastcgi.Config) *httptest.Server {
	t.Helper()
	if c.Client == nil {
		client := fastcgi.NewClient(fastcgi.ClientConfig{})
		t.Cleanup(func() { client.Close() })
		c.Client = client
	}
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	srv := httptest.NewServer(edge.Handler(fastcgi.NewHandler(middleware.Status(404), c)))
	t.Cleanup(srv.Close)
	return srv
}

// scripts writes PHP into a folder, by the names of the files.
func scripts(t testing.TB, php map[string]string) *middleware.Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range php {
		full := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte(text), 0o644))
	}
	root, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return root
}

// A visited is what a client got.
type visited struct {
	status int
	header http.Header
	body   string
}

func send(t testing.TB, r *http.Request) visited {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return visited{resp.StatusCode, resp.Header, string(body)}
}

func visit(t testing.TB, url string) visited {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	require.NoError(t, err)
	return send(t, r)
}

// TestPHP checks what PHP makes of requests, over both kinds of sockets.
func TestPHP(t *testing.T) {
	root := scripts(t, map[string]string{
		"index.php":  `<?php echo $_SERVER["REQUEST_URI"], " ", $_SERVER["SCRIPT_NAME"], " ", $_SERVER["PATH_INFO"], " ", $_SERVER["PHP_SELF"];`,
		"form.php":   `<?php echo json_encode($_POST), count($_FILES), isset($_FILES["f"]) ? md5_file($_FILES["f"]["tmp_name"]) : "";`,
		"length.php": `<?php echo strlen(file_get_contents("php://input")), " ", $_SERVER["CONTENT_LENGTH"] ?? "none", " ", $_SERVER["CONTENT_TYPE"] ?? "none";`,
		"status.php": `<?php http_response_code(418); header("X-A: b"); header("X-A: c", false); setcookie("d", "e");`,
		"cookie.php": `<?php echo json_encode($_COOKIE);`,
		"auth.php":   `<?php echo $_SERVER["PHP_AUTH_USER"] ?? "", ":", $_SERVER["PHP_AUTH_PW"] ?? "";`,
		"send.php":   `<?php header("X-Sendfile: " . __DIR__ . "/secret.txt"); echo "no";`,
		"where.php":  `<?php header("Location: /elsewhere");`,
		"secret.txt": "secret",
		"early.php":  `<?php echo str_repeat("x", 1 << 20);`,
		"error.php":  `<?php error_log("it broke"); exit(3);`,
	})
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			fpm := fastcgitest.Run(t, fastcgitest.Config{Network: network})
			cfg := fastcgi.PHP()
			cfg.Root, cfg.Upstreams = root, group(t, fpm.Target)
			base := serve(t, cfg).URL

			require.Equal(t, "/a/b?c=d /index.php  /index.php", visit(t, base+"/a/b?c=d").body)
			require.Equal(t, "/index.php/x%20y /index.php /x y /index.php/x y", visit(t, base+"/index.php/x%20y").body)
			a := visit(t, base+"/status.php")
			require.Equal(t, 418, a.status)
			require.Equal(t, []string{"b", "c"}, a.header["X-A"])
			require.Equal(t, []string{"d=e"}, a.header["Set-Cookie"])
			a = visit(t, base+"/where.php")
			require.Equal(t, 302, a.status)
			require.Equal(t, "/elsewhere", a.header.Get("Location"))
			a = visit(t, base+"/send.php")
			require.Equal(t, "no", a.body)
			require.NotContains(t, a.header, "X-Sendfile")

			r, err := http.NewRequest("POST", base+"/form.php", strings.NewReader("a=b&c=d+e"))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			require.Equal(t, `{"a":"b","c":"d e"}0`, send(t, r).body)

			for _, size := range []int{0, 1, 65535, 65536, 200_000, 3 << 20} {
				body := bytes.Repeat([]byte("x"), size)
				known, err := http.NewRequest("POST", base+"/length.php", bytes.NewReader(body))
				require.NoError(t, err)
				chunked, err := http.NewRequest("PUT", base+"/length.php", struct{ io.Reader }{bytes.NewReader(body)})
				require.NoError(t, err)
				want := send(t, known).body
				require.Equal(t, want, send(t, chunked).body)
				length, _, _ := strings.Cut(want, " ")
				require.Equal(t, length, strings.TrimSpace(strings.Fields(want)[0]))
				if size > 0 {
					require.Equal(t, []string{length, length, "none"}, strings.Fields(want))
				}
			}

			r, err = http.NewRequest("GET", base+"/cookie.php", nil)
			require.NoError(t, err)
			r.Header["Cookie"] = []string{"a=b", "c=d"}
			require.Equal(t, `{"a":"b","c":"d"}`, send(t, r).body)
			r, err = http.NewRequest("GET", base+"/auth.php", nil)
			require.NoError(t, err)
			r.SetBasicAuth("user", "word")
			require.Equal(t, "user:word", send(t, r).body)

			head, err := http.Head(base + "/early.php")
			require.NoError(t, err)
			head.Body.Close()
			require.Equal(t, 200, head.StatusCode)

			// It answers before it has read anything.
			r, err = http.NewRequest("POST", base+"/early.php", bytes.NewReader(make([]byte, 20<<20)))
			require.NoError(t, err)
			require.Len(t, send(t, r).body, 1<<20)
		})
	}
}

// respondWith starts an application of the standard library's and returns its
// address.
func respondWith(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go fcgi.Serve(l, h)
	return l.Addr().String()
}
