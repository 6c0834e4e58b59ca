package live_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/probe"
)

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, live.New(live.Config{Recorder: open(t)}))
}

func TestTransparentWhileClosed(t *testing.T) {
	middlewaretest.Transparent(t, live.New(live.Config{}))
}

// outcomes are all the ways in which a request can end.
var outcomes = []struct {
	name    string
	h       middleware.HandlerFunc
	class   string
	status  int
	aborted bool
	err     string
}{
	{"an answer", func(w http.ResponseWriter, _ *http.Request) (int, error) {
		_, err := io.WriteString(w, "hello")
		return 0, err
	}, "2xx", 200, false, ""},
	{"nothing", func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil }, "2xx", 200, false, ""},
	{"a bare status", func(http.ResponseWriter, *http.Request) (int, error) { return 304, nil }, "3xx", 304, false, ""},
	{"not found", func(http.ResponseWriter, *http.Request) (int, error) { return 404, nil }, "4xx", 404, false, ""},
	{"a failure", func(http.ResponseWriter, *http.Request) (int, error) { return 502, errors.New("hung up") },
		"5xx", 502, false, "hung up"},
	{"a failure half way", func(w http.ResponseWriter, _ *http.Request) (int, error) {
		_, _ = io.WriteString(w, "half")
		return 502, errors.New("hung up")
	}, "2xx", 200, true, "hung up"},
	{"a panic", func(http.ResponseWriter, *http.Request) (int, error) { panic("oh") }, "5xx", 500, true, ""},
	{"a panic half way", func(w http.ResponseWriter, _ *http.Request) (int, error) {
		_, _ = io.WriteString(w, "half")
		panic("oh")
	}, "2xx", 200, true, ""},
	{"an abort", func(http.ResponseWriter, *http.Request) (int, error) { panic(http.ErrAbortHandler) }, "5xx", 500, true, ""},
	{"a connection handed over", func(w http.ResponseWriter, _ *http.Request) (int, error) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
		return 0, err
	}, "1xx", 101, false, ""},
	{"a client that has left", func(_ http.ResponseWriter, r *http.Request) (int, error) {
		<-r.Context().Done()
		return 499, context.Cause(r.Context())
	}, "4xx", 499, false, "context canceled"},
}

// TestEachRequestCountsOnce checks that whatever becomes of a request it is counted
// once, as what it was, and is in flight no more: Caddy 2's gauge went on counting
// those that panicked (caddy#4009).
func TestEachRequestCountsOnce(t *testing.T) {
	quiet := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	for _, around := range []struct {
		name  string
		serve func(middleware.Handler, live.Config) http.Handler
	}{
		{"at the edge", func(h middleware.Handler, c live.Config) http.Handler {
			return quiet.Handler(middleware.Chain(live.New(c))(h))
		}},
		{"behind an adopted middleware", func(h middleware.Handler, c live.Config) http.Handler {
			return quiet.Handler(middleware.Chain(middleware.Adopt(passing), live.New(c))(h))
		}},
		{"behind one that hides the writer", func(h middleware.Handler, c live.Config) http.Handler {
			return quiet.Handler(middleware.Chain(middleware.Adopt(hiding), live.New(c))(h))
		}},
	} {
		for _, tt := range outcomes {
			if tt.status == 101 && around.name == "behind one that hides the writer" {
				continue // for there is no connection to hand over
			}
			t.Run(around.name+": "+tt.name, func(t *testing.T) {
				recorder := open(t)
				reader, err := recorder.Tap(live.Filter{})
				require.NoError(t, err)
				server := httptest.NewUnstartedServer(around.serve(tt.h, live.Config{Recorder: recorder, Site: "s"}))
				server.Config.ErrorLog = log.New(io.Discard, "", 0)
				server.Start()
				defer server.Close()
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				require.NoError(t, err)
				_, err = io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: example.com\r\n\r\n")
				require.NoError(t, err)
				if strings.HasPrefix(tt.name, "a client") {
					middlewaretest.Eventually(t, func() bool { _, n := recorder.InFlight(live.Filter{}, 1); return n == 1 })
					conn.Close()
				}
				got, _, err := reader.Next(t.Context())
				require.NoError(t, err)
				conn.Close()
				server.Close()

				require.Equal(t, "/x", got.URI)
				require.Equal(t, "example.com", got.Host)
				if probe.Watchable {
					require.Equal(t, tt.err, got.Error)
				}
				require.Equal(t, tt.aborted, got.Aborted)
				require.Equal(t, tt.status, got.Status)
				require.Equal(t, tt.status == 101, got.Hijacked)
				require.False(t, reader.Waiting())
				_, inFlight := recorder.InFlight(live.Filter{}, 1)
				require.Zero(t, inFlight)
				var all uint64
				for _, l := range recorder.Latency() {
					require.Equal(t, "s", l.Site)
					if l.Class == tt.class {
						require.EqualValues(t, 1, l.Count)
					}
					all += l.Count
				}
				require.EqualValues(t, 1, all)
			})
		}
	}
}

func passing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

// hiding passes on a writer without an Unwrap method.
func hiding(next http.Handler) http.Handler {
	type writer struct{ http.ResponseWriter }
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(writer{w}, r) })
}

// TestManyAtOnce has more requests in flight than there are places, that panic, are
// handed over and cut off, and checks that none is lost or left behind.
func TestManyAtOnce(t *testing.T) {
	const n = 9000
	recorder := open(t)
	var arrived, left sync.WaitGroup
	leave := make(chan struct{})
	h := middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(live.NewHandler(middleware.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) (int, error) {
			arrived.Done()
			<-leave
			switch r.URL.Path {
			case "/0":
				panic("oh")
			case "/1":
				_, _, err := http.NewResponseController(w).Hijack()
				return 0, err
			case "/2":
				_, _ = io.WriteString(w, "half")
				return 500, errors.New("the other half is missing")
			}
			return 204, nil
		}), live.Config{Recorder: recorder}))
	arrived.Add(n)
	for i := range n {
		left.Go(func() {
			defer func() { _ = recover() }()
			h.ServeHTTP(hijackable{httptest.NewRecorder()}, httptest.NewRequest("GET", "/"+string(rune('0'+i%4)), nil))
		})
	}
	arrived.Wait()
	oldest, total := recorder.InFlight(live.Filter{}, 100)
	require.Equal(t, n, total)
	require.Len(t, oldest, 100)
	require.IsIncreasing(t, []int64{oldest[99].Duration.Nanoseconds(), oldest[0].Duration.Nanoseconds()})
	_, total = recorder.InFlight(live.Filter{Path: "/3"}, 1)
	require.Equal(t, n/4, total)
	close(leave)
	left.Wait()
	_, total = recorder.InFlight(live.Filter{}, 1)
	require.Zero(t, total)
	counts := map[string]uint64{}
	for _, l := range recorder.Latency() {
		counts[l.Class] = l.Count
	}
	require.Equal(t, map[string]uint64{"1xx": n / 4, "2xx": n / 2, "5xx": n / 4}, counts)
	_, failed := recorder.Errors(live.Filter{})
	require.EqualValues(t, n/2, failed)
}

type hijackable struct{ *httptest.ResponseRecorder }

func (hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, other := net.Pipe()
	other.Close()
	return conn, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)), nil
}

// TestInFlight checks what is seen of a request while it is under way.
func TestInFlight(t *testing.T) {
	if !probe.Watchable {
		t.Skip("built with the tag noprobe: nobody tells of layers, upstreams and errors")
	}
	recorder := open(t)
	var seen [4]live.Request
	look := func(i int) {
		all, total := recorder.InFlight(live.Filter{}, 10)
		require.Equal(t, 1, total)
		seen[i] = all[0]
	}
	outer := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			look(0)
			defer look(3)
			return next.ServeHTTP(w, r)
		})
	}
	inner := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			middleware.AttemptStart(w, middleware.Attempt{Addr: "10.0.0.1:80"})
			look(1)
			_, _ = io.WriteString(w, "hello")
			middleware.AttemptDone(w, middleware.Attempt{Addr: "10.0.0.1:80", Status: 200, Total: time.Millisecond})
			look(2)
			return next.ServeHTTP(w, r)
		})
	}
	h := middleware.AppHandler(middleware.Chain(
		live.New(live.Config{Recorder: recorder, Site: "shop", Slow: 1}),
		middleware.Named("outer", outer), middleware.Named("inner", inner),
	)(middleware.Status(0)).ServeHTTP)
	r := httptest.NewRequest("POST", "http://example.com/a?b=c", nil)
	h.ServeHTTP(httptest.NewRecorder(), r)

	for i, layer := range []string{"outer", "inner", "inner", "outer"} {
		require.Equal(t, layer, seen[i].Layer)
		require.Equal(t, "POST", seen[i].Method)
		require.Equal(t, "shop", seen[i].Site)
		require.Equal(t, "192.0.2.1:1234", seen[i].Remote)
		require.NotZero(t, seen[i].ID)
	}
	require.Empty(t, seen[0].Upstream)
	require.Equal(t, "10.0.0.1:80", seen[1].Upstream)
	require.Zero(t, seen[1].Bytes)
	require.EqualValues(t, 5, seen[2].Bytes)

	done := recorder.Slow(live.Filter{})
	last := done[len(done)-1].Requests
	require.Len(t, last, 1)
	require.Equal(t, seen[0].ID, last[0].ID)
	require.EqualValues(t, 5, last[0].Bytes)
	require.Equal(t, 1, last[0].Attempts)
	require.Len(t, last[0].Layers, 2)
	require.Equal(t, "outer", last[0].Layers[0].Layer)
	require.Equal(t, 0, last[0].Layers[0].Depth)
	require.Equal(t, "inner", last[0].Layers[1].Layer)
	require.Equal(t, 1, last[0].Layers[1].Depth)
	upstreams := recorder.Upstreams()
	require.Len(t, upstreams, 1)
	require.Equal(t, "10.0.0.1:80", upstreams[0].Addr)
	require.EqualValues(t, 1, upstreams[0].Total.Count)
	require.Zero(t, upstreams[0].Failed)
}

// TestTheLayerOfAnError checks that the layer that a failure came from is known.
func TestTheLayerOfAnError(t *testing.T) {
	if !probe.Watchable {
		t.Skip("built with the tag noprobe: nobody tells of layers, upstreams and errors")
	}
	recorder := open(t)
	layer := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) { return next.ServeHTTP(w, r) })
	}
	broken := func(middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 500, errors.New("broken") })
	}
	h := middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(middleware.Chain(
		live.New(live.Config{Recorder: recorder}), middleware.Named("outer", layer), middleware.Named("culprit", broken),
	)(middleware.Status(404)))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	last, _ := recorder.Errors(live.Filter{})
	require.Len(t, last, 1)
	require.Equal(t, "culprit", last[0].Layer)
	require.Equal(t, "broken", last[0].Error)
}

// TestWithoutAnEdge checks that a Handler that somebody calls by itself records, too.
func TestWithoutAnEdge(t *testing.T) {
	recorder := open(t)
	h := live.NewHandler(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		return 500, errors.New("broken")
	}), live.Config{Recorder: recorder})
	status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
	require.Equal(t, 500, status)
	require.EqualError(t, err, "broken")
	last, total := recorder.Errors(live.Filter{})
	require.EqualValues(t, 1, total)
	require.Equal(t, "broken", last[0].Error)
	require.Equal(t, 500, last[0].Status)
	_, inFlight := recorder.InFlight(live.Filter{}, 1)
	require.Zero(t, inFlight)
}

// TestClose checks that a closed Recorder records no more, and still tells what it has.
func TestClose(t *testing.T) {
	recorder := live.Open()
	h := middleware.AppHandler(live.NewHandler(middleware.Status(204), live.Config{Recorder: recorder}).ServeHTTP)
	serve := func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) }
	serve()
	require.NoError(t, recorder.Close())
	serve()
	require.NoError(t, recorder.Close())
	latency := recorder.Latency()
	require.Len(t, latency, 1)
	require.EqualValues(t, 1, latency[0].Count)
}
