package caddyfile_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	server := build(t, "127.0.0.1:0 { answer one }\nexample.com:0 {\n bind 127.0.0.1\n answer two\n}")
	require.NoError(t, server.Listen(ctx))
	listeners := server.Listeners()
	require.Len(t, listeners, 1)
	require.Equal(t, "http", listeners[0].Scheme)
	require.Equal(t, []string{"127.0.0.1:0", "example.com:0"}, listeners[0].Sites)

	done := make(chan error)
	go func() { done <- server.Serve(ctx) }()
	for host, want := range map[string]string{"127.0.0.1": "one", "example.com": "two"} {
		require.Equal(t, want, get(t, listeners[0].Addr.String(), host))
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	require.NoError(t, <-done)
	_, err := net.Dial("tcp", listeners[0].Addr.String())
	require.Error(t, err, "still listening")
	require.ErrorIs(t, server.Serve(t.Context()), caddyfile.ErrClosed)
}

// TestServeEndsWithItsServer checks that Serve returns once somebody else has
// closed the server, whose sites have ended by then.
func TestServeEndsWithItsServer(t *testing.T) {
	for name, end := range map[string]func(*caddyfile.Server) error{
		"Shutdown": func(s *caddyfile.Server) error { return s.Shutdown(t.Context()) },
		"Close":    (*caddyfile.Server).Close,
	} {
		t.Run(name, func(t *testing.T) {
			var stopped atomic.Bool
			v := append(vocabulary(), directive.Directive{Name: "x", Always: true,
				Setup: func(c *directive.Controller) (middleware.Middleware, error) {
					c.OnStop(func() error { stopped.Store(true); return nil })
					return nil, c.Err()
				}})
			server, err := caddyfile.Build(parse(t, "127.0.0.1:0\nanswer one"), caddyfile.Config{Vocabulary: v})
			require.NoError(t, err)
			require.NoError(t, server.Listen(t.Context()))
			done := make(chan error)
			go func() { done <- server.Serve(context.WithoutCancel(t.Context())) }()
			require.Equal(t, "one", get(t, server.Listeners()[0].Addr.String(), "127.0.0.1"))
			http.DefaultClient.CloseIdleConnections()
			require.NoError(t, end(server))
			require.NoError(t, <-done)
			require.True(t, stopped.Load())
		})
	}
}

func TestListenIsAllOrNothing(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	_, number, _ := net.SplitHostPort(busy.Addr().String())

	stopped := false
	v := caddyfile.Vocabulary{{Name: "x", Always: true, Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.OnStop(func() error { stopped = true; return nil })
		return nil, c.Err()
	}}}
	server, err := caddyfile.Build(parse(t, "127.0.0.1:0, 127.0.0.1:"+number), caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	err = server.Listen(t.Context())
	e, ok := errors.AsType[*directive.Error](err)
	require.True(t, ok)
	require.Equal(t, directive.Pos{File: "Caddyfile", Line: 1, Col: 14}, e.Pos)
	require.Equal(t, "127.0.0.1:"+number, e.Path)
	_, ok = errors.AsType[*net.OpError](err)
	require.True(t, ok)
	require.Empty(t, server.Listeners())
	require.True(t, stopped)
}

// TestGrace checks that requests in flight are let finish when the server stops,
// but not for longer than its time of grace, and that in either case what they
// need is there until they have come to their end.
func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		name     string
		grace    time.Duration
		finishes bool
	}{
		{"in time", time.Minute, true},
		{"too late", time.Millisecond, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			arrived, finish := make(chan struct{}), make(chan struct{})
			var stopped atomic.Bool
			v := caddyfile.Vocabulary{{Name: "wait", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
				c.Once().Args(0, 0)
				c.OnStop(func() error { stopped.Store(true); return nil })
				return func(middleware.Handler) middleware.Handler {
					return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
						close(arrived)
						select {
						case <-finish:
							io.WriteString(w, "finished")
						case <-r.Context().Done():
						}
						for range 100 {
							runtime.Gosched()
						}
						if stopped.Load() {
							t.Error("stopped before the request had come to its end")
						}
						return 0, nil
					})
				}, c.Err()
			}}}
			server, err := caddyfile.Build(parse(t, "127.0.0.1:0\nwait"), caddyfile.Config{Vocabulary: v, Grace: tt.grace})
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			require.NoError(t, server.Listen(ctx))
			done := make(chan error, 1)
			go func() { done <- server.Serve(ctx) }()

			type result struct {
				body string
				err  error
			}
			got := make(chan result, 1)
			go func() {
				resp, err := http.Get("http://" + server.Listeners()[0].Addr.String())
				if err != nil {
					got <- result{err: err}
					return
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				got <- result{string(body), err}
			}()
			<-arrived
			stop()
			if tt.finishes {
				close(finish)
			}
			require.NoError(t, <-done)
			if r := <-got; tt.finishes {
				require.NoError(t, r.err)
				require.Equal(t, "finished", r.body)
			} else {
				require.Error(t, r.err)
			}
		})
	}
}

func TestReopen(t *testing.T) {
	reopened := []string{}
	v := caddyfile.Vocabulary{{Name: "file", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		name := c.Once().Arg().Text
		directive.Share(c, name, func() *file { return &file{name, &reopened} })
		return nil, c.Err()
	}}}
	server, err := caddyfile.Build(parse(t, "a { file x }\nb { file y }\nc { file x }"), caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, server.LogFiles())
	require.EqualError(t, server.Reopen(), "y is gone")
	slices.Sort(reopened)
	require.Equal(t, []string{"x", "y"}, reopened)
}

type file struct {
	name     string
	reopened *[]string
}

func (f *file) Start(context.Context) error { return nil }

func (f *file) Close() error { return nil }

func (f *file) Name() string { return f.name }

func (f *file) Reopen() error {
	*f.reopened = append(*f.reopened, f.name)
	if f.name == "y" {
		return errors.New("y is gone")
	}
	return nil
}

func get(t *testing.T, addr, host string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr, nil)
	require.NoError(t, err)
	r.Host = host
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}
