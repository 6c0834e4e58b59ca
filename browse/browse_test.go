package browse_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
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
	require.Contains(t, resp.Header.Get("Set-Cookie"), "Path=/;")
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

// big returns a folder of n files.
func big(t testing.TB, n int) string {
	t.Helper()
	dir := folder(t, nil)
	for i := range n {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d", i)), nil, 0o600))
	}
	return dir
}

func TestPaging(t *testing.T) {
	c := in(t, big(t, 1345))
	s := serve(t, c)
	l := s.json("/")
	require.Equal(t, []int{1345, 0, 1345, 0, 1000, 1000}, []int{l.Total, l.Folders, l.Files, l.Offset, l.Limit, len(l.Items)})
	l = s.json("/?offset=1340&limit=10")
	require.Equal(t, []int{1345, 1340, 10, 5}, []int{l.Total, l.Offset, l.Limit, len(l.Items)})
	require.Equal(t, "f1340", l.Items[0].Name)
	require.Empty(t, s.json("/?offset=99999").Items)

	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"/", []string{`<?offset=1000>; rel="next"`, `<?offset=1000>; rel="last"`}},
		{"/?offset=600&limit=600", []string{`<?limit=600&offset=0>; rel="first"`, `<?limit=600&offset=0>; rel="prev"`,
			`<?limit=600&offset=1200>; rel="next"`, `<?limit=600&offset=1200>; rel="last"`}},
		{"/?offset=1000", []string{`<?offset=0>; rel="first"`, `<?offset=0>; rel="prev"`}},
		{"/?offset=9000", []string{`<?offset=0>; rel="first"`, `<?offset=1000>; rel="prev"`, `<?offset=1000>; rel="last"`}},
		{"/?offset=1345", []string{`<?offset=0>; rel="first"`, `<?offset=1000>; rel="prev"`, `<?offset=1000>; rel="last"`}},
		{"/?offset=1347&limit=10", []string{`<?limit=10&offset=0>; rel="first"`, `<?limit=10&offset=1340>; rel="prev"`, `<?limit=10&offset=1340>; rel="last"`}},
		{"/?offset=1344", []string{`<?offset=0>; rel="first"`, `<?offset=344>; rel="prev"`}},
		{"/?offset=5&limit=10&sort=name&order=desc", []string{
			`<?limit=10&offset=0&order=desc&sort=name>; rel="first"`, `<?limit=10&offset=0&order=desc&sort=name>; rel="prev"`,
			`<?limit=10&offset=15&order=desc&sort=name>; rel="next"`, `<?limit=10&offset=1340&order=desc&sort=name>; rel="last"`}},
		{"/?limit=5000", nil},
		{"/?format=ndjson", nil},
	} {
		resp := s.get(tt.query, "Accept: text/html")
		require.Equal(t, tt.want, resp.Header["Link"], tt.query)
		require.Equal(t, "1345", resp.Header.Get("X-Total-Count"))
	}

	// Every entry is on exactly one page, whatever the order.
	for _, sort := range []string{"name", "namedirfirst", "size", "time", "ext"} {
		for _, order := range []string{"asc", "desc"} {
			seen := map[string]bool{}
			for offset := 0; offset < 1345; offset += 700 {
				for _, name := range s.names(fmt.Sprintf("/?sort=%s&order=%s&limit=700&offset=%d", sort, order, offset)) {
					require.False(t, seen[name])
					seen[name] = true
				}
			}
			require.Len(t, seen, 1345)
		}
	}
}

func TestSorts(t *testing.T) {
	c := in(t, folder(t, map[string]string{
		"track 10.mp3": "1", "track 9.mp3": "22", "Track 1.ogg": "333", "äpfel.txt": "4444", "Zebra.txt": "", "apple.txt": "666666", "dir/": "", "Dir2/": "",
	}))
	s := serve(t, c)
	for _, tt := range []struct{ query, want string }{
		{"", "dir Dir2 äpfel.txt apple.txt Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?order=desc", "Dir2 dir Zebra.txt track 10.mp3 track 9.mp3 Track 1.ogg apple.txt äpfel.txt"},
		{"?sort=name", "äpfel.txt apple.txt dir Dir2 Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?sort=size", "dir Dir2 Zebra.txt track 10.mp3 track 9.mp3 Track 1.ogg äpfel.txt apple.txt"},
		{"?sort=size&order=desc", "Dir2 dir apple.txt äpfel.txt Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?sort=ext", "dir Dir2 track 9.mp3 track 10.mp3 Track 1.ogg äpfel.txt apple.txt Zebra.txt"},
		{"?sort=nonsense&order=up", "dir Dir2 äpfel.txt apple.txt Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?q=APF", "äpfel.txt"},
		{"?q=tra", "Track 1.ogg track 9.mp3 track 10.mp3"},
		{"?q=none", ""},
	} {
		require.Equal(t, tt.want, strings.Join(s.names("/"+tt.query), " "), tt.query)
	}
	c.Sort, c.Order = browse.SortSize, browse.Descending
	require.Equal(t, "Dir2 dir apple.txt", strings.Join(serve(t, c).names("/?limit=3"), " "))
}
