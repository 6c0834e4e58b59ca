package fastcgi_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

// credulous is an FPM that runs whatever it is told to.
var credulous = fastcgitest.Config{Pool: []string{"security.limit_extensions ="}}

// attacked is a site with what must neither be run nor be seen.
func attacked(t *testing.T) *middleware.Root {
	root := scripts(t, map[string]string{
		"index.php":      `<?php echo "front";`,
		"a.php":          `<?php /* source */ echo "a";`,
		"a.php.gz":       `<?php /* source */`,
		"up.jpg":         `<?php echo "upload";`,
		".user.ini":      `; source`,
		"d/b.php":        `<?php /* source */ echo "b";`,
		"d/b.php.br":     `<?php /* source */`,
		"C.PHP":          `<?php /* source */`,
		"../outside.php": `<?php echo "outside";`,
	})
	t.Cleanup(func() { os.Remove(filepath.Join(root.Dir, "..", "outside.php")) })
	for name, to := range map[string]string{"link.txt": "a.php", "out.php": "../outside.php", "out": ".."} {
		middlewaretest.Symlink(t, to, filepath.Join(root.Dir, name))
	}
	return root
}

// raw sends the first line of a request as it is, and what follows it.
func raw(t *testing.T, srv *httptest.Server, line, fields, body string) visited {
	t.Helper()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, line+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"+fields+"\r\n"+body)
	require.NoError(t, err)
	method, _, _ := strings.Cut(line, " ")
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return visited{resp.StatusCode, resp.Header, string(text)}
}

// TestSourceIsNotSeen asks PHP, and the handler of files behind it, in all the ways
// there are for what is not to be given away or run.
func TestSourceIsNotSeen(t *testing.T) {
	fpm := fastcgitest.Run(t, credulous)
	cfg := fastcgi.PHP()
	cfg.Root, cfg.Upstreams, cfg.Except = attacked(t), group(t, fpm.Target), []middleware.Path{"/d"}
	files := static.New(static.Config{Root: cfg.Root, Hide: cfg.Hide})
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	srv := httptest.NewServer(edge.Handler(middleware.Chain(fastcgi.New(cfg), files)(middleware.Status(404))))
	defer srv.Close()
	for line, want := range map[string]string{
		"GET /a.php":                "200 a",
		"GET /%61%2eph%70":          "200 a",
		"GET /a.php/":               "200 a",
		"GET /a.php/.":              "200 a",
		"GET /x%2f..%2fa.php":       "200 a",
		"GET /a.php%20":             "200 front",
		"GET /a.php.":               "200 front",
		"GET /A.PHP":                "200 front",
		"GET /C.PHP":                "200 front",
		"GET /C.PHP/x":              "200 front",
		"GET /a.php::$DATA":         "200 front",
		"GET /..%5ca.php":           "404",
		"GET /a.php%00":             "400",
		"GET /up.jpg%00.php":        "400",
		"GET /up.jpg%20%00.php":     "400",
		"GET /a.php%0a":             "400",
		"GET /a.php.gz":             "404",
		"GET /link.txt":             "404",
		"GET /.user.ini":            "404",
		"GET /a.php/../.user.ini":   "404",
		"GET /up.jpg/x.php":         "200 front",
		"GET /up.jpg%2fx.php":       "200 front",
		"GET /up.jpg/.php":          "404",
		"GET /out.php":              "200 front",
		"GET /out/outside.php":      "200 front",
		"GET /../outside.php":       "200 front",
		"GET /%2e%2e/outside.php":   "200 front",
		"GET /..%2foutside.php":     "200 front",
		"GET /d/b.php":              "404",
		"GET //d//b.php":            "404",
		"GET /x/../d/b.php":         "404",
		"GET /d%2fb.php":            "404",
		"GET /d/b.php.br":           "404",
		"GET /d/b.php%20":           "404",
		"GET /d/B.PHP":              "404",
		"GET http://other/a.php":    "200 a",
		"POST /a.php/x/../../a.php": "200 a",
	} {
		t.Run(line, func(t *testing.T) {
			for _, fields := range []string{"", "Range: bytes=0-9\r\n", "Accept-Encoding: gzip, br\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n"} {
				got := raw(t, srv, line, fields, "")
				body := got.body
				if got.status != 200 {
					body = ""
				}
				require.Equal(t, want, strings.TrimSpace(fmt.Sprint(got.status, " ", body)))
				_, target, _ := strings.Cut(line, " ")
				require.Empty(t, raw(t, srv, "HEAD "+target, fields, "").body)
			}
		})
	}
}

// TestNoFilesForApplications checks that where no scripts were told of, nothing in a
// path has PHP run a file: it runs what PATH_TRANSLATED says if it has no
// SCRIPT_FILENAME, and what lies above that.
func TestNoFilesForApplications(t *testing.T) {
	fpm := fastcgitest.Run(t, credulous)
	srv := serve(t, fastcgi.Config{Root: attacked(t), Upstreams: group(t, fpm.Target)})
	for _, path := range []string{"/a.php", "/up.jpg", "/up.jpg/x.php", "/out.php", "/out/outside.php", "/.user.ini", "/"} {
		require.Equal(t, "File not found.\n", raw(t, srv, "GET "+path, "", "").body, path)
	}
}
