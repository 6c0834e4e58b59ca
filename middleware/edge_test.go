package middleware_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// adopt makes a Middleware of somebody else's that passes on a writer of its own.
func adopt(wrap func(http.ResponseWriter) http.ResponseWriter) middleware.Middleware {
	return middleware.Adopt(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrap(w), r) })
	})
}

var (
	noWriter = adopt(func(w http.ResponseWriter) http.ResponseWriter { return w })
	unwraps  = adopt(func(w http.ResponseWriter) http.ResponseWriter { return wrapper{w} })
	opaque   = adopt(func(w http.ResponseWriter) http.ResponseWriter { return struct{ http.ResponseWriter }{w} })
)

// TestBehindAdopt checks what becomes of a failure behind somebody else's
// middleware, and which logger is told of it.
func TestBehindAdopt(t *testing.T) {
	reason := errors.New("reason")
	const record = `msg="request failed" status=502 method=GET path=/ error=reason user=ada`
	for _, tt := range []struct {
		name   string
		mw     middleware.Middleware
		begin  bool
		hidden bool // from the chain's logger and notes, by a writer that hides what is behind it
	}{
		{"without a writer of its own", noWriter, false, false},
		{"without a writer of its own, begun", noWriter, true, false},
		{"with a writer that unwraps", unwraps, false, false},
		{"with a writer that unwraps, begun", unwraps, true, false},
		{"two of them", middleware.Chain(unwraps, noWriter, unwraps), true, false},
		{"with a writer that hides", opaque, false, true},
		{"with a writer that hides, begun", opaque, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var chain, process bytes.Buffer
			defer slog.SetDefault(slog.Default())
			slog.SetDefault(slog.New(slog.NewTextHandler(&process, nil)))
			h := middleware.Edge{Log: slog.New(slog.NewTextHandler(&chain, nil))}.Handler(tt.mw(middleware.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) (int, error) {
					middleware.Note(w, slog.String("user", "ada"))
					if tt.begin {
						io.WriteString(w, "begun")
					}
					return 502, reason
				})))
			w := httptest.NewRecorder()
			serve := func() { h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)) }
			want := record
			if tt.begin {
				require.PanicsWithValue(t, http.ErrAbortHandler, serve)
				require.Equal(t, "begun", w.Body.String())
				want += " aborted=true"
			} else {
				serve()
				require.Equal(t, "502 Bad Gateway\n", w.Body.String())
			}
			told, other := &chain, &process
			if tt.hidden {
				told, other = other, told
			}
			require.Contains(t, told.String(), want+"\n")
			require.Equal(t, 1, bytes.Count(told.Bytes(), []byte("\n")), "once")
			require.Empty(t, other.String())
		})
	}
}

// TestCutOff checks what clients see of a response that began and then failed, those
// of HTTP/1.0 too, to whom the end of the connection is that of the body.
func TestCutOff(t *testing.T) {
	for _, tt := range []struct {
		name, request, length string
		status                int
		whole                 bool
	}{
		{"HTTP/1.1", "GET / HTTP/1.1\r\nHost: site.example\r\n\r\n", "", 502, false},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "", 502, false},
		{"HTTP/1.0, by a panic", "GET / HTTP/1.0\r\n\r\n", "", -1, false},
		{"HTTP/1.0 with a length", "GET / HTTP/1.0\r\n\r\n", "9", 502, false},
		{"HTTP/1.0, nothing failed", "GET / HTTP/1.0\r\n\r\n", "", 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gone := make(chan struct{})
			var log logged
			srv := httptest.NewServer(middleware.Edge{Log: log.logger()}.Handler(middleware.HandlerFunc(
				func(w http.ResponseWriter, r *http.Request) (int, error) {
					if tt.length != "" {
						w.Header().Set("Content-Length", tt.length)
					}
					io.WriteString(w, "begun")
					require.NoError(t, http.NewResponseController(w).Flush())
					<-gone
					if tt.status < 0 {
						panic(http.ErrAbortHandler)
					}
					return tt.status, errors.New("reason")
				})))
			defer srv.Close()
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, tt.request)
			require.NoError(t, err)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			_, err = io.ReadFull(resp.Body, make([]byte, len("begun")))
			require.NoError(t, err)
			close(gone)
			rest, err := io.ReadAll(resp.Body)
			require.Empty(t, rest)
			require.Equal(t, tt.whole, err == nil, "%v", err)
		})
	}
}

// TestEdgeInsideAnEdge checks that an edge further in, behind what is no chain of
// ours, keeps its own logger and leaves the outer one to the outer edge.
func TestEdgeInsideAnEdge(t *testing.T) {
	var outer, inner logged
	in := middleware.Edge{Log: inner.logger()}.Handler(returning(404, errors.New("inner")))
	h := middleware.Edge{Log: outer.logger()}.Handler(middleware.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) (int, error) {
			in.ServeHTTP(w, r) // as a router between the two would
			return 0, errors.New("outer")
		}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "404 Not Found\n", w.Body.String())
	require.Equal(t, "level=INFO msg=\"request failed\" status=404 method=GET path=/ error=inner\n", inner.String())
	require.Equal(t, "level=ERROR msg=\"request failed\" status=500 method=GET path=/ error=outer\n", outer.String())
}

func TestSettleBy(t *testing.T) {
	var edge, own logged
	discard := slog.New(slog.DiscardHandler)
	h := middleware.Edge{Log: edge.logger()}.Handler(middleware.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) (int, error) {
			require.NotSame(t, discard, middleware.Logger(w))
			inner := middleware.Record(wrapper{w})
			middleware.SettleBy(inner, &middleware.Edge{Log: discard})
			require.Same(t, discard, middleware.Logger(inner))
			require.Same(t, discard, middleware.Logger(w), "for layers further out, too")
			middleware.SettleBy(w, &middleware.Edge{Log: own.logger()})
			return 404, errors.New("reason")
		}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Empty(t, edge.String())
	require.Equal(t, "level=INFO msg=\"request failed\" status=404 method=GET path=/ error=reason\n", own.String())

	own.Reset()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 1, bytes.Count(own.Bytes(), []byte("\n")), "for one request at a time")
}

func TestSettleByWithoutAnEdge(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	w := httptest.NewRecorder()
	middleware.SettleBy(w, &middleware.Edge{Log: log})
	require.Same(t, slog.Default(), middleware.Logger(w), "there is nowhere to keep it")
	rec := middleware.Record(w)
	middleware.SettleBy(wrapper{rec}, &middleware.Edge{Log: log})
	require.Same(t, log, middleware.Logger(rec))
}

func TestReportSaysMore(t *testing.T) {
	var log logged
	w := middleware.Record(httptest.NewRecorder())
	middleware.SettleBy(w, &middleware.Edge{Log: log.logger()})
	middleware.Note(w, slog.String("user", "ada"))
	middleware.Report(w, httptest.NewRequest("PUT", "/x", nil), 500, errors.New("reason"), slog.String("stack", "main()"))
	require.Equal(t, "level=ERROR msg=\"request failed\" status=500 method=PUT path=/x error=reason user=ada stack=main()\n", log.String())
	require.Len(t, middleware.Notes(w), 1, "the notes are as they were")
}
