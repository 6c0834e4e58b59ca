package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestOutcome is the table of the package comment, row by row.
func TestOutcome(t *testing.T) {
	reason := errors.New("a secret")
	for _, tt := range []struct {
		name   string
		begin  bool
		status int
		err    error
		want   int
		body   string
		log    string // level and status; "" if nothing is logged
		abort  bool
	}{
		{name: "(0, nil)", want: 200},
		{name: "(0, nil), begun", begin: true, want: 202, body: "begun"},
		{name: "(0, err)", err: reason, want: 500, body: "500 Internal Server Error\n", log: "ERROR 500"},
		{name: "(0, err of a status)", err: teapot{}, want: 418, body: "418 I'm a teapot\n", log: "INFO 418"},
		{name: "(0, err), begun", begin: true, err: reason, want: 202, body: "begun", log: "ERROR 500"},
		{name: "(0, err of a status), begun", begin: true, err: teapot{}, want: 202, body: "begun", log: "INFO 418"},
		{name: "200–399", status: 204, want: 204},
		{name: "200–399, err", status: 304, err: reason, want: 304, log: "INFO 304"},
		{name: "200–399, begun", begin: true, status: 204, want: 202, body: "begun"},
		{name: "200–399, err, begun", begin: true, status: 304, err: reason, want: 202, body: "begun", log: "INFO 304"},
		{name: "400–599", status: 404, want: 404, body: "404 Not Found\n"},
		{name: "400–599, err", status: 502, err: reason, want: 502, body: "502 Bad Gateway\n", log: "ERROR 502"},
		{name: "400–599, client's fault", status: 403, err: reason, want: 403, body: "403 Forbidden\n", log: "INFO 403"},
		{name: "400–599, client gone", status: 499, err: reason, want: 499, body: "499 Error\n", log: "DEBUG 499"},
		{name: "400–599, begun", begin: true, status: 404, want: 202, body: "begun"},
		{name: "400–599, err, begun", begin: true, status: 502, err: reason, abort: true, want: 202, body: "begun", log: "ERROR 502"},
		{name: "other", status: 42, want: 500, body: "500 Internal Server Error\n"},
		{name: "other, negative", status: -1, err: reason, want: 500, body: "500 Internal Server Error\n", log: "ERROR 500"},
		{name: "other, informational", status: 103, want: 500, body: "500 Internal Server Error\n"},
		{name: "other, begun", begin: true, status: 600, want: 202, body: "begun"},
		{name: "other, err, begun", begin: true, status: 600, err: reason, abort: true, want: 202, body: "begun", log: "ERROR 500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log logged
			h := middleware.Edge{Log: log.logger()}.Handler(middleware.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) (int, error) {
					if tt.begin {
						w.WriteHeader(http.StatusAccepted)
						io.WriteString(w, "begun")
					}
					return tt.status, tt.err
				}))
			w := httptest.NewRecorder()
			serve := func() { h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)) }
			if tt.abort {
				require.PanicsWithValue(t, http.ErrAbortHandler, serve)
			} else {
				serve()
			}
			require.Equal(t, tt.want, w.Code)
			require.Equal(t, tt.body, w.Body.String())
			if tt.log == "" {
				require.Empty(t, log.String())
				return
			}
			level, status, _ := strings.Cut(tt.log, " ")
			want := "level=" + level + ` msg="request failed" status=` + status +
				` method=GET path=/ error="` + tt.err.Error() + `"`
			if tt.abort {
				want += " aborted=true"
			}
			require.Equal(t, want+"\n", log.String())
		})
	}
}

func TestAppHandlerIsTheZeroEdge(t *testing.T) {
	var log logged
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(log.logger())
	fails := returning(0, errors.New("reason"))
	for _, h := range []http.Handler{
		middleware.AppHandler(fails.ServeHTTP),
		middleware.Edge{}.Handler(fails),
	} {
		log.Reset()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
		require.Equal(t, "level=ERROR msg=\"request failed\" status=500 method=GET path=/x error=reason\n", log.String())
	}
}

func TestStatusOf(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, missing := http.Dir(t.TempDir()).Open("missing")
	_, tooLarge := io.ReadAll(http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("ab")), 1))
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"its own", t.Context(), errors.Join(errors.New("reason"), teapot{}), 418},
		{"its own, no failure", t.Context(), created{}, 500},
		{"not there", t.Context(), missing, 404},
		{"not allowed", t.Context(), &fs.PathError{Op: "open", Path: "/etc/shadow", Err: syscall.EACCES}, 403},
		{"too large", t.Context(), tooLarge, 413},
		{"too late", t.Context(), context.DeadlineExceeded, 504},
		{"client gone", gone, context.Canceled, 499},
		{"something else canceled", t.Context(), context.Canceled, 500},
		{"client gone, but that is not why", gone, errors.New("reason"), 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(tt.ctx, "GET", "/", nil)
			require.Equal(t, tt.want, middleware.StatusOf(r, tt.err))
		})
	}
}

// TestError checks that a page is not described by the fields of what it
// replaces, except for the encoding of a writer further out.
func TestError(t *testing.T) {
	w := httptest.NewRecorder()
	for _, field := range []string{
		"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length",
		"Content-Range", "Etag", "Expires", "Last-Modified", "Trailer", "Use-As-Dictionary", "Vary",
	} {
		w.Header().Set(field, "of the good response")
	}
	middleware.Error(w, http.StatusNotFound)
	require.Equal(t, http.Header{
		"Content-Encoding":       {"of the good response"},
		"Content-Type":           {"text/plain; charset=utf-8"},
		"Vary":                   {"of the good response"},
		"X-Content-Type-Options": {"nosniff"},
	}, w.Header())
}

func TestAdopt(t *testing.T) {
	foreign := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	w := httptest.NewRecorder()
	status, err := middleware.Adopt(foreign)(returning(404, nil)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.Zero(t, status)
	require.Equal(t, "404 Not Found\n", w.Body.String(), "settled on the far side")
}

// TestFromHTTP checks that what has an edge loses it when it is no longer one.
func TestFromHTTP(t *testing.T) {
	reason := errors.New("reason")
	for name, h := range map[string]http.Handler{
		"AppHandler": middleware.AppHandler(returning(502, reason).ServeHTTP),
		"Edge":       middleware.Edge{}.Handler(returning(502, reason)),
		"Wrap":       middleware.Wrap(middleware.AppHandler(returning(502, reason).ServeHTTP), through),
	} {
		t.Run(name, func(t *testing.T) {
			status, err := middleware.FromHTTP(h).ServeHTTP(nil, nil)
			require.Equal(t, 502, status)
			require.Equal(t, reason, err)
		})
	}
}

// TestFromHTTPKeepsTheLogger checks that who was to be told of a handler's failures
// still is when layers are put in front of it.
func TestFromHTTPKeepsTheLogger(t *testing.T) {
	var log, outer logged
	inner := middleware.Edge{Log: log.logger()}.Handler(returning(502, errors.New("reason")))
	h := middleware.Edge{Log: outer.logger()}.Handler(middleware.FromHTTP(inner))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "level=ERROR msg=\"request failed\" status=502 method=GET path=/ error=reason\n", log.String())
	require.Empty(t, outer.String())
}

func BenchmarkAppHandler(b *testing.B) {
	h := middleware.AppHandler(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		w.WriteHeader(http.StatusNoContent)
		return 0, nil
	})
	w, r := discard{}, httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// logged is what a logger wrote, without the time.
type logged struct{ bytes.Buffer }

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

type teapot struct{}

func (teapot) Error() string   { return "short and stout" }
func (teapot) StatusCode() int { return http.StatusTeapot }

type created struct{}

func (created) Error() string   { return "a failure, it says" }
func (created) StatusCode() int { return http.StatusCreated }

type discard struct{}

func (discard) Header() http.Header         { return nil }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
