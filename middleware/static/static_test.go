package static_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, static.New(static.Config{Root: pinned(t, folder(t, nil))}))
	middlewaretest.Transparent(t, static.New(static.Config{}))
}

// TestFallThrough has files go before routes, and routes before folders.
func TestFallThrough(t *testing.T) {
	mux := http.NewServeMux()
	for _, pattern := range []string{"GET /route", "GET /folder", "POST /index.html", "GET /file.txt"} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "route") })
	}
	s := serveHandler(t, static.New(static.Config{
		Root: pinned(t, folder(t, map[string]string{"file.txt": "file", "folder/": "", "other/": "", "index.html": "home"})),
	})(middleware.FromHTTP(mux)))
	require.Equal(t, "file", result(s.get("/file.txt")))
	require.Equal(t, "route", result(s.get("/route")))
	require.Equal(t, "route", result(s.get("/folder")))
	require.Equal(t, "404", result(s.get("/folder/")))
	require.Equal(t, "404", result(s.get("/other")), "the mux has answered that already")
	require.Equal(t, "405", result(s.do("POST /index.html")))
}

func TestNextIsHeard(t *testing.T) {
	root := pinned(t, folder(t, map[string]string{"folder/": ""}))
	for _, want := range []int{http.StatusNotFound, http.StatusForbidden} {
		reason := fmt.Errorf("%d", want)
		h := static.New(static.Config{Root: root})(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
			return want, reason
		}))
		for _, path := range []string{"/folder", "/nothing"} {
			status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
			require.Equal(t, want, status)
			require.Equal(t, reason, err)
		}
	}
}

func TestMethods(t *testing.T) {
	s := serve(t, static.Config{Root: pinned(t, folder(t, map[string]string{
		"file.txt": "file", "dir/index.html": "dir", "bare/": "",
	}))})
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW"} {
		for _, path := range []string{"/file.txt", "/file.txt/", "/dir/", "/dir", "/dir/index.html"} {
			resp := s.do(method + " " + path)
			require.Equal(t, 405, resp.StatusCode, "%s %s", method, path)
			require.Equal(t, "GET, HEAD", resp.Header.Get("Allow"))
		}
		for _, path := range []string{"/bare", "/bare/", "/nothing"} {
			resp := s.do(method + " " + path)
			require.Equal(t, 404, resp.StatusCode, "%s %s", method, path)
			require.Empty(t, resp.Header.Get("Allow"))
		}
	}
	require.Equal(t, 404, s.do("CONNECT file.txt:80").StatusCode)
}

// TestHead compares what HEAD and GET say of all kinds of things.
func TestHead(t *testing.T) {
	s := serve(t, static.Config{Root: pinned(t, folder(t, map[string]string{
		"file.txt": "file", "empty.txt": "", "unknown": "x", "picture.png": "x", "dir/index.html": "dir", "app.js": "js", "app.js.gz": "gz",
		"large.html": string(make([]byte, 100_000)),
	}))})
	for _, path := range []string{
		"/file.txt", "/empty.txt", "/unknown", "/picture.png", "/dir/", "/dir", "/app.js", "/large.html", "/file.txt/", "/nothing",
	} {
		for _, fields := range [][]string{
			nil,
			{"Accept-Encoding: gzip"},
			{"If-Modified-Since: " + lastModified},
			{"If-None-Match: *"},
			{`If-Match: "other"`},
		} {
			get, head := s.get(path, fields...), s.do("HEAD "+path, fields...)
			get.Header.Del("Date")
			head.Header.Del("Date")
			require.Equal(t, get.StatusCode, head.StatusCode, path)
			require.Equal(t, get.Header, head.Header, path)
			require.Empty(t, head.body)
		}
	}
}

func TestIndex(t *testing.T) {
	dir := folder(t, map[string]string{
		"both/index.html": "html", "both/index.htm": "htm", "second/index.htm": "htm",
		"folder/index.html/": "", "folder/index.htm": "htm", "hidden/index.html": "html", "hidden/index.htm": "htm",
		"none/x": "",
	})
	root := pinned(t, dir)
	hide := func(name string, _ fs.FileInfo) bool { return name == "hidden/index.html" }
	for _, tt := range []struct {
		name  string
		index []string
		path  string
		want  string
	}{
		{"the first", []string{"index.html", "index.htm"}, "/both/", "html"},
		{"the first, in another order", []string{"index.htm", "index.html"}, "/both/", "htm"},
		{"the second", []string{"index.html", "index.htm"}, "/second/", "htm"},
		{"a folder is no page", []string{"index.html", "index.htm"}, "/folder/", "htm"},
		{"what is hidden is no page", []string{"index.html", "index.htm"}, "/hidden/", "htm"},
		{"the default", nil, "/both/", "html"},
		{"the default is but one", nil, "/second/", "404"},
		{"none at all", []string{}, "/both/", "404"},
		{"no file", []string{"index.html"}, "/none/", "404"},
		{"in another folder", []string{"../second/index.htm"}, "/both/", "htm"},
		{"outside", []string{"../../secret.txt"}, "/both/", "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, static.Config{Root: root, Index: tt.index, Hide: hide})
			require.Equal(t, tt.want, result(s.get(tt.path)))
		})
	}
}

// TestHide hides a file by its name, a folder with all in it, and a file for
// what it is.
func TestHide(t *testing.T) {
	dir := folder(t, map[string]string{
		"file.txt": "file", "hidden.txt": "x", "dir/hidden.txt": "x", "private/file.txt": "x", "private/sub/file.txt": "x", "known.txt": "x",
		"app.js": "js", "app.js.gz": "hidden", "private/index.html": "x",
		"hidden.txt.br": "x", "hidden.txt.zst": "x", "dir/hidden.txt.gz": "x", "file.txt.br": "sibling",
	})
	known, err := os.Stat(filepath.Join(dir, "known.txt"))
	require.NoError(t, err)
	s := serve(t, static.Config{Root: pinned(t, dir), Hide: func(name string, info fs.FileInfo) bool {
		return slices.Contains([]string{"hidden.txt", "dir/hidden.txt", "private", "app.js.gz"}, name) || info != nil && os.SameFile(info, known)
	}})
	require.Equal(t, "file", result(s.get("/file.txt")))
	require.Equal(t, "sibling", result(s.get("/file.txt.br")))
	for _, path := range []string{
		"/hidden.txt.br", "/hidden.txt.zst", "/dir/hidden.txt.gz",
		"/hidden.txt", "/dir/hidden.txt", "/dir/../hidden.txt", "//hidden.txt", "/hidden%2etxt", "/hidden.txt/",
		"/private/file.txt", "/private/sub/file.txt", "/private/", "/private", "/known.txt", "/app.js.gz",
	} {
		require.Equal(t, "404", result(s.get(path)), path)
		require.Equal(t, 404, s.do("HEAD "+path).StatusCode, path)
		require.Equal(t, 404, s.do("POST "+path).StatusCode, path)
	}
	resp := s.get("/app.js", "Accept-Encoding: gzip")
	require.Equal(t, "js", resp.body)
	require.Empty(t, resp.Header.Get("Content-Encoding"))
}

func TestDotfiles(t *testing.T) {
	secrets := []string{
		".git/config", ".gitignore", ".hg/x", ".svn/x", ".bzr/x", ".env", ".env.local", ".ENV", ".htaccess", ".htpasswd", ".DS_Store", "._file",
		".npmrc", ".netrc", ".ssh/id", ".aws/credentials", ".bash_history", ".config.php.swp", "dir/.git/config", ".vscode/x",
	}
	others := []string{".other", ".config/x", "dir/.x/file"}
	const wellKnown = ".well-known/security.txt"
	files := map[string]string{wellKnown: "", "plain": ""}
	for _, name := range append(secrets, others...) {
		files[name] = ""
	}
	root := pinned(t, folder(t, files))
	for policy, visible := range map[static.Dotfiles][]string{
		static.DotfilesGuard: others,
		static.DotfilesDeny:  nil,
		static.DotfilesAllow: append(secrets, others...),
	} {
		s := serve(t, static.Config{Root: root, Dotfiles: policy})
		for name := range files {
			want := 404
			if slices.Contains(visible, name) || name == wellKnown || name == "plain" {
				want = 200
			}
			require.Equal(t, want, s.get("/"+name).StatusCode, "%s under policy %d", name, policy)
		}
	}
}

func TestRoots(t *testing.T) {
	mine := pinned(t, folder(t, map[string]string{"file.txt": "mine"}))
	given := pinned(t, folder(t, map[string]string{"file.txt": "given"}))
	give := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(w, middleware.WithRoot(r, given))
		})
	}
	missing := middleware.NewRoot(filepath.Join(mine.Dir, "nothing"))
	fsys := fstest.MapFS{"file.txt": {Data: []byte("embedded")}}
	for _, tt := range []struct {
		name string
		cfg  static.Config
		give bool
		want string
	}{
		{"a root", static.Config{Root: mine}, false, "mine"},
		{"a request's own", static.Config{Root: mine}, true, "given"},
		{"nothing but a request's own", static.Config{}, true, "given"},
		{"nothing", static.Config{}, false, "404"},
		{"a folder that does not exist", static.Config{Root: missing}, false, "404"},
		{"a file system", static.Config{FS: fsys}, false, "embedded"},
		{"a file system goes before roots", static.Config{FS: fsys, Root: mine}, true, "embedded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := static.New(tt.cfg)(middleware.Status(404))
			if tt.give {
				h = give(h)
			}
			require.Equal(t, tt.want, result(serveHandler(t, h).get("/file.txt")))
		})
	}
}

// TestRootsTakeTurns has one layer serve two roots: what it remembers of one must
// not be taken for the other.
func TestRootsTakeTurns(t *testing.T) {
	roots := []*middleware.Root{
		pinned(t, folder(t, map[string]string{"file.js": "0", "file.js.gz": "0 gz"})),
		pinned(t, folder(t, map[string]string{"file.js": "1"})),
	}
	h := static.New(static.Config{})(middleware.Status(404))
	for i := range 10 {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/file.js", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		status, err := h.ServeHTTP(w, middleware.WithRoot(r, roots[i%2]))
		require.NoError(t, err)
		require.Equal(t, 200, status)
		require.Equal(t, []string{"0 gz", "1"}[i%2], w.Body.String())
	}
}

func TestConfigIsCopied(t *testing.T) {
	index, siblings := []string{"index.html"}, []string{"gzip"}
	mw := static.New(static.Config{
		Root:  pinned(t, folder(t, map[string]string{"index.html": "home", "index.html.gz": "gz"})),
		Index: index, Siblings: siblings,
	})
	clear(index)
	clear(siblings)
	s := serveHandler(t, mw(middleware.Status(404)))
	require.Equal(t, "gz", result(s.get("/", "Accept-Encoding: gzip")))
}

func TestType(t *testing.T) {
	s := serve(t, static.Config{Root: pinned(t, folder(t, map[string]string{
		"page.html": "x", "PAGE.HTML": "x", "unknown.thing": "<html><script>alert(1)</script>", "README": "x", "x.js.gz": "x", "x.tar.zst": "x", "x.css.br": "x",
	}))})
	for path, want := range map[string]string{
		"/page.html":     "text/html; charset=utf-8",
		"/PAGE.HTML":     "text/html; charset=utf-8",
		"/x.js.gz":       "application/gzip",
		"/x.tar.zst":     "application/zstd",
		"/x.css.br":      "application/octet-stream",
		"/README":        "application/octet-stream",
		"/unknown.thing": "application/octet-stream",
	} {
		resp := s.get(path, "Accept-Encoding: gzip, br, zstd")
		require.Equal(t, want, resp.Header.Get("Content-Type"), path)
		require.Empty(t, resp.Header.Get("Content-Encoding"), path)
		if path == "/README" || path == "/unknown.thing" {
			require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), path)
		}
	}
	require.Equal(t, "text/javascript; charset=utf-8", static.TypeOf("a/b.MJS"))
	require.Equal(t, "application/octet-stream", static.TypeOf("x."))
}

func TestTypeOfAnotherLayer(t *testing.T) {
	h := static.New(static.Config{Root: pinned(t, folder(t, map[string]string{"x.thing": "x"}))})(middleware.Status(404))
	s := serveHandler(t, middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		w.Header().Set("Content-Type", "application/x-thing")
		return h.ServeHTTP(w, r)
	}))
	resp := s.get("/x.thing")
	require.Equal(t, "application/x-thing", resp.Header.Get("Content-Type"))
	require.Empty(t, resp.Header.Get("X-Content-Type-Options"))
}
