package proxy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

func TestCancel(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script func(p *peer, reached chan<- bool)
		body   io.Reader
	}{
		{"while it waits for the head", func(p *peer, reached chan<- bool) { p.request(); reached <- true; p.ended() }, nil},
		{"while it waits for the body", func(p *peer, reached chan<- bool) { p.request(); p.send(okFive + "h"); reached <- true; p.ended() }, nil},
		{"while it sends", func(p *peer, reached chan<- bool) { p.head(); reached <- true; <-p.stuck() },
			io.LimitReader(zeros{}, 1<<30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			reached := make(chan bool)
			backend := startRaw(t, func(p *peer) { tt.script(p, reached) })
			tr := newTransport(t, proxy.TransportConfig{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-reached
				cancel()
			}()
			r, err := http.NewRequestWithContext(ctx, "POST", backend.url(), tt.body)
			require.NoError(t, err)
			if tt.body != nil {
				r.ContentLength = 1 << 30
			}
			_, _, err = fetch(t, tr, r)
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, middleware.StatusClientClosed, middleware.StatusOf(r, err))
			require.Equal(t, 1, backend.count())
		})
	}
	t.Run("for a reason", func(t *testing.T) {
		backend := startRaw(t, func(p *peer) { p.request(); p.ended() })
		ctx, cancel := context.WithCancelCause(t.Context())
		bored := errors.New("bored")
		time.AfterFunc(10*time.Millisecond, func() { cancel(bored) })
		_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), newRequest(t, "GET", backend.url(), nil).WithContext(ctx))
		require.ErrorIs(t, err, bored)
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("by a deadline", func(t *testing.T) {
		backend := startRaw(t, func(p *peer) { p.request(); p.ended() })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), newRequest(t, "GET", backend.url(), nil).WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, http.StatusGatewayTimeout, asError(t, err).StatusCode())
	})
	t.Run("before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), newRequest(t, "GET", "http://127.0.0.1:1/", nil).WithContext(ctx))
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("after it ended, which is too late", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		tr := newTransport(t, proxy.TransportConfig{})
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			_, text, err := fetch(t, tr, newRequest(t, "GET", backend.url(), nil).WithContext(ctx))
			cancel()
			require.NoError(t, err)
			require.Equal(t, "hello", text)
		}
		require.Equal(t, 1, backend.count())
	})
	t.Run("just as it ends, which must not spoil the connection for others", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		tr := newTransport(t, proxy.TransportConfig{})
		for i := range 300 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Microsecond)
			_, _, err := fetch(t, tr, newRequest(t, "GET", backend.url(), nil).WithContext(ctx))
			if err != nil {
				require.ErrorIs(t, err, context.DeadlineExceeded)
			}
			cancel()
			require.Equal(t, "hello", get(t, tr, backend.url()))
		}
	})
}

// A hasty connection has the context of a request end when its response has come, and
// waits for that to be noticed.
type hasty struct {
	net.Conn
	cancel  func()
	noticed chan bool
}

func (c *hasty) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.cancel != nil && n > 0 {
		c.cancel()
		c.cancel = nil
		<-c.noticed
	}
	return n, err
}

func (c *hasty) SetDeadline(t time.Time) error {
	err := c.Conn.SetDeadline(t)
	c.noticed <- true
	return err
}

// TestCanceledConnection checks that a connection that is being made useless is not
// used again, though the response came in time.
func TestCanceledConnection(t *testing.T) {
	middlewaretest.NoLeaks(t)
	backend := startRaw(t, always(hello))
	ctx, cancel := context.WithCancel(t.Context())
	tr := newTransport(t, proxy.TransportConfig{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c, cancel = &hasty{c, cancel, make(chan bool)}, nil
		return c, nil
	}})
	_, text, err := fetch(t, tr, newRequest(t, "GET", backend.url(), nil).WithContext(ctx))
	require.NoError(t, err)
	require.Equal(t, "hello", text)
	require.Equal(t, "hello", get(t, tr, backend.url()))
	require.Equal(t, 2, backend.count())
}

// stuck is closed when nothing can be sent any more; nothing is read.
func (p *peer) stuck() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			<-time.After(5 * time.Millisecond)
			if _, err := io.WriteString(p, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
				return
			}
		}
	}()
	return done
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestClientLeaves checks that the server notices that its client has gone, which
// it does only once the request's body was read to its end, and that this ends the
// exchange.
func TestClientLeaves(t *testing.T) {
	middlewaretest.NoLeaks(t)
	reached, left := make(chan bool), make(chan bool)
	backend := startRaw(t, func(p *peer) {
		p.request()
		reached <- true
		p.ended()
		left <- true
	})
	tr := newTransport(t, proxy.TransportConfig{})
	failed := make(chan error, 1)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := forward(tr, backend.url()).ServeHTTP(w, r)
		failed <- err
	}))
	t.Cleanup(front.Close)
	c, err := net.Dial("tcp", front.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
	require.NoError(t, err)
	<-reached
	require.NoError(t, c.Close())
	<-left
	require.ErrorIs(t, <-failed, context.Canceled)
}

// TestServerGivesUp has a server's own deadline pass while it sends a body on.
func TestServerGivesUp(t *testing.T) {
	middlewaretest.NoLeaks(t)
	backend := startRaw(t, always(ok+"Content-Length: 67108864\r\n\r\n"+strings.Repeat(million, 64)))
	tr := newTransport(t, proxy.TransportConfig{})
	failed := make(chan error, 1)
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := forward(tr, backend.url()).ServeHTTP(w, r)
		failed <- err
	}))
	front.Config.WriteTimeout = 100 * time.Millisecond
	front.Start()
	t.Cleanup(front.Close)
	c, err := net.Dial("tcp", front.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	require.Error(t, <-failed)
	require.NoError(t, c.Close())
	require.Len(t, get(t, tr, backend.url()), 64<<20, "on a connection of its own")
	require.Equal(t, 2, backend.count())
}

// TestCancelReused ends contexts of requests on a connection that has served before:
// right after the request was sent, and when the backend has let it wait for longer
// than most take.
func TestCancelReused(t *testing.T) {
	for _, wait := range []time.Duration{0, 20 * time.Millisecond} {
		t.Run(wait.String(), func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			reached := make(chan bool)
			backend := startRaw(t, func(p *peer) {
				p.request()
				p.send(hello)
				p.request()
				reached <- true
				p.ended()
			})
			tr := newTransport(t, proxy.TransportConfig{})
			require.Equal(t, "hello", get(t, tr, backend.url()))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-reached
				time.AfterFunc(wait, cancel)
			}()
			r := newRequest(t, "POST", backend.url(), nil).WithContext(ctx)
			_, _, err := fetch(t, tr, r)
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, middleware.StatusClientClosed, middleware.StatusOf(r, err))
			require.Equal(t, 1, backend.count())
		})
	}
}

// TestGoroutines checks that a request without a body needs none, by itself and
// through a Handler, which has a body of any length sent on.
func TestGoroutines(t *testing.T) {
	during := make(chan int, 2)
	var before int
	note := func() { during <- runtime.NumGoroutine() - before }
	backend := startRaw(t, func(p *peer) {
		for p.request() != nil {
			note()
			p.send(ok + "Content-Length: 1048576\r\n\r\n" + million[:500_000])
			note()
			p.send(million[500_000:])
		}
	})
	tr := newTransport(t, proxy.TransportConfig{})
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, backend.url()), Transport: tr})
	for name, ask := range map[string]func(r *http.Request) error{
		"a Transport": func(r *http.Request) error { _, _, err := fetch(t, tr, r); return err },
		"a Handler":   func(r *http.Request) error { _, err := h.ServeHTTP(httptest.NewRecorder(), r); return err },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for i := range 10 {
				r := newRequest(t, "GET", backend.url(), nil).WithContext(ctx)
				before = runtime.NumGoroutine()
				require.NoError(t, ask(r))
				for range cap(during) {
					if n := <-during; i > 0 { // the first is met by a goroutine of the backend
						require.LessOrEqual(t, n, 0)
					}
				}
			}
		})
	}
}
