package fastcgi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
)

// TestLocalRedirect checks requests that an application has go on, on this server.
func TestLocalRedirect(t *testing.T) {
	cfg := anyApp(t, func(p *peer) {
		for r := p.request(); r != nil; r = p.request() {
			switch path := r.params["PATH_INFO"]; path {
			case "/to":
				p.reply("Location: /here?c=d\r\n\r\n")
			case "/typed":
				p.reply("Content-Type: text/html\r\nLocation: /here\r\n\r\n")
			case "/out":
				p.reply("Location: /static/x\r\n\r\n")
			case "/cookie":
				p.reply("Location: /here\r\nSet-Cookie: a=b\r\n\r\n")
			case "/circle":
				p.reply("Location: /circle\r\n\r\n")
			case "/bad":
				p.reply("Location: /%zz\r\n\r\n")
			default:
				p.reply(fmt.Sprintf("X-A: b\r\n\r\n%s %s %s %q %s %d", r.params["REQUEST_METHOD"], path, r.params["QUERY_STRING"],
					r.params["CONTENT_TYPE"], r.params["REQUEST_URI"], len(r.body)))
			}
		}
	})
	cfg.Except = []middleware.Path{"/static"}
	next := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		fmt.Fprint(w, "next handler: ", r.URL.Path)
		return 0, nil
	})
	srv := httptest.NewServer(middleware.AppHandler(fastcgi.NewHandler(next, cfg).ServeHTTP))
	defer srv.Close()
	for _, tt := range []struct {
		name, method, path string
		status             int
		want               string
	}{
		{"a GET", "GET", "/to?a=b", 200, `GET /here c=d "" /to?a=b 0`},
		{"a POST, whose body has arrived", "POST", "/to", 200, `GET /here c=d "" /to 0`},
		{"with a type that a library adds", "GET", "/typed", 200, `GET /here  "" /typed 0`},
		{"to another handler", "GET", "/out", 200, "next handler: /static/x"},
		{"with a cookie for the client", "GET", "/cookie", 302, ""},
		{"in circles", "GET", "/circle", 502, "502 Bad Gateway\n"},
		{"to nowhere", "GET", "/bad", 502, "502 Bad Gateway\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(tt.method, srv.URL+tt.path, nil)
			require.NoError(t, err)
			if tt.method == "POST" {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader("body")), 4
				r.Header.Set("Content-Type", "text/plain")
			}
			got := send(t, r)
			require.Equal(t, tt.status, got.status)
			require.Equal(t, tt.want, got.body)
			if tt.status == 302 {
				require.Equal(t, "/here", got.header.Get("Location"))
			}
		})
	}
}

// TestRedirects checks who gets to see X-Accel-Redirect.
func TestRedirects(t *testing.T) {
	for _, tt := range []struct {
		name      string
		redirects bool
		sendFile  *middleware.Root
		want      []string
	}{
		{"nobody", false, nil, nil},
		{"a layer further out", true, nil, []string{"/a.txt"}},
		{"nobody else, where there is a SendFile", true, site(t, "a.txt"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := anyApp(t, always("X-Accel-Redirect: /a.txt\r\nX-Accel-Expires: 1\r\n\r\nhi"))
			cfg.Redirects, cfg.SendFile = tt.redirects, tt.sendFile
			got := visit(t, serve(t, cfg).URL)
			require.Equal(t, 200, got.status)
			require.Equal(t, tt.want, got.header["X-Accel-Redirect"])
			require.NotContains(t, got.header, "X-Accel-Expires")
		})
	}
}

// TestSendFile checks which files an application may have sent in its place.
func TestSendFile(t *testing.T) {
	root := site(t, "a b.txt", "d/x.bin", "d/")
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(root.Dir), "outside"), []byte("no"), 0o644))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(filepath.Join(root.Dir, "..", "outside"), filepath.Join(root.Dir, "link")))
	}
	for _, tt := range []struct {
		name, answer string
		field        string // of the request
		status       int
		header       http.Header
		body         string
	}{
		{"by its path", "X-Sendfile: ROOT/a b.txt\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno", "", 200,
			http.Header{"Content-Type": {"text/html"}, "Content-Length": {"7"}, "Accept-Ranges": {"bytes"}, "X-Sendfile": nil}, "a b.txt"},
		{"by its name", "X-Sendfile: d/x.bin\r\n\r\n", "", 200, http.Header{"Content-Type": {"application/octet-stream"}, "X-Content-Type-Options": {"nosniff"}}, "d/x.bin"},
		{"by a URL", "X-Accel-Redirect: /a%20b.txt?x\r\nSet-Cookie: a=b\r\nContent-Disposition: attachment\r\n\r\n", "", 200,
			http.Header{"Set-Cookie": {"a=b"}, "Content-Disposition": {"attachment"}, "X-Accel-Redirect": nil}, "a b.txt"},
		{"in part", "X-Sendfile: d/x.bin\r\n\r\n", "Range: bytes=2-4", 206, http.Header{"Content-Range": {"bytes 2-4/7"}}, "x.b"},
		{"by a URL with dots", "X-Accel-Redirect: /../../d/../d/x.bin\r\n\r\n", "", 200, nil, "d/x.bin"},
		{"out of the folder, by its path", "X-Sendfile: ROOT/../outside\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"out of the folder, by its name", "X-Sendfile: ../outside\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"out of the folder, by a URL", "X-Accel-Redirect: /%2e%2e/outside\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"out of the folder, by a link", "X-Sendfile: link\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"elsewhere", "X-Sendfile: /etc/passwd\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"a folder", "X-Sendfile: d\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"the folder itself", "X-Sendfile: ROOT\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"what is not there", "X-Sendfile: missing\r\n\r\n", "", 404, nil, "404 Not Found\n"},
		{"with a failure", "Status: 403\r\nX-Sendfile: d/x.bin\r\n\r\nno", "", 403, http.Header{"X-Sendfile": nil}, "no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := anyApp(t, always(strings.ReplaceAll(tt.answer, "ROOT", root.Dir)))
			cfg.SendFile = root
			r, err := http.NewRequest("GET", serve(t, cfg).URL, nil)
			require.NoError(t, err)
			if name, value, ok := strings.Cut(tt.field, ": "); ok {
				r.Header.Set(name, value)
			}
			got := send(t, r)
			require.Equal(t, tt.status, got.status)
			require.Equal(t, tt.body, got.body)
			for name, want := range tt.header {
				require.Equal(t, want, http.Header(got.header)[name], name)
			}
		})
	}
}
