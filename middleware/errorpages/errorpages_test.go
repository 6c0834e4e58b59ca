package errorpages_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

var reason = errors.New("a secret")

// TestOutcome is the table of outcomes of package middleware, row by row, as seen
// by a layer further out, by the client, and by the logs of the layer and of the
// edge. Whatever happens, one of the logs is told, once.
func TestOutcome(t *testing.T) {
	root := site(t, map[string]string{"404.html": "<p>lost", "500.html": "<p>broken", "any.html": "<p>sorry"})
	pages := map[int]string{404: "404.html", 500: "500.html"}
	for _, tt := range []struct {
		name   string
		begin  bool
		status int
		err    error
		panics any

		returned int // the status to layers further out
		sent     int
		body     string
		log      string // level and status; "" if nothing is logged
		abort    bool
	}{
		{name: "(0, nil)", sent: 200},
		{name: "(0, nil), begun", begin: true, sent: 202, body: "begun"},
		{name: "(0, err)", err: reason, sent: 500, body: "<p>broken", log: "ERROR 500"},
		{name: "(0, err of a status)", err: os.ErrNotExist, sent: 404, body: "<p>lost", log: "INFO 404"},
		{name: "(0, err), begun", begin: true, err: reason, sent: 202, body: "begun", log: "ERROR 500"},
		{name: "(0, err of a status), begun", begin: true, err: os.ErrNotExist, sent: 202, body: "begun", log: "INFO 404"},
		{name: "200–399", status: 204, returned: 204, sent: 204},
		{name: "200–399, err", status: 304, err: reason, returned: 304, sent: 304, log: "INFO 304"},
		{name: "200–399, begun", begin: true, status: 204, returned: 204, sent: 202, body: "begun"},
		{name: "200–399, err, begun", begin: true, status: 304, err: reason, returned: 304, sent: 202, body: "begun", log: "INFO 304"},
		{name: "400–599", status: 404, sent: 404, body: "<p>lost"},
		{name: "400–599, no page of its own", status: 403, sent: 403, body: "<p>sorry"},
		{name: "400–599, err", status: 502, err: reason, sent: 502, body: "<p>sorry", log: "ERROR 502"},
		{name: "400–599, client gone", status: 499, err: reason, sent: 499, body: "<p>sorry", log: "DEBUG 499"},
		{name: "400–599, begun", begin: true, status: 404, returned: 404, sent: 202, body: "begun"},
		{name: "400–599, err, begun", begin: true, status: 502, err: reason, returned: 502, sent: 202, body: "begun", log: "ERROR 502", abort: true},
		{name: "other", status: 42, sent: 500, body: "<p>broken"},
		{name: "other, negative", status: -1, err: reason, sent: 500, body: "<p>broken", log: "ERROR 500"},
		{name: "other, informational", status: 103, sent: 500, body: "<p>broken"},
		{name: "other, begun", begin: true, status: 600, returned: 600, sent: 202, body: "begun"},
		{name: "other, err, begun", begin: true, status: 600, err: reason, returned: 600, sent: 202, body: "begun", log: "ERROR 500", abort: true},
		{name: "panic", panics: reason, sent: 500, body: "<p>broken", log: "ERROR 500"},
		{name: "panic, begun", begin: true, panics: reason, sent: 202, body: "begun", log: "ERROR 500", abort: true},
		{name: "abort", panics: http.ErrAbortHandler, sent: 200, abort: true},
		{name: "abort, begun", begin: true, panics: http.ErrAbortHandler, sent: 202, body: "begun", abort: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log, edgeLog logged
			returned, begun := -1, false // as an access log would see it
			outside := func(next middleware.Handler) middleware.Handler {
				return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
					rec := middleware.Record(w)
					status, err := next.ServeHTTP(rec, r)
					returned, begun = status, rec.Begun()
					return status, err
				})
			}
			layer := errorpages.New(errorpages.Config{Root: root, Pages: pages, Default: "any.html", Log: log.logger()})
			h := middleware.Edge{Log: edgeLog.logger()}.Handler(middleware.Chain(outside, layer)(middleware.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) (int, error) {
					if tt.begin {
						w.WriteHeader(http.StatusAccepted)
						io.WriteString(w, "begun")
					}
					if tt.panics != nil {
						panic(tt.panics)
					}
					return tt.status, tt.err
				})))
			w := httptest.NewRecorder()
			serve := func() { h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)) }
			if tt.abort {
				require.PanicsWithValue(t, http.ErrAbortHandler, serve)
			} else {
				serve()
			}
			require.Equal(t, tt.sent, w.Code)
			require.Equal(t, tt.body, w.Body.String())
			if tt.panics == nil {
				require.Equal(t, tt.returned, returned)
				require.Equal(t, tt.body != "", begun)
			}

			require.Empty(t, edgeLog.String(), "logged elsewhere")
			if tt.log == "" {
				require.Empty(t, log.String())
				return
			}
			got, stack, _ := strings.Cut(log.String(), " stack=")
			require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
			require.Equal(t, tt.panics != nil, strings.Contains(stack, "TestOutcome"), "stack of a panic")
			level, status, _ := strings.Cut(tt.log, " ")
			err := "a secret"
			switch {
			case tt.panics != nil:
				err = "panic: a secret"
			case tt.err != nil:
				err = tt.err.Error()
			}
			want := fmt.Sprintf("level=%s msg=\"request failed\" status=%s method=GET path=/ error=%q", level, status, err)
			if tt.abort {
				want += " aborted=true"
			}
			require.Equal(t, want, strings.TrimSuffix(got, "\n"))
		})
	}
}

// TestTransparent leaves out the outcome: settling it is what the layer is for.
func TestTransparent(t *testing.T) {
	middlewaretest.Writer(t, errorpages.New(errorpages.Config{Default: "any.html"}))
}

// TestOutcomePassesBy checks the outcomes that are none of the layer's business.
func TestOutcomePassesBy(t *testing.T) {
	mw := errorpages.New(errorpages.Config{})
	for _, status := range []int{0, 200, 204, 304, 399} {
		h := mw(returning(status, nil))
		rec := middleware.Record(httptest.NewRecorder())
		got, err := h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		require.NoError(t, err)
		require.Equal(t, status, got)
		require.False(t, rec.Begun())
	}
	for i, h := range []middleware.Handler{mw(returning(210, nil)), mw(returning(211, nil))} {
		got, _ := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		require.Equal(t, 210+i, got, "call %d of the middleware", i+1)
	}
}

// TestLogOfTheChain checks who is told where the layer has no log of its own, or
// is not the only one there is.
func TestLogOfTheChain(t *testing.T) {
	pages := func(c errorpages.Config) middleware.Middleware { return errorpages.New(c) }
	foreign := middleware.Adopt(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrapper{w}, r) })
	})
	for _, tt := range []struct {
		name       string
		begin      bool
		chain      func(a, b *slog.Logger) middleware.Middleware
		edge, a, b int // records
	}{
		{name: "no log of its own", edge: 1, chain: func(_, _ *slog.Logger) middleware.Middleware {
			return pages(errorpages.Config{})
		}},
		{name: "no log of its own, begun", begin: true, edge: 1, chain: func(_, _ *slog.Logger) middleware.Middleware {
			return pages(errorpages.Config{})
		}},
		{name: "one inside another", b: 1, chain: func(a, b *slog.Logger) middleware.Middleware {
			return middleware.Chain(pages(errorpages.Config{Log: a}), pages(errorpages.Config{Log: b}))
		}},
		{name: "one inside another, begun", begin: true, b: 1, chain: func(a, b *slog.Logger) middleware.Middleware {
			return middleware.Chain(pages(errorpages.Config{Log: a}), pages(errorpages.Config{Log: b}))
		}},
		{name: "outside of what is adopted", a: 1, chain: func(a, _ *slog.Logger) middleware.Middleware {
			return middleware.Chain(pages(errorpages.Config{Log: a}), foreign)
		}},
		{name: "inside what is adopted", a: 1, chain: func(a, _ *slog.Logger) middleware.Middleware {
			return middleware.Chain(foreign, pages(errorpages.Config{Log: a}))
		}},
		{name: "inside what is adopted, begun", begin: true, a: 1, chain: func(a, _ *slog.Logger) middleware.Middleware {
			return middleware.Chain(foreign, pages(errorpages.Config{Log: a}))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var edge, a, b logged
			h := middleware.Edge{Log: edge.logger()}.Handler(tt.chain(a.logger(), b.logger())(middleware.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) (int, error) {
					if tt.begin {
						io.WriteString(w, "begun")
					}
					return 502, reason
				})))
			func() {
				defer func() {
					if v := recover(); v != nil {
						require.Equal(t, http.ErrAbortHandler, v)
						require.True(t, tt.begin)
					}
				}()
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			}()
			require.Equal(t, [3]int{tt.edge, tt.a, tt.b}, [3]int{edge.lines(), a.lines(), b.lines()})
		})
	}
}

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
	if err := os.Symlink(outside, filepath.Join(root.Dir, "link.html")); err != nil {
		t.Log("without links:", err)
	}
	for _, tt := range []struct {
		name, page string
		root       *middleware.Root
		log        string // "" if it can be shown
	}{
		{"as large as can be", "large.html", root, ""},
		{"larger", "larger.html", root, `error="reading larger.html: it is larger than 1048576 bytes"`},
		{"missing", "missing.html", root, "no such file or directory"},
		{"a folder", "dir", root, `error="reading dir: it is not a regular file"`},
		{"outside, by name", "../outside.html", root, "path escapes from parent"},
		{"outside, by link", "link.html", root, "path escapes from parent"},
		{"no root", "any.html", nil, `error="reading any.html: there is no folder \"\" to read it from"`},
		{"no root yet", "any.html", middleware.NewRoot("/no/such/folder"), `there is no folder`},
	} {
		t.Run(tt.name, func(t *testing.T) {
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

// TestPanicValues checks that nothing a handler may panic with gets past.
func TestPanicValues(t *testing.T) {
	for _, v := range []any{"text", 42, []string{"not", "comparable"}, fmt.Errorf("wrapped: %w", http.ErrAbortHandler), stubborn{}} {
		var log logged
		h := errorpages.New(errorpages.Config{Log: log.logger()})(middleware.HandlerFunc(
			func(http.ResponseWriter, *http.Request) (int, error) { panic(v) }))
		w := httptest.NewRecorder()
		status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.NoError(t, err)
		require.Zero(t, status)
		require.Equal(t, 500, w.Code)
		require.Contains(t, log.String(), "error=\"panic: ")
	}
}

// TestGoexitIsNoPanic checks that what ends a goroutine, as a failed test does, is
// not answered.
func TestGoexitIsNoPanic(t *testing.T) {
	rec := middleware.Record(httptest.NewRecorder())
	t.Run("", func(t *testing.T) {
		h := errorpages.New(errorpages.Config{})(middleware.HandlerFunc(
			func(http.ResponseWriter, *http.Request) (int, error) { t.SkipNow(); return 0, nil }))
		h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	})
	require.False(t, rec.Begun())
}

// TestClientGone checks that a page nobody took is a failure for the edge, though
// not for the log.
func TestClientGone(t *testing.T) {
	var log logged
	h := errorpages.New(errorpages.Config{Log: log.logger()})(returning(404, nil))
	status, err := h.ServeHTTP(broken{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, middleware.StatusClientClosed, status)
	require.EqualError(t, err, "writing error page: broken pipe")
	require.Empty(t, log.String())
}

// TestConfigIsCopied checks that a caller may go on using what it passed.
func TestConfigIsCopied(t *testing.T) {
	root := site(t, map[string]string{"404.html": "<p>lost"})
	pages := map[int]string{404: "/404.html"}
	want := maps.Clone(pages)
	h := errorpages.New(errorpages.Config{Root: root, Pages: pages})(returning(404, nil))
	require.Equal(t, want, pages)
	clear(pages)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "<p>lost", w.Body.String())
}

func BenchmarkHandler(b *testing.B) {
	root := site(b, map[string]string{"404.html": "<p>lost"})
	for _, bb := range []struct {
		name   string
		pages  map[int]string
		status int
	}{{"no failure", nil, 204}, {"plain", nil, 404}, {"page", map[int]string{404: "404.html"}, 404}} {
		b.Run(bb.name, func(b *testing.B) {
			h := errorpages.New(errorpages.Config{Root: root, Pages: bb.pages})(returning(bb.status, nil))
			w, r := discard{http.Header{}}, httptest.NewRequest("GET", "/", nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

func returning(status int, err error) middleware.Handler {
	return middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return status, err })
}

// site returns the root of a new folder with files of these names and texts.
func site(t testing.TB, files map[string]string) *middleware.Root {
	t.Helper()
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		write(t, path, files[name])
	}
	root, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.FS.Close() })
	return root
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// logged is what a logger wrote, without the time.
type logged struct{ bytes.Buffer }

func (l *logged) lines() int { return strings.Count(l.String(), "\n") }

func (l *logged) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// stubborn panics while it is being printed.
type stubborn struct{}

func (stubborn) String() string { panic("again") }

// broken is the writer of a client that has gone.
type broken struct{ http.ResponseWriter }

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// wrapper is a writer of somebody else's.
type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
