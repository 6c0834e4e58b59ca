package extensions_test

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/extensions"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

var site = fstest.MapFS{
	"about.html": {}, "about.php": {}, "only.php": {}, "a b.html": {}, "LICENSE": {}, "LICENSE.html": {},
	"dir/page.html": {}, "dir.html": {}, "folder.html/x": {}, "v1.2/page.html": {}, ".git/config.html": {}, "secret.html": {}, "index.html": {},
}

func config() extensions.Config {
	return extensions.Config{
		Files:      static.Config{FS: site, Hide: func(name string, _ fs.FileInfo) bool { return name == "secret.html" }},
		Extensions: []string{".html", ".php"},
	}
}

// seen returns the URL that the next handler sees.
func seen(mw middleware.Middleware, r *http.Request) string {
	var got *http.Request
	middleware.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }), mw).ServeHTTP(httptest.NewRecorder(), r)
	if got.URL.RequestURI() != got.RequestURI {
		return got.RequestURI + ", which is not " + got.URL.RequestURI()
	}
	return got.RequestURI
}

func TestHandler(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"the first extension", "/about", "/about.html"},
		{"the second extension", "/only", "/only.php"},
		{"the query stays", "/about?a=b", "/about.html?a=b"},
		{"an escaped path", "/a%20b", "/a%20b.html"},
		{"a path written in another way", "/%61bout", "/%61bout.html"},
		{"a path with dots and doubled slashes, which Caddy 0.7.1 did not clean", "//x/../about", "/about.html"},
		{"there is an extension", "/about.html", "/about.html"},
		{"there is another extension", "/about.txt", "/about.txt"},
		{"there is a file without one, too, as in Caddy 0.7.1", "/LICENSE", "/LICENSE.html"},
		{"no such file", "/missing", "/missing"},
		{"a folder with a slash at its end, caddy#173", "/dir/", "/dir/"},
		{"a folder without", "/dir", "/dir.html"},
		{"a folder that looks like a file", "/folder", "/folder"},
		{"in a folder", "/dir/page", "/dir/page.html"},
		{"in a folder with a dot", "/v1.2/page", "/v1.2/page.html"},
		{"the root", "/", "/"},
		{"a hidden file", "/secret", "/secret"},
		{"a file that is guarded", "/.git/config", "/.git/config"},
		{"an escaped slash stands for one", "/dir%2Fpage", "/dir%2Fpage.html"},
		{"NUL", "/about%00", "/about%00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, seen(extensions.New(config()), httptest.NewRequest("GET", tt.url, nil)))
		})
	}
}

func TestMethods(t *testing.T) {
	for method, want := range map[string]string{"HEAD": "/about.html", "POST": "/about.html", "CONNECT": "/about"} {
		r := httptest.NewRequest("GET", "/about", nil)
		r.Method = method
		require.Equal(t, want, seen(extensions.New(config()), r), method)
	}
}

// TestOutside has what exists next to the root, and what a link to it is called.
func TestOutside(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	require.NoError(t, os.Mkdir(root, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside.html"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "inside.html"), nil, 0o600))
	middlewaretest.Symlink(t, "../outside.html", filepath.Join(root, "link.html"))
	files := middleware.NewRoot(root)
	defer files.Close()
	mw := extensions.New(extensions.Config{Files: static.Config{Root: files}, Extensions: []string{".html"}})
	for path, want := range map[string]string{
		"/inside": "/inside.html", "/link": "/link", "/../outside": "/../outside", "/%2e%2e/outside": "/%2e%2e/outside", "/..%2foutside": "/..%2foutside",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		u, err := url.ParseRequestURI(path)
		require.NoError(t, err)
		r.URL, r.RequestURI = u, path
		require.Equal(t, want, seen(mw, r))
	}
}

// TestRootOfTheRequest looks in the folder that a layer further out gave.
func TestRootOfTheRequest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "page.html"), nil, 0o600))
	pinned, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	defer pinned.Close()
	r := middleware.WithRoot(httptest.NewRequest("GET", "/page", nil), pinned)
	require.Equal(t, "/page.html", seen(extensions.New(extensions.Config{Extensions: []string{".html"}}), r))
}

func TestOriginalURL(t *testing.T) {
	h := middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, middleware.OriginalURL(w, r).String())
	}), extensions.New(config()))
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/about", nil)
	h.ServeHTTP(w, r)
	require.Equal(t, "/about", w.Body.String())
	require.Equal(t, "/about", r.URL.Path, "further out it is as it was")
}

func TestTransparent(t *testing.T) {
	t.Run("for a file", func(t *testing.T) {
		cfg := config()
		cfg.Files.FS = fstest.MapFS{"index.html": {}}
		middlewaretest.Transparent(t, func(next middleware.Handler) middleware.Handler {
			// Ask for the file, as the battery does not.
			h := extensions.New(cfg)(next)
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				r.URL.Path = "/index"
				return h.ServeHTTP(w, r)
			})
		})
	})
	t.Run("for none", func(t *testing.T) { middlewaretest.Transparent(t, extensions.New(config())) })
}

func TestConfigIsCopied(t *testing.T) {
	cfg := config()
	mw := extensions.New(cfg)
	clear(cfg.Extensions)
	require.Equal(t, "/about.html", seen(mw, httptest.NewRequest("GET", "/about", nil)))
}

func FuzzHandler(f *testing.F) {
	mw := extensions.New(config())
	f.Add("/about")
	f.Add("//dir/../about/")
	f.Add("/a\x00b")
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: path}
		var got string
		h := mw(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) { got = r.URL.Path; return 0, nil }))
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != path {
			info, err := fs.Stat(site, got[1:])
			require.NoError(t, err)
			require.False(t, info.IsDir())
		}
	})
}

func TestUntouchedCostsNothing(t *testing.T) {
	h := extensions.New(config())(nothing)
	for _, path := range []string{"/style.css", "/", "/dir/"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
		require.Zero(t, testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }), path)
	}
}

func BenchmarkUntouched(b *testing.B) { benchmark(b, "/style.css") }
func BenchmarkFound(b *testing.B)     { benchmark(b, "/about") }

func benchmark(b *testing.B, path string) {
	dir := b.TempDir()
	require.NoError(b, os.WriteFile(filepath.Join(dir, "about.html"), nil, 0o600))
	root := middleware.NewRoot(dir)
	defer root.Close()
	h := extensions.New(extensions.Config{Files: static.Config{Root: root}, Extensions: []string{".html"}})(nothing)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

var nothing = middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })
