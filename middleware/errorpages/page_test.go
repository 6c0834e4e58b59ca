package errorpages_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestPageIsComplete checks the fields of a page, and that it has none of the
// response's in whose place it is.
func TestPageIsComplete(t *testing.T) {
	root := site(t, map[string]string{"any.html": "<p>sorry", "any.txt": "sorry", "any": "<p>sorry", "any.unknown": "<p>sorry"})
	const html = "text/html; charset=utf-8"
	for _, tt := range []struct {
		name, method, page, encoding string
		length, contentType, body    string
	}{
		{"HTML", "GET", "any.html", "", "8", html, "<p>sorry"},
		{"text", "GET", "any.txt", "", "5", "text/plain; charset=utf-8", "sorry"},
		{"no extension", "GET", "/any", "", "8", html, "<p>sorry"},
		{"an extension nobody knows", "GET", "/any.unknown", "", "8", html, "<p>sorry"},
		{"no page", "GET", "", "", "14", "text/plain; charset=utf-8", "404 Not Found\n"},
		{"HEAD", "HEAD", "any.html", "", "8", html, ""},
		{"HEAD, no page", "HEAD", "", "", "14", "text/plain; charset=utf-8", ""},
		{"an encoder further out", "GET", "any.html", "zstd", "", html, "<p>sorry"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := errorpages.New(errorpages.Config{Root: root, Default: tt.page})(middleware.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) (int, error) {
					for _, field := range []string{
						"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Length", "Content-Range", "Content-Type",
						"Etag", "Expires", "Last-Modified", "Trailer", "Use-As-Dictionary",
					} {
						w.Header().Set(field, "of the good response")
					}
					w.Header().Set("Vary", "Cookie")
					return 404, nil
				}))
			w := httptest.NewRecorder()
			if tt.encoding != "" {
				w.Header().Set("Content-Encoding", tt.encoding)
			}
			status, err := h.ServeHTTP(w, httptest.NewRequest(tt.method, "/", nil))
			require.NoError(t, err)
			require.Zero(t, status)
			want := http.Header{
				"Content-Type":           {tt.contentType},
				"X-Content-Type-Options": {"nosniff"},
				"Vary":                   {"Cookie"},
			}
			if tt.length != "" {
				want.Set("Content-Length", tt.length)
			}
			if tt.encoding != "" {
				want.Set("Content-Encoding", tt.encoding)
			}
			require.Equal(t, want, w.Header())
			require.Equal(t, tt.body, w.Body.String())
		})
	}
}

// TestPlainIsTheEdges checks that the plain page is that of an edge without the
// layer, byte for byte.
func TestPlainIsTheEdges(t *testing.T) {
	for _, status := range []int{400, 404, 499, 500, 599} {
		want, got := httptest.NewRecorder(), httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		middleware.AppHandler(returning(status, nil).ServeHTTP).ServeHTTP(want, r)
		middleware.AppHandler(errorpages.New(errorpages.Config{})(returning(status, nil)).ServeHTTP).ServeHTTP(got, r)
		require.Equal(t, want.Body.String(), got.Body.String())
		got.Header().Del("Content-Length") // which net/http would have added
		require.Equal(t, want.Header(), got.Header())
	}
}

func TestPageThatCannotBeShown(t *testing.T) {
	root := site(t, map[string]string{
		"large.html":  strings.Repeat("x", errorpages.MaxPageSize),
		"larger.html": strings.Repeat("x", errorpages.MaxPageSize+1),
		"dir/x.html":  "",
	})
	outside := write(t, filepath.Join(t.TempDir(), "outside.html"), "a secret")
	for _, tt := range []struct {
		name, page string
		root       *middleware.Root
		log        string // "" if it can be shown
	}{
		{"as large as can be", "large.html", root, ""},
		{"larger", "larger.html", root, `reading larger.html: it is larger than 1048576 bytes"`},
		{"missing", "missing.html", root, syscall.ENOENT.Error()},
		{"a folder", "dir", root, `reading dir: it is not a regular file"`},
		{"outside, by name", "../outside.html", root, "path escapes from parent"},
		{"outside, by link", "link.html", root, "path escapes from parent"},
		{"no root", "any.html", nil, `error="reading any.html: there is no folder \"\" to read it from"`},
		{"no root yet", "any.html", middleware.NewRoot("/no/such/folder"), `there is no folder`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.page == "link.html" {
				middlewaretest.Symlink(t, outside, filepath.Join(root.Dir, tt.page))
			}
			var log logged
			h := errorpages.New(errorpages.Config{Root: tt.root, Default: tt.page, Log: log.logger()})(returning(404, nil))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Equal(t, 404, w.Code)
			if tt.log == "" {
				require.Equal(t, errorpages.MaxPageSize, w.Body.Len())
				require.Empty(t, log.String())
				return
			}
			require.Equal(t, "404 Not Found\n", w.Body.String())
			require.Contains(t, log.String(), `level=WARN msg="error page cannot be shown" status=404 error=`)
			require.Contains(t, log.String(), tt.log)
		})
	}
}

// TestMissingPageDoesNotFloodTheLog checks that it is told of once a second.
func TestMissingPageDoesNotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logged
		h := errorpages.New(errorpages.Config{Default: "missing.html", Log: log.logger()})(returning(404, nil))
		serve := func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) }
		serve()
		serve()
		require.Equal(t, 1, log.lines())
		time.Sleep(time.Second)
		serve()
		serve()
		require.Equal(t, 2, log.lines())
	})
}

// TestPagesFollowTheRequestsRoot checks that a page is of the release that the
// request is served from.
func TestPagesFollowTheRequestsRoot(t *testing.T) {
	before, after := site(t, map[string]string{"any.html": "before"}), site(t, map[string]string{"any.html": "after"})
	h := errorpages.New(errorpages.Config{Root: before, Default: "any.html"})(returning(404, nil))
	for root, want := range map[*middleware.Root]string{before: "before", after: "after"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, middleware.WithRoot(httptest.NewRequest("GET", "/", nil), root))
		require.Equal(t, want, w.Body.String())
	}
	write(t, filepath.Join(before.Dir, "any.html"), "edited")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "edited", w.Body.String())
}

func TestVisible(t *testing.T) {
	root := site(t, map[string]string{"any.html": "<p>sorry"})
	nasty := errors.New("<script>alert('&')</script>\x1b[2J\x00\xff…")
	get := func(c errorpages.Config, h middleware.HandlerFunc) *httptest.ResponseRecorder {
		c.Root, c.Default = root, "any.html"
		c.Log = slog.New(slog.DiscardHandler)
		w := httptest.NewRecorder()
		errorpages.New(c)(h).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w
	}
	fails := func(http.ResponseWriter, *http.Request) (int, error) { return 502, nasty }
	panics := func(http.ResponseWriter, *http.Request) (int, error) { panic(nasty) }

	w := get(errorpages.Config{Visible: true}, fails)
	require.Equal(t, 502, w.Code)
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "502 Bad Gateway\n\n&lt;script>alert('&amp;')&lt;/script>\\x1b[2J\\x00\\xfffd…\n", w.Body.String())

	w = get(errorpages.Config{Visible: true}, panics)
	require.Equal(t, 500, w.Code)
	require.Contains(t, w.Body.String(), "500 Internal Server Error\n\npanic: &lt;script>")
	require.Contains(t, w.Body.String(), "TestVisible", "the stack")
	require.NotContains(t, w.Body.String(), "<")

	w = get(errorpages.Config{Visible: true}, returning(404, nil).ServeHTTP)
	require.Equal(t, "<p>sorry", w.Body.String(), "where there is nothing to show")

	for _, h := range []middleware.HandlerFunc{fails, panics} {
		require.Equal(t, "<p>sorry", get(errorpages.Config{}, h).Body.String(), "invisible")
	}
}

// TestPagesFromAnFS serves pages that are part of the program.
func TestPagesFromAnFS(t *testing.T) {
	pages := fstest.MapFS{"404.html": {Data: []byte("<h1>Not here</h1>")}, "dir": {Mode: fs.ModeDir}}
	h := errorpages.New(errorpages.Config{FS: pages, Pages: map[int]string{404: "/404.html", 403: "dir", 410: "../x"}})
	for status, want := range map[int]string{
		404: "<h1>Not here</h1>", 403: "403 Forbidden\n", 410: "410 Gone\n", 500: "500 Internal Server Error\n",
	} {
		w := httptest.NewRecorder()
		middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(h(returning(status, nil))).
			ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.Equal(t, status, w.Code)
		require.Equal(t, want, w.Body.String())
	}
}

// TestPagesForEdgesFurtherIn checks that what a router behind the layer settles on
// its own gets the site's pages, and is logged once.
func TestPagesForEdgesFurtherIn(t *testing.T) {
	var log logged
	reason := errors.New("reason")
	mux := http.NewServeMux()
	mux.Handle("/app", middleware.AppHandler(returning(404, reason).ServeHTTP))
	mux.Handle("/adopted", middleware.Wrap(middleware.AppHandler(returning(404, reason).ServeHTTP),
		middleware.Adopt(func(next http.Handler) http.Handler { return next })))
	mux.HandleFunc("/own", http.NotFound)
	h := middleware.Wrap(mux, errorpages.New(errorpages.Config{
		FS:  fstest.MapFS{"404.html": {Data: []byte("<h1>Not here</h1>")}},
		Log: log.logger(), Pages: map[int]string{404: "404.html"},
	}))
	for path, want := range map[string]string{
		"/app": "<h1>Not here</h1>", "/adopted": "<h1>Not here</h1>",
		"/own": "404 page not found\n", // what a handler writes itself stands
	} {
		log.Reset()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		require.Equal(t, 404, w.Code, path)
		require.Equal(t, want, w.Body.String(), path)
		require.Equal(t, path != "/own", log.Len() > 0, log.String())
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 1)
	}
}

// TestVisibleForEdgesFurtherIn checks that a developer sees the error wherever it
// is settled.
func TestVisibleForEdgesFurtherIn(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(returning(502, errors.New("the reason")).ServeHTTP))
	w := httptest.NewRecorder()
	middleware.Wrap(mux, errorpages.New(errorpages.Config{Visible: true, Log: slog.New(slog.DiscardHandler)})).
		ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "502 Bad Gateway\n\nthe reason\n", w.Body.String())
}
