package pprof_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/pprof"
)

var local = middleware.Access{Private: &middleware.Private{}}

// TestWire checks what a client of this machine gets.
func TestWire(t *testing.T) {
	srv := httptest.NewServer(middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(
		pprof.New(pprof.Config{Access: local, MaxSeconds: 5})(middleware.Status(410))))
	defer srv.Close()
	const binary, text = "application/octet-stream", "text/plain; charset=utf-8"
	for _, tt := range []struct {
		name, method, path string
		status             int
		mediaType, prefix  string
	}{
		{"the list", "GET", "/debug/pprof/", 200, text, "allocs\nblock\n"},
		{"the list without a slash", "GET", "/debug/pprof", 200, text, "allocs\n"},
		{"the heap", "GET", "/debug/pprof/heap", 200, binary, "\x1f\x8b"},
		{"the heap, once collected", "GET", "/debug/pprof/heap?gc=1&debug=1", 200, text, "heap profile: "},
		{"goroutines and where they are", "GET", "/debug/pprof/goroutine?debug=2", 200, text, "goroutine "},
		{"the processors", "GET", "/debug/pprof/profile?seconds=1", 200, binary, "\x1f\x8b"},
		{"a trace", "GET", "/debug/pprof/trace?seconds=1", 200, binary, "go 1."},
		{"HEAD, which takes no time", "HEAD", "/debug/pprof/profile?seconds=5", 200, binary, ""},
		{"too long", "GET", "/debug/pprof/profile?seconds=6", 400, text, "400 "},
		{"without end", "GET", "/debug/pprof/profile?seconds=0", 400, text, "400 "},
		{"no number", "GET", "/debug/pprof/trace?seconds=1.5", 400, text, "400 "},
		{"a number twice", "GET", "/debug/pprof/trace?seconds=1&seconds=1", 400, text, "400 "},
		{"what heap cannot do", "GET", "/debug/pprof/heap?seconds=1", 400, text, "400 "},
		{"an unknown parameter of the list", "GET", "/debug/pprof/?x", 400, text, "400 "},
		{"no profile", "GET", "/debug/pprof/none", 404, text, "404 "},
		{"the command line", "GET", "/debug/pprof/cmdline", 404, text, "404 "},
		{"a path that goes on", "GET", "/debug/pprof/heap/x", 404, text, "404 "},
		{"POST", "POST", "/debug/pprof/heap", 405, text, "405 "},
		{"another path", "GET", "/debug/pprofx", 410, text, "410 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(tt.method, srv.URL+tt.path, nil)
			require.NoError(t, err)
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, tt.status, resp.StatusCode)
			require.Equal(t, tt.mediaType, resp.Header.Get("Content-Type"))
			require.True(t, bytes.HasPrefix(body, []byte(tt.prefix)), "%.50q", body)
			if tt.status == 200 {
				require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			}
		})
	}
}

// TestGuarded checks that nobody gets anything who is not let in.
func TestGuarded(t *testing.T) {
	middlewaretest.Guarded(t, func(a middleware.Access) middleware.Handler {
		return pprof.NewHandler(middleware.Status(210), pprof.Config{Access: a})
	}, "/debug/pprof/", "/debug/pprof", "//debug/./pprof/heap", "/debug/pprof/profile", "/debug/pprof/trace", "/debug/pprof/none")
	status, err := pprof.NewHandler(middleware.Status(210), pprof.Config{}).ServeHTTP(
		httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost/debug/pprof/", nil))
	require.Error(t, err)
	require.Equal(t, 404, status, "the zero Config lets in nobody")
}

// TestOneAtATime checks that a profile that is being taken is not disturbed, and
// that a client that leaves ends its own.
func TestOneAtATime(t *testing.T) {
	for _, name := range []string{"profile", "trace"} {
		h := pprof.NewHandler(middleware.Status(210), pprof.Config{Access: local, Path: "/p"})
		get := func(ctx context.Context) (int, error) {
			r := httptest.NewRequest("GET", "http://localhost/p/"+name+"?seconds=60", nil).WithContext(ctx)
			r.RemoteAddr = "127.0.0.1:1"
			return h.ServeHTTP(httptest.NewRecorder(), r)
		}
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan int)
		for range 2 { // of which one comes too late
			go func() {
				status, _ := get(ctx)
				ended <- status
			}()
		}
		require.Equal(t, 409, <-ended)
		leave()
		require.Equal(t, middleware.StatusClientClosed, <-ended)
		done, cancel := context.WithCancel(t.Context())
		cancel()
		status, err := get(done)
		require.Equal(t, middleware.StatusClientClosed, status)
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestTransparent(t *testing.T) { middlewaretest.Transparent(t, pprof.New(pprof.Config{})) }

// FuzzParameters checks that no query makes a profile that is not one.
func FuzzParameters(f *testing.F) {
	h := pprof.NewHandler(middleware.Status(210), pprof.Config{Access: local, Path: "/p"})
	f.Add("debug=1&gc=0")
	f.Add("debug=-1;gc=%zz")
	f.Fuzz(func(t *testing.T, query string) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost/p/threadcreate", nil)
		r.RemoteAddr, r.URL.RawQuery = "127.0.0.1:1", query
		status, err := h.ServeHTTP(w, r)
		if err != nil {
			require.Equal(t, 400, status)
			require.True(t, strings.HasPrefix(err.Error(), "pprof: "))
			return
		}
		require.Zero(t, status)
		require.NotEmpty(t, w.Body.Bytes())
	})
}
