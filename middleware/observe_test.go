//go:build !noprobe

package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

// watcher is an Observer that writes down what it is told.
type watcher struct {
	mu    sync.Mutex
	told  []string
	ended chan middleware.Outcome
}

func newWatcher() *watcher { return &watcher{ended: make(chan middleware.Outcome, 10)} }

func (o *watcher) tell(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, fmt.Sprintf(format, args...))
}

func (o *watcher) Enter(layer string) { o.tell("enter %s", layer) }
func (o *watcher) Exit(layer string, status int, took time.Duration) {
	o.tell("exit %s %d", layer, status)
}
func (o *watcher) Attempt(a middleware.Attempt)     { o.tell("ask %s %d", a.Addr, a.Number) }
func (o *watcher) AttemptDone(a middleware.Attempt) { o.tell("asked %s %d", a.Addr, a.Status) }
func (o *watcher) Error(layer string, status int, err error) {
	o.tell("error %q %d %v", layer, status, err)
}
func (o *watcher) Wrote(int64)                 {}
func (o *watcher) Done(out middleware.Outcome) { o.ended <- out }

// observed is a layer that has o told of its requests.
func observed(o middleware.Observer) middleware.Middleware {
	return func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if !middleware.Observe(w, o) {
				return 0, errors.New("there is no edge")
			}
			return next.ServeHTTP(w, r)
		})
	}
}

// TestOutcomeObserved checks that the end of a request is told of once, whatever
// end that is.
func TestOutcomeObserved(t *testing.T) {
	abort := func(http.ResponseWriter, *http.Request) (int, error) { panic(http.ErrAbortHandler) }
	for _, tt := range []struct {
		name    string
		h       middleware.HandlerFunc
		leaving bool // the client is, once the handler runs
		want    middleware.Outcome
	}{
		{name: "nothing is written", h: func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil },
			want: middleware.Outcome{Status: 200}},
		{name: "a body is written", h: func(w http.ResponseWriter, _ *http.Request) (int, error) {
			w.WriteHeader(201)
			fmt.Fprint(w, "created")
			return 0, nil
		}, want: middleware.Outcome{Status: 201, Size: 7}},
		{name: "a status is returned, for which the edge has a page", h: func(http.ResponseWriter, *http.Request) (int, error) { return 404, nil },
			want: middleware.Outcome{Status: 404, Size: int64(len("404 Not Found\n"))}},
		{name: "an error is returned after the response began", h: func(w http.ResponseWriter, _ *http.Request) (int, error) {
			fmt.Fprint(w, "half")
			return 502, errors.New("upstream is gone")
		}, want: middleware.Outcome{Status: 200, Size: 4, Aborted: true}},
		{name: "a handler panics before the response began", h: func(http.ResponseWriter, *http.Request) (int, error) { panic("ouch") },
			want: middleware.Outcome{Status: 500, Aborted: true}},
		{name: "a handler aborts", h: abort,
			want: middleware.Outcome{Status: 500, Aborted: true}},
		{name: "a handler aborts after the response began", h: func(w http.ResponseWriter, r *http.Request) (int, error) {
			w.WriteHeader(202)
			return abort(w, r)
		}, want: middleware.Outcome{Status: 202, Aborted: true}},
		{name: "the connection is hijacked", h: func(w http.ResponseWriter, _ *http.Request) (int, error) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
			return 0, err
		}, want: middleware.Outcome{Status: 0}},
		{name: "the connection is hijacked after a 101", h: func(w http.ResponseWriter, _ *http.Request) (int, error) {
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(http.StatusSwitchingProtocols)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
			return 0, err
		}, want: middleware.Outcome{Status: 0}},
		{name: "the client leaves, and the handler says so", leaving: true, h: func(_ http.ResponseWriter, r *http.Request) (int, error) {
			<-r.Context().Done()
			return 0, r.Context().Err()
		}, want: middleware.Outcome{Status: 499, Size: int64(len("499 Error\n"))}},
		{name: "the client leaves, and the handler just returns", leaving: true, h: func(_ http.ResponseWriter, r *http.Request) (int, error) {
			<-r.Context().Done()
			return 0, nil
		}, want: middleware.Outcome{Status: 499}},
		{name: "the client leaves in the middle, and the handler panics", leaving: true, h: func(w http.ResponseWriter, r *http.Request) (int, error) {
			fmt.Fprint(w, "half")
			<-r.Context().Done()
			return abort(w, r)
		}, want: middleware.Outcome{Status: 499, Size: 4, Aborted: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer probe.Watch()()
			o, running := newWatcher(), make(chan struct{}, 1)
			var before uint64
			h := middleware.Chain(observed(o), middleware.Adopt(hide), middleware.Adopt(middleware.Chain().HTTP))(
				middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
					running <- struct{}{}
					return tt.h(w, r)
				}))
			s := httptest.NewUnstartedServer(middleware.AppHandler(func(w http.ResponseWriter, r *http.Request) (int, error) {
				before = probe.NextID()
				require.Equal(t, before-1, middleware.RequestID(w), "it has taken one number")
				return h.ServeHTTP(w, r)
			}))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.Start()
			defer s.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.leaving {
				go func() { <-running; cancel() }()
			}
			req, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
			require.NoError(t, err)
			if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
				res.Body.Close()
			}
			got := <-o.ended
			require.Positive(t, got.Took)
			got.Took = 0
			require.Equal(t, tt.want, got)
			require.Equal(t, before+1, probe.NextID(), "nobody else has taken one")
			http.DefaultClient.CloseIdleConnections()
			s.Close()
			require.Empty(t, o.ended, "it ended once")
		})
	}
}

// hide is a foreign middleware whose writer does not tell what it is around.
func hide(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(struct {
			http.ResponseWriter
			http.Hijacker
		}{w, w.(http.Hijacker)}, r)
	})
}

// TestObserver checks what is seen of layers, upstreams and errors, and that it is
// seen only while somebody watches.
func TestObserver(t *testing.T) {
	fails := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		middleware.AttemptStart(w, middleware.Attempt{Addr: "a:1"})
		middleware.AttemptDone(w, middleware.Attempt{Addr: "a:1", Status: 503})
		return 502, errors.New("no upstream")
	})
	inner := middleware.Named("inner", func(middleware.Handler) middleware.Handler { return fails })
	o, second := newWatcher(), newWatcher()
	h := middleware.Edge{}.Handler(middleware.Chain(observed(o), observed(second), through, inner)(nil))
	serve := func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) }

	serve()
	require.Empty(t, o.told)
	require.Equal(t, middleware.Outcome{Status: 502, Size: 16}, <-o.ended)

	stop := probe.Watch()
	serve()
	stop()
	stop() // does no harm
	want := []string{
		"enter middleware_test", "enter inner", "ask a:1 0", "asked a:1 503",
		"exit inner 502", "exit middleware_test 502", `error "inner" 502 no upstream`,
	}
	require.Equal(t, want, o.told)
	require.Equal(t, want, second.told, "of two observers both are told")
	require.Positive(t, (<-o.ended).Took)

	serve()
	require.Equal(t, want, o.told)
}

// TestErrorOfTheLayerThatPanicked: it is the innermost that did not return.
func TestErrorOfTheLayerThatPanicked(t *testing.T) {
	defer probe.Watch()()
	o := newWatcher()
	recovers := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (status int, err error) {
			defer func() { err = fmt.Errorf("panic: %v", recover()) }()
			return next.ServeHTTP(w, r)
		})
	}
	inner := middleware.Named("inner", func(middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { panic("ouch") })
	})
	middleware.Edge{}.Handler(middleware.Chain(observed(o), recovers, through, inner)(nil)).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, []string{
		"enter middleware_test", "enter inner", "exit inner 0", "exit middleware_test 0", `error "inner" 500 panic: ouch`,
	}, o.told)
}

func TestObserveWithoutAnEdge(t *testing.T) {
	require.False(t, middleware.Observe(httptest.NewRecorder(), newWatcher()))
	require.False(t, middleware.Observe(middleware.Record(httptest.NewRecorder()), newWatcher()))
	require.Zero(t, middleware.RequestID(httptest.NewRecorder()))
}
