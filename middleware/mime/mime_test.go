package mime_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/mime"
	"github.com/shallot-http/shallot/middleware/static"
)

var types = mime.Config{Types: map[string]string{".wad": "application/x-doom", ".GZ": "a/gz", ".tar.gz": "a/tar", ".html": "text/x"}}

// serve returns the header and body of what a server of files answers.
func serve(t *testing.T, path string) (*http.Response, string) {
	files := static.New(static.Config{Index: []string{"index.html"}, FS: fstest.MapFS{
		"a.wad": {Data: []byte("IWAD")}, "A.WAD": {Data: []byte("IWAD")}, "b.tar.gz": {}, "c.gz": {}, "d.wad/index.html": {}, "e.txt": {}, ".wad": {},
	}, Dotfiles: static.DotfilesAllow})
	srv := httptest.NewServer(middleware.AppHandler(middleware.Chain(mime.New(types), files)(middleware.Status(404)).ServeHTTP))
	defer srv.Close()
	resp, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", srv.URL+path, nil))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

// TestFiles checks the types of files that are served.
func TestFiles(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		status     int
		want       string
	}{
		{"a type of one's own", "/a.wad", 200, "application/x-doom"},
		{"in other letters", "/A.WAD", 200, "application/x-doom"},
		{"two extensions", "/b.tar.gz", 200, "a/tar"},
		{"one of two extensions", "/c.gz", 200, "a/gz"},
		{"nothing but an extension", "/.wad", 200, "application/x-doom"},
		{"another extension", "/e.txt", 200, "text/plain; charset=utf-8"},
		{"what is not there", "/missing.wad", 404, "text/plain; charset=utf-8"},
		{"a folder", "/d.wad/", 200, "text/html; charset=utf-8"},
		{"a folder without its slash", "/d.wad", 301, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, _ := serve(t, tt.path)
			require.Equal(t, tt.status, resp.StatusCode)
			require.Equal(t, tt.want, resp.Header.Get("Content-Type"))
		})
	}
}

// TestOthersKnowBetter checks what becomes of the type with handlers that set one,
// send nothing, or fail.
func TestOthersKnowBetter(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before []string
		next   middleware.HandlerFunc
		want   []string
	}{
		{"one that writes", nil, func(w http.ResponseWriter, _ *http.Request) (int, error) { io.WriteString(w, "x"); return 0, nil }, []string{"application/x-doom"}},
		{"one that sets another", nil, func(w http.ResponseWriter, _ *http.Request) (int, error) {
			w.Header().Set("Content-Type", "text/b")
			return 204, nil
		}, []string{"text/b"}},
		{"one that adds another", nil, func(w http.ResponseWriter, _ *http.Request) (int, error) {
			w.Header().Add("Content-Type", "text/b")
			return 204, nil
		}, []string{"application/x-doom", "text/b"}},
		{"one that returns a status", nil, middleware.Status(304).ServeHTTP, nil},
		{"one that fails", nil, func(http.ResponseWriter, *http.Request) (int, error) { return 0, errors.New("failed") }, nil},
		{"one that fails, where there was a type", []string{"text/a"}, middleware.Status(404).ServeHTTP, []string{"text/a"}},
		{"one that does nothing", nil, middleware.Status(0).ServeHTTP, []string{"application/x-doom"}},
		{"one that writes its own failure", nil, func(w http.ResponseWriter, _ *http.Request) (int, error) { w.WriteHeader(404); return 404, nil }, []string{"application/x-doom"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if tt.before != nil {
				w.Header()["Content-Type"] = tt.before
			}
			mime.NewHandler(tt.next, types).ServeHTTP(w, httptest.NewRequest("GET", "/a.wad", nil))
			require.Equal(t, tt.want, w.Header()["Content-Type"])
		})
	}
}

func TestTransparent(t *testing.T) { middlewaretest.Transparent(t, mime.New(types)) }

// TestTransparentWithAType sends the battery for a path that has one.
func TestTransparentWithAType(t *testing.T) {
	mw := mime.New(types)
	middlewaretest.Transparent(t, func(next middleware.Handler) middleware.Handler {
		h := mw(next)
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			r.URL.Path = "/a.wad"
			return h.ServeHTTP(w, r)
		})
	})
}

func TestConfigIsCopied(t *testing.T) {
	own := map[string]string{".wad": "a/b"}
	mw := mime.New(mime.Config{Types: own})
	clear(own)
	w := httptest.NewRecorder()
	mw(middleware.Status(0)).ServeHTTP(w, httptest.NewRequest("GET", "/a.wad", nil))
	require.Equal(t, "a/b", w.Header().Get("Content-Type"))
}
