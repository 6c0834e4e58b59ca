package static_test

import (
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestRedirectStaysHere tries to be sent to another site.
func TestRedirectStaysHere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("half of these folders cannot be made here")
	}
	s := serve(t, static.Config{Root: pinned(t, folder(t, map[string]string{
		"dir/": "", "file.txt": "", "evil.com/index.html": "", "a:b/": "", "x/evil.com/": "",
		`\evil.com/index.html`: "", "javascript:alert(1)/": "", "new\r\nline/": "", "ä/": "", "@evil.com/": "", "?/": "",
	}))})
	for _, tt := range []struct{ name, path, want string }{
		{"a doubled slash", "//dir", "/dir/"},
		{"many slashes", "/////dir", "/dir/"},
		{"a host and dots", "//evil.com/..", ""},
		{"a host, dots, and a folder", "//evil.com/../dir", "/dir/"},
		{"a host that is a folder", "//evil.com", "/evil.com/"},
		{"a host, encoded", "/%2fevil.com", "/evil.com/"},
		{"a host, encoded, and dots", "/%2f%2fevil.com%2f..%2fdir", "/dir/"},
		{"a host and dots, encoded", "//evil.com/%2e%2e/dir", "/dir/"},
		{"three slashes", "///x/evil.com", "/x/evil.com/"},
		{"a host in a folder", "/x//evil.com", "/x/evil.com/"},
		{"a host and a file", "//evil.com/../file.txt/", "/file.txt"},
		{"dots first", "/..//evil.com", "/evil.com/"},
		{"a dot first", "/.//evil.com", "/evil.com/"},
		{"a backslash", "/%5cevil.com", "/%5Cevil.com/"},
		{"a slash and a backslash", "//%5cevil.com", "/%5Cevil.com/"},
		{"a bare backslash", `/\evil.com`, "/%5Cevil.com/"},
		{"a colon", "/a:b", "/a:b/"},
		{"a scheme", "/javascript:alert(1)", "/javascript:alert%281%29/"},
		{"a user", "/@evil.com", "/@evil.com/"},
		{"a newline", "/new%0d%0aline", "/new%0D%0Aline/"},
		{"more than ASCII", "/%C3%A4", "/%C3%A4/"},
		{"a question mark", "/%3f", "/%3F/"},
		{"a question mark, and a query", "/%3f?x", "/%3F/?x"},
		{"a query that is a URL", "/dir?//evil.com", "/dir/?//evil.com"},
		{"a query with a number sign", "/dir?a#%", "/dir/?a%23%"},
		{"a query of odd bytes", "/dir?\x7f\xff\"<>", "/dir/?%7F%FF\"<>"},
		{"a host in the request line", "http://evil.com/dir", "/dir/"},
		{"a host in the request line, and dots", "http://evil.com//other.com/../dir", "/dir/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Contains(tt.path, "\x7f") {
				tt.path, tt.want = strings.ReplaceAll(tt.path, "\x7f", ""), strings.ReplaceAll(tt.want, "%7F", "") // net/http refuses it
			}
			resp := s.get(tt.path)
			require.Equal(t, tt.want, resp.Header.Get("Location"), "%d", resp.StatusCode)
			if tt.want == "" {
				return
			}
			require.Equal(t, 301, resp.StatusCode)
			to, err := url.Parse("https://here.example" + tt.path)
			if err != nil || !strings.HasPrefix(tt.path, "/") {
				to = &url.URL{Scheme: "https", Host: "here.example", Path: "/"}
			}
			to, err = to.Parse(resp.Header.Get("Location"))
			require.NoError(t, err)
			require.Equal(t, "here.example", to.Host)
			again := s.get(to.RequestURI())
			require.NotEqual(t, 301, again.StatusCode, "in circles")
		})
	}
}

// TestRedirectAfterRewrite has a layer further out change the path that a client
// asked for, in one way or the other.
func TestRedirectAfterRewrite(t *testing.T) {
	layer := static.New(static.Config{Root: pinned(t, folder(t, map[string]string{
		"dir/index.html": "dir", "file.html": "file", "other/": "",
	}))})
	rewrite := func(from, to string) middleware.Middleware {
		return func(next middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				if rest, ok := strings.CutPrefix(r.URL.Path, from); ok {
					r = middleware.Rewrite(w, r, &url.URL{Path: to + rest, RawQuery: "rewritten"})
				}
				return next.ServeHTTP(w, r)
			})
		}
	}
	strip := middleware.Adopt(func(next http.Handler) http.Handler { return http.StripPrefix("/app", next) })
	for _, tt := range []struct {
		name  string
		outer middleware.Middleware
		path  string
		want  string
	}{
		{"a prefix taken away, a folder", rewrite("/app", ""), "/app/dir?a", "→ /app/dir/?a"},
		{"a prefix taken away, a file", rewrite("/app", ""), "/app/file.html/?a", "→ /app/file.html?a"},
		{"a prefix taken away, all of it", rewrite("/app", ""), "/app", "→ /app/"},
		{"a prefix taken away by net/http, a folder", strip, "/app/dir?a", "→ /app/dir/?a"},
		{"a prefix taken away by net/http, a file", strip, "/app/file.html/", "→ /app/file.html"},
		{"a prefix taken away by net/http, encoded", strip, "/app/%64ir", "→ /app/dir/"},
		{"a prefix exchanged", rewrite("/app", "/x/.."), "/app/dir", "→ /app/dir/"},
		{"a slash taken away", rewrite("/dir/", "/dir"), "/dir/", "dir"},
		{"a slash put", rewrite("/dir", "/dir/"), "/dir", "dir"},
		{"a slash put after a file", rewrite("/file.html", "/file.html/"), "/file.html", "file"},
		{"an extension put", rewrite("/page", "/file.html"), "/page", "file"},
		{"an extension put, and a slash", rewrite("/page/", "/file.html"), "/page/", "file"},
		{"a folder of another name", rewrite("/page", "/dir"), "/page", "dir"},
		{"a folder of another name, with a slash", rewrite("/page/", "/dir/"), "/page/", "dir"},
		{"a file of another name, with a slash", rewrite("/page", "/file.html"), "/page/", "file"},
		{"a folder without an index page", rewrite("/app", ""), "/app/other", "→ /app/other/"},
		{"a path of another folder", rewrite("/app", ""), "/app/x/../dir", "→ /app/dir/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveHandler(t, middleware.Chain(tt.outer, layer)(middleware.Status(404)))
			require.Equal(t, tt.want, result(s.get(tt.path)))
		})
	}
}
