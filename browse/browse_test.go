package browse_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestRequests asks for paths of all kinds. The wanted result is a status, or the
// names listed by a 200, or the Location of a 301.
func TestRequests(t *testing.T) {
	s := serve(t, in(t, folder(t, map[string]string{
		"a.txt": "a", "b/c.txt": "c", "b/d/": "", "page/index.html": "<p>", "page/other.txt": "", ".git/config": "", "empty/": "",
	})))
	for _, tt := range []struct{ name, line, want string }{
		{"the root", "GET /", "b empty page a.txt"},
		{"a folder", "GET /b/", "d c.txt"},
		{"an empty folder", "GET /empty/", ""},
		{"a folder with an index page", "GET /page/", "200"},
		{"a folder without a slash", "GET /b", "→ /b/"},
		{"a folder without a slash, and a query", "GET /b?sort=size&x=%2F", "→ /b/?sort=size&x=%2F"},
		{"a folder with an index page, without a slash", "GET /page", "→ /page/"},
		{"a folder by way of another", "GET /page/../b/", "d c.txt"},
		{"doubled slashes", "GET //b//", "d c.txt"},
		{"a file", "GET /a.txt", "200"},
		{"a file with a slash", "GET /a.txt/", "→ /a.txt"},
		{"nothing", "GET /nothing/", "404"},
		{"a guarded folder", "GET /.git/", "404"},
		{"a guarded folder without a slash", "GET /.git", "404"},
		{"NUL", "GET /%00/", "400"},
		{"a header only", "HEAD /b/", ""},
		{"another method", "POST /b/", "405"},
		{"another method without a slash", "POST /b", "405"},
		{"a method that deletes", "DELETE /b/", "405"},
		{"options", "OPTIONS /b/", "405"},
		{"a method for a folder with an index page", "POST /page/", "405"},
		{"a format that there is not", "GET /b/?format=xml", "400"},
		{"an archive that is not offered", "GET /b/?archive=zip", "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := s.do(tt.line, "Accept: text/plain")
			switch {
			case resp.StatusCode == 301:
				require.Equal(t, tt.want, "→ "+resp.Header.Get("Location"))
			case resp.StatusCode == 200 && strings.HasPrefix(tt.want, "2"):
			case resp.StatusCode == 200:
				names := strings.Fields(strings.NewReplacer("./", "", "/\n", "\n").Replace(resp.body))
				require.Equal(t, tt.want, strings.Join(names, " "))
			default:
				require.Equal(t, tt.want, resp.Status[:3])
			}
			if resp.StatusCode == 405 {
				require.Equal(t, "GET, HEAD", resp.Header.Get("Allow"))
			}
		})
	}
}

// TestRedirectsStayHere asks for folders in ways that have led redirects of other
// servers to other sites: CVE-2022-28923, CVE-2021-29923 and the like.
func TestRedirectsStayHere(t *testing.T) {
	dir := folder(t, map[string]string{"example.com/x": "", "a/b/": ""})
	s := serve(t, in(t, dir))
	for _, path := range []string{
		"//example.com", "///example.com", "//example.com/..", "/%2fexample.com", "/%5cexample.com", "/%5c%5cexample.com", "/\\example.com",
		"//example.com/../a", "/a//..//example.com", "/.//example.com", "/%2f%2fexample.com", "/a/..%2fexample.com", "/%09/example.com",
		"//%65xample.com", "http://evil.example//example.com", "//example.com?//x", "/example.com%2f..%2f..%2fa",
	} {
		resp := s.get(path)
		location := resp.Header.Get("Location")
		if resp.StatusCode != 301 {
			require.Empty(t, location, path)
			continue
		}
		require.Regexp(t, `^/[^/\\]`, location, path)
	}
	require.Equal(t, "/example.com/", s.get("//example.com").Header.Get("Location"))
}

func TestTraversal(t *testing.T) {
	dir := folder(t, map[string]string{"in/x.txt": ""})
	s := serve(t, in(t, dir))
	for _, path := range []string{
		"/../", "/../secret/", "/..%2fsecret/", "/%2e%2e/secret/", "/%2e%2e%2fsecret%2f", "/in/../../secret/", "/in/..%5c..%5csecret/",
		"/..\\secret\\", "/%252e%252e/secret/", "/.%252e/secret/", "/..;/secret/", "/in/%2e%2e/%2e%2e/secret/", "/%c0%ae%c0%ae/secret/",
		"/%2fetc/", "//etc/", "/..%00/secret/", "/%u002e%u002e/secret/", "/in/..%2f..%2fsecret%2f", "/.../secret/",
	} {
		for _, query := range []string{"", "?format=json", "?q=" + secret[:4], "?archive=zip"} {
			resp := s.get(path + query)
			if resp.StatusCode == 200 { // the root, which is as far up as it goes
				require.Contains(t, s.get(path+"?format=text").body, "./in/", path)
				continue
			}
			require.Contains(t, []int{400, 404}, resp.StatusCode, path)
		}
	}
}

func TestScope(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a/x/": "", "ab/x/": "", "y/": ""}))
	c.Path = "/a"
	s := serve(t, c)
	for path, want := range map[string]int{"/a/": 200, "/a/x/": 200, "/a": 301, "/ab/": 404, "/ab/x/": 404, "/": 404, "/y/": 404, "/A/": 404, "/y/../a/": 200, "/a/../y/": 404} {
		require.Equal(t, want, s.get(path).StatusCode, path)
	}
	require.NotContains(t, s.get("/a/").body, `href="../"`, "what is above is not listed")
	require.Contains(t, s.get("/a/x/").body, `href="../"`)
	require.NotContains(t, s.get("/a/x/").body, `href="../../"`)

	c.Path = "/a/"
	require.Contains(t, serve(t, c).get("/a/x/").body, `href="../"`)
	c.Path = "/a*"
	require.Equal(t, 200, serve(t, c).get("/ab/").StatusCode)
}

// TestBehindPrefix mounts a folder below a path that it does not know of.
func TestBehindPrefix(t *testing.T) {
	c := in(t, folder(t, map[string]string{"b/c.txt": "c"}))
	h := http.StripPrefix("/files", middleware.AppHandler(middleware.Chain(browse.New(c), static.New(c.Files))(middleware.Status(404)).ServeHTTP))
	s := serveHandler(t, middleware.FromHTTP(h))
	require.Equal(t, 200, s.get("/files/").StatusCode)
	require.Equal(t, "/files/b/", s.get("/files/b").Header.Get("Location"))
	require.Equal(t, "./c.txt\n", s.get("/files/b/", "Accept: text/plain").body)
	resp := s.get("/files/b/?layout=grid", "Accept: text/html")
	require.Contains(t, resp.Header.Get("Set-Cookie"), "; Path=/files/; ")
	require.Equal(t, "/files/", s.get("/files").Header.Get("Location"))
}

// TestRewritten has layers further out change the path.
func TestRewritten(t *testing.T) {
	c := in(t, folder(t, map[string]string{"b/c.txt": "c"}))
	lists := browse.New(c)(middleware.Status(404))
	s := serveHandler(t, middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		w = middleware.Record(w)
		if to, ok := map[string]string{"/sub/b": "/b", "/sub/b/": "/b", "/other": "/b", "/docs/": "/b"}[r.URL.Path]; ok {
			r = middleware.Rewrite(w, r, &url.URL{Path: to})
		}
		return lists.ServeHTTP(w, r)
	}))
	require.Equal(t, "/sub/b/", s.get("/sub/b").Header.Get("Location"), "it is what the client asked for that gets the slash")
	require.Equal(t, 200, s.get("/sub/b/").StatusCode)
	require.Equal(t, 200, s.get("/docs/").StatusCode)
	require.Equal(t, 404, s.get("/other").StatusCode, "its links would lead astray")
	require.Equal(t, 200, s.get("http://example.com").StatusCode)
}

// TestNextHandlerAnswers checks that whatever is no folder to be listed reaches
// the next handler.
func TestNextHandlerAnswers(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a.txt": "", "page/index.html": "", "own/start.html": "", "own/index.html/": ""}))
	s := serveHandler(t, browse.New(c)(middleware.Status(418)))
	for _, path := range []string{"/a.txt", "/page/", "/page", "/nothing", "/nothing/", "/.git/", "*"} {
		require.Equal(t, 418, s.get(path).StatusCode, path)
		require.Equal(t, 418, s.do("PATCH "+path).StatusCode, path)
	}
	require.Equal(t, 200, s.get("/own/").StatusCode, "a folder is no index page")
	c.Files.Index = []string{"start.html"}
	s = serveHandler(t, browse.New(c)(middleware.Status(418)))
	require.Equal(t, 418, s.get("/own/").StatusCode)
	require.Equal(t, 200, s.get("/page/").StatusCode)
}

// TestNoFolder checks that the zero Config lists nothing.
func TestNoFolder(t *testing.T) {
	s := serveHandler(t, browse.New(browse.Config{})(middleware.Status(418)))
	require.Equal(t, 418, s.get("/").StatusCode)
}

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, browse.New(browse.Config{}))
	c := in(t, folder(t, nil))
	c.Path = "/elsewhere"
	middlewaretest.Transparent(t, browse.New(c))
}

// TestConfigIsCopied checks that a caller may go on using what it passed.
func TestConfigIsCopied(t *testing.T) {
	c := in(t, folder(t, map[string]string{"home.html": ""}))
	index := []string{"home.html"}
	c.Files.Index = index
	mw := browse.New(c)
	index[0] = "other.html"
	w := httptest.NewRecorder()
	status, _ := mw(middleware.Status(418)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 418, status)
}
