package errorpages_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

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

// TestBehindALayerThatHolds checks what becomes of half a response that a layer
// further out, as one that compresses may, has not let go of: it is dropped, and
// what failed is the edge's to answer, and to log, like any other failure.
func TestBehindALayerThatHolds(t *testing.T) {
	var log, edgeLog logged
	holds := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(holder{httptest.NewRecorder(), w}, r)
		})
	}
	layer := errorpages.New(errorpages.Config{Log: log.logger()})
	h := middleware.Edge{Log: edgeLog.logger()}.Handler(middleware.Chain(holds, layer)(middleware.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) (int, error) {
			io.WriteString(w, "half")
			return 502, reason
		})))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "502 Bad Gateway\n", w.Body.String())
	require.Equal(t, "level=ERROR msg=\"request failed\" status=502 method=GET path=/ error=\"a secret\"\n", log.String())
	require.Empty(t, edgeLog.String())
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
	require.EqualError(t, err, "errorpages: broken pipe")
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
