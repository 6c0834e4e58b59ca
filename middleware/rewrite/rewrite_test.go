package rewrite_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"

	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/rewrite"
	"github.com/shallot-http/shallot/middleware/static"
)

var site = static.Config{
	FS: fstest.MapFS{
		"file": {}, "dir/file": {}, "a b": {}, "secret": {}, ".git/config": {}, "index.php": {}, "q?x": {},
	},
	Hide: func(name string, _ fs.FileInfo) bool { return name == "secret" },
}

// seen returns the URL that the next handler sees.
func seen(t *testing.T, mw middleware.Middleware, r *http.Request) string {
	t.Helper()
	var got *http.Request
	middleware.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }), mw).ServeHTTP(httptest.NewRecorder(), r)
	require.NotNil(t, got)
	require.Equal(t, got.URL.RequestURI(), got.RequestURI)
	return got.RequestURI
}

// get returns a request for exactly this URI.
func get(uri string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		panic(err)
	}
	r.URL, r.RequestURI = u, uri
	return r
}

func TestMatch(t *testing.T) {
	pattern := regexp.MustCompile
	const no = "" // it is not rewritten
	for _, tt := range []struct {
		name string
		rule rewrite.Rule
		url  string
		want string
	}{
		{"every request", rewrite.Rule{To: []string{"/b"}}, "/a?q", "/b?q"},
		{"one path", rewrite.Rule{From: "/a", To: []string{"/b"}}, "/a?q", "/b?q"},
		{"one path, written in another way", rewrite.Rule{From: "/a b", To: []string{"/b"}}, "//x/../a%20b", "/b"},
		{"another path", rewrite.Rule{From: "/a", To: []string{"/b"}}, "/a/", no},
		{"a longer path", rewrite.Rule{From: "/a", To: []string{"/b"}}, "/ab", no},
		{"a base", rewrite.Rule{Base: "/a", To: []string{"/b"}}, "/abc", "/b"},
		{"another base", rewrite.Rule{Base: "/a", To: []string{"/b"}}, "/ba", no},
		{"a pattern", rewrite.Rule{Pattern: pattern("x+"), To: []string{"/b"}}, "/axxb", "/b"},
		{"a pattern, as Caddy 0.7.1 anchors it", rewrite.Rule{Pattern: pattern("^a(.*)$"), To: []string{"/b{1}"}}, "/ax", "/bx"},
		{"a pattern, as Caddy 1.0.5 anchors it", rewrite.Rule{Pattern: pattern("^/a(.*)$"), To: []string{"/b{1}"}}, "/ax", "/bx"},
		{"a pattern behind a base", rewrite.Rule{Base: "/a", Pattern: pattern("^/x$"), To: []string{"/b"}}, "/a/x", "/b"},
		{"a pattern behind a base, with a star", rewrite.Rule{Base: "/a*", Pattern: pattern("^/x$"), To: []string{"/b"}}, "/a/x", "/b"},
		{"a pattern behind a base that ends in a slash", rewrite.Rule{Base: "/a/", Pattern: pattern("^x$"), To: []string{"/b"}}, "/a/x", "/b"},
		{"a pattern behind a base that ends in a slash, with the slash", rewrite.Rule{Base: "/a/", Pattern: pattern("^/x$"), To: []string{"/b"}}, "/a/x", "/b"},
		{"a pattern is not looked for in the base", rewrite.Rule{Base: "/a", Pattern: pattern("a"), To: []string{"/b"}}, "/a/x", no},
		{"a pattern that is not there", rewrite.Rule{Pattern: pattern("^b"), To: []string{"/b"}}, "/ab", no},
		{"a pattern of a clean path", rewrite.Rule{Pattern: pattern("^a/b$"), To: []string{"/b"}}, "//a/./b", "/b"},
		{"an extension", rewrite.Rule{Extensions: []string{".html", ".htm"}, To: []string{"/b"}}, "/a.htm", "/b"},
		{"another extension", rewrite.Rule{Extensions: []string{".html"}, To: []string{"/b"}}, "/a.css", no},
		{"no extension", rewrite.Rule{Extensions: []string{".html"}, To: []string{"/b"}}, "/a", no},
		{"no extension, as it should be", rewrite.Rule{Extensions: []string{"/"}, To: []string{"/b"}}, "/a.b/", "/b"},
		{"not an extension", rewrite.Rule{Extensions: []string{"!.html"}, To: []string{"/b"}}, "/a.html", no},
		{"not an extension, and it has another", rewrite.Rule{Extensions: []string{"!.html"}, To: []string{"/b"}}, "/a.css", "/b"},
		{"not an extension but another, and it has a third", rewrite.Rule{Extensions: []string{"!.html", ".css"}, To: []string{"/b"}}, "/a.js", no},
		{"everything at once", rewrite.Rule{Base: "/a", Pattern: pattern("x"), Extensions: []string{".c"}, If: get200(t), To: []string{"/b"}}, "/a/x.c", "/b"},
		{"no destination", rewrite.Rule{}, "/a", no},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == no {
				tt.want = tt.url
			}
			require.Equal(t, tt.want, seen(t, rewrite.New(rewrite.Config{Rules: []rewrite.Rule{tt.rule}}), get(tt.url)))
		})
	}
}

func get200(t *testing.T) condition.Set {
	c, err := condition.Parse("{method}", "is", "GET")
	require.NoError(t, err)
	return condition.Set{Conditions: []condition.Condition{c}}
}

func TestDestination(t *testing.T) {
	all := regexp.MustCompile("(.*)")
	for _, tt := range []struct{ name, to, url, want string }{
		{"a path", "/b", "/a?q", "/b?q"},
		{"a query", "/b?c=d", "/a?q", "/b?c=d"},
		{"a query, taken away", "/b?", "/a?q", "/b"},
		{"a query, kept beside another", "/b?c=d&{query}", "/a?q=1&r", "/b?c=d&q=1&r"},
		{"a question mark within a name", "/b/{?q}", "/a?q=1", "/b/1?q=1"},
		{"a question mark within a name of a query", "/b?c={?q}", "/a?q=1", "/b?c=1"},
		{"the path", "/b{path}", "/a/c", "/b/a/c"},
		{"the path, as in the samples of Caddy 0.7.1", "/b/{path}", "/a/c", "/b/a/c"},
		{"the URI", "/b{uri}", "/a/c?q", "/b/a/c?q"},
		{"the URI before a query", "/b{uri}?r", "/a/c?q", "/b/a/c?r"},
		{"the file", "/b/{file}", "/a/c", "/b/c"},
		{"the directory", "/b{dir}x", "/a/c/d", "/b/a/c/x"},
		{"the directory, of which Caddy 0.7.1 lost the slash", "/b{dir}", "/a/c/d", "/b/a/c/"},
		{"the directory leaves a query alone", "{dir}?u=//x/../y/", "/a/c", "/a/?u=//x/../y/"},
		{"a slash at the end is kept", "/b{path}", "/a/", "/b/a/"},
		{"a slash at the end of what is the root", "/b/../", "/a", "/"},
		{"dots are not", "/b{path}", "/../../%2e%2e/c", "/c"},
		{"doubled slashes are not", "{path}", "//evil.example//c", "/evil.example/c"},
		{"an escaped slash is kept", "/b{path}", "/a%2Fc%20d", "/b/a%2Fc%20d"},
		{"an escaped slash is kept, but for dots", "/b{path}", "/a%2Fc/%2e%2e", "/b/a"},
		{"a group", "/b?c={1}", "/a/d", "/b?c=a%2Fd"},
		{"all that was matched", "/b/{0}", "/a/d", "/b/a/d"},
		{"a group there is not", "/b/{7}", "/a", "/b/%7B7%7D"},
		{"braces", `/b/\{path\}`, "/a", "/b/%7Bpath%7D"},
		{"of the client", "/{remote}", "/a", "/198.51.100.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := get(tt.url)
			r.Header.Set("X-Forwarded-For", "198.51.100.7")
			require.Equal(t, tt.want, seen(t, rewrite.New(rewrite.Config{
				Rules:   []rewrite.Rule{{Pattern: all, To: []string{tt.to}}},
				Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
			}), r))
		})
	}
}

// TestRequestIsNotParsedAsURL has clients send what means something in a URL, which
// Caddy 0.7.1 put into one before it parsed it.
func TestRequestIsNotParsedAsURL(t *testing.T) {
	all := regexp.MustCompile("(.*)")
	for _, tt := range []struct{ name, to, url, path, query string }{
		{"a question mark in a path", "/b{path}", "/a%3Fadmin=1", "/b/a?admin=1", "q"},
		{"a number sign in a path", "/b{path}", "/a%23x", "/b/a#x", "q"},
		{"a percent sign in a path", "/b{path}", "/a%252e%252e/x", "/b/a%2e%2e/x", "q"},
		{"an ampersand in an argument", "/b?c={path}", "/a&admin=1", "/b", "c=%2Fa%26admin%3D1"},
		{"an ampersand in a group", "/b?c={1}", "/a&admin=1", "/b", "c=a%26admin%3D1"},
		{"a placeholder in a path", "/b{path}", "/%7B%3ECookie%7D", "/b/{>Cookie}", "q"},
		{"a placeholder in a group", "/b/{1}", "/%7B0%7D", "/b/{0}", "q"},
		{"a host", "{path}", "//evil.example/x", "/evil.example/x", "q"},
		{"a scheme", "/{1}", "/https://evil.example/x", "/https:/evil.example/x", "q"},
		{"a line break", "/b?c={path}", "/a%0d%0ab", "/b", "c=%2Fa%0D%0Ab"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := get(tt.url + "?q")
			r.Header.Set("Cookie", "secret")
			var got *url.URL
			middleware.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL }),
				rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{Pattern: all, To: []string{tt.to}}}})).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, tt.path, got.Path)
			require.Equal(t, tt.query, got.RawQuery)
			require.Empty(t, got.Fragment)
			require.Empty(t, got.Host)
		})
	}
}

func TestDestinationsThatExist(t *testing.T) {
	for _, tt := range []struct {
		name string
		to   []string
		url  string
		want string
	}{
		{"a file", []string{"{path}", "/index.php"}, "/file", "/file"},
		{"a file, with its query", []string{"{path}", "/index.php"}, "/file?q", "/file?q"},
		{"no file", []string{"{path}", "/index.php?{query}"}, "/none?q", "/index.php?q"},
		{"a folder is no file", []string{"{path}", "/index.php"}, "/dir", "/index.php"},
		{"a folder", []string{"{path}", "{path}/", "/index.php"}, "/dir", "/dir/"},
		{"a folder, asked for with its slash", []string{"{path}", "{path}/", "/index.php"}, "/dir/", "/dir/"},
		{"a file is no folder", []string{"{path}/", "/index.php"}, "/file", "/index.php"},
		{"the root", []string{"{path}", "/index.php"}, "/", "/"},
		{"the second", []string{"/none", "/dir/file", "/index.php"}, "/a", "/dir/file"},
		{"the last need not exist", []string{"/none", "/neither"}, "/a", "/neither"},
		{"a hidden file does not exist", []string{"{path}", "/index.php"}, "/secret", "/index.php"},
		{"a guarded file does not exist", []string{"{path}", "/index.php"}, "/.git/config", "/index.php"},
		{"an escaped path", []string{"{path}", "/index.php"}, "/a%20b", "/a%20b"},
		{"a question mark in the name of a file", []string{"{path}", "/index.php"}, "/q%3Fx", "/q%3Fx"},
		{"NUL", []string{"{path}", "/index.php"}, "/file%00", "/index.php"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, seen(t, rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{To: tt.to}}, Files: site}), get(tt.url)))
		})
	}
}

// TestNoOracle checks that nobody learns by a rewrite what is outside of the root.
func TestNoOracle(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	require.NoError(t, os.Mkdir(root, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "inside"), nil, 0o600))
	middlewaretest.Symlink(t, "../outside", filepath.Join(root, "link"))
	files := middleware.NewRoot(root)
	defer files.Close()
	mw := rewrite.New(rewrite.Config{
		Files: static.Config{Root: files},
		Rules: []rewrite.Rule{{Pattern: regexp.MustCompile("(.*)"), To: []string{"/{1}?", "/x/{?f}?", "/fallback?"}}},
	})
	require.Equal(t, "/inside", seen(t, mw, get("/inside")))
	require.Equal(t, "/inside", seen(t, mw, get("/none?f=../inside")), "which is the root's own")
	for _, uri := range []string{
		"/../outside", "/..%2foutside", "/%2e%2e/outside", "/link", "/link/", "/none?f=../../outside", "/none?f=../link", "/none?f=/etc/passwd", "/etc/passwd",
		"/none?f=../../root/../outside", "/..%5coutside",
	} {
		require.Equal(t, "/fallback", seen(t, mw, get(uri)), uri)
	}
}

// TestRootOfTheRequest looks in the folder that a layer further out gave.
func TestRootOfTheRequest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "page"), nil, 0o600))
	pinned, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	defer pinned.Close()
	mw := rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{To: []string{"{path}", "/fallback"}}}})
	require.Equal(t, "/page", seen(t, mw, middleware.WithRoot(get("/page"), pinned)))
	require.Equal(t, "/fallback", seen(t, mw, get("/page")))
}

func TestFirstRuleCounts(t *testing.T) {
	mw := rewrite.New(rewrite.Config{Rules: []rewrite.Rule{
		{From: "/a", To: []string{"/b"}}, {From: "/b", To: []string{"/c"}}, {From: "/d", To: []string{"/d"}}, {Base: "/", To: []string{"/z"}},
	}})
	for path, want := range map[string]string{"/a": "/b", "/b": "/c", "/d": "/d", "/c": "/z"} {
		require.Equal(t, want, seen(t, mw, get(path)))
	}
}

// TestOriginalURL checks who sees which URL. Caddy 0.7.1 left RequestURI as it was,
// which is what applications go by.
func TestOriginalURL(t *testing.T) {
	h := middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/b", r.URL.Path)
		require.Equal(t, "/b?q", r.RequestURI)
		require.Equal(t, "/a?q", middleware.OriginalURL(w, r).String())
	}), rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{To: []string{"/b"}}}}))
	w, r := httptest.NewRecorder(), get("/a?q")
	h.ServeHTTP(w, r)
	require.Equal(t, "/a", r.URL.Path, "further out it is as it was")
}

// TestBelowAPath has {path} mean what comes after the path that a site is at.
func TestBelowAPath(t *testing.T) {
	below := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(w, middleware.Rewrite(w, r, &url.URL{Path: "/file", RawQuery: "q"}))
		})
	}
	mw := rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{To: []string{"{path}", "/index.php?p={path_escaped}"}}}})
	require.Equal(t, "/index.php?p=%2Ffile", seen(t, middleware.Chain(below, mw), get("/sub/file?q")))
}

func TestConnect(t *testing.T) {
	r := get("/a")
	r.Method = http.MethodConnect
	require.Equal(t, "/a", seen(t, rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{To: []string{"/b"}}}}), r))
}

func TestTransparent(t *testing.T) {
	t.Run("for what is rewritten", func(t *testing.T) {
		middlewaretest.Transparent(t, rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{To: []string{"/b"}}}}))
	})
	t.Run("for others", func(t *testing.T) {
		middlewaretest.Transparent(t, rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{From: "/a", To: []string{"/b"}}}}))
	})
}

func TestConfigIsCopied(t *testing.T) {
	cfg := rewrite.Config{Rules: []rewrite.Rule{{To: []string{"/b"}}}}
	mw := rewrite.New(cfg)
	cfg.Rules[0].To[0] = "/c"
	require.Equal(t, "/b", seen(t, mw, get("/a")))
}

// FuzzDestination checks that any request leads, by any destination, to a clean path
// within the site, and that no query comes from a path.
func FuzzDestination(f *testing.F) {
	f.Add("/b/{1}/{dir}", "//a/%2e%2e/../c", "q=1")
	f.Add("{uri}?{path}", "/a?b#c", "")
	f.Add("{>X}{?q}?", "a", "q=//x")
	f.Add(`\{{{path}}?{{?q}`, "/", "")
	all := regexp.MustCompile("(?s)(.*)")
	f.Fuzz(func(t *testing.T, to, p, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: p, RawQuery: query}
		var got *http.Request
		h := rewrite.NewHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
			got = r
			return 0, nil
		}), rewrite.Config{Files: site, Rules: []rewrite.Rule{{Pattern: all, To: []string{to, to}}}})
		_, err := h.ServeHTTP(httptest.NewRecorder(), r)
		require.NoError(t, err)
		if got == r {
			return
		}
		require.Equal(t, middleware.CleanPath(got), got.URL.Path)
		again, err := url.ParseRequestURI(got.URL.EscapedPath())
		require.NoError(t, err)
		require.Equal(t, got.URL.Path, again.Path, "what is sent on means the same")
		require.Empty(t, again.RawQuery)
		if !strings.Contains(to, "?") {
			require.Equal(t, query, got.URL.RawQuery)
		}
	})
}

var nothing = middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })
