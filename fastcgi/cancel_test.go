package fastcgi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestCancel has clients leave. The application sees the connection end at once.
func TestCancel(t *testing.T) {
	left := errors.New("left")
	for _, tt := range []struct {
		name   string
		script func(p *peer, ready func())
		req    func() *fastcgi.Request
		op     string
	}{
		{"before the head", func(p *peer, ready func()) { p.request(); ready(); p.ended() }, nil, fastcgi.OpHeader},
		{"within the head", func(p *peer, ready func()) { p.request(); p.out("A: b\r\n"); ready(); p.ended() }, nil, fastcgi.OpHeader},
		{"within the body", func(p *peer, ready func()) { p.request(); p.out(hello); ready(); p.ended() }, nil, fastcgi.OpBody},
		{"within a record", func(p *peer, ready func()) {
			p.request()
			p.send(rec(stdout, p.id, hello)[:20])
			ready()
			p.ended()
		}, nil, fastcgi.OpHeader},
		{"while the application complains", func(p *peer, ready func()) {
			p.request()
			p.errs("x\n")
			ready()
			p.ended()
		}, nil, fastcgi.OpHeader},
		{"while a body is sent", func(p *peer, ready func()) {
			p.head()
			ready()
			p.ended()
		}, func() *fastcgi.Request { return post(zeros{}, 1<<40) }, fastcgi.OpHeader},
		{"while a body is not taken", func(p *peer, ready func()) {
			p.head()
			p.awaitRead()
			ready()
			p.ended()
		}, func() *fastcgi.Request { return post(zeros{}, 1<<30) }, fastcgi.OpHeader},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			ended := make(chan bool, 1)
			s := startApp(t, func(p *peer) {
				tt.script(p, func() { cancel(left) })
				ended <- true
			})
			c := newClient(t, fastcgi.ClientConfig{})
			r := newRequest("GET", "")
			if tt.req != nil {
				r = tt.req()
			}
			resp, err := c.Do(ctx, s.target(), r)
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				require.NoError(t, resp.Body.Close())
			}
			require.ErrorIs(t, err, left)
			require.ErrorIs(t, err, context.Canceled)
			e := asError(t, err)
			if tt.op == fastcgi.OpHeader && e.Op == fastcgi.OpBody {
				require.Equal(t, "within the body", tt.name)
			}
			require.True(t, e.Sent)
			q, qerr := http.NewRequestWithContext(ctx, "GET", "/", nil)
			require.NoError(t, qerr)
			require.Equal(t, middleware.StatusClientClosed, middleware.StatusOf(q, err))
			<-ended
		})
	}
	t.Run("before there is a request", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(left)
		_, err := newClient(t, fastcgi.ClientConfig{}).Do(ctx, target, newRequest("GET", ""))
		require.ErrorIs(t, err, left)
		require.False(t, asError(t, err).Sent)
	})
	t.Run("while nobody reads the response", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan bool, 1)
		s := startApp(t, func(p *peer) {
			p.request()
			p.out(hello)
			p.ended()
			ended <- true
		})
		resp, err := newClient(t, fastcgi.ClientConfig{}).Do(ctx, s.target(), newRequest("GET", ""))
		require.NoError(t, err)
		cancel(left)
		<-ended
		require.NoError(t, resp.Body.Close())
	})
	t.Run("while a small body is awaited", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		r, w := io.Pipe()
		defer w.Close()
		q := post(r, 100)
		q.Interrupt = func() { r.CloseWithError(left) }
		go func() {
			w.Write([]byte("x"))
			cancel(left)
		}()
		_, err := newClient(t, fastcgi.ClientConfig{}).Do(ctx, target, q)
		require.ErrorIs(t, err, left)
		require.Equal(t, fastcgi.OpUpload, asError(t, err).Op)
	})
	t.Run("while a large body is awaited", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		s := startApp(t, func(p *peer) {
			if p.head() != nil {
				cancel(left)
				p.ended()
			}
		})
		r, w := io.Pipe()
		defer w.Close()
		q := post(r, 1<<20)
		q.Interrupt = func() { r.CloseWithError(left) }
		_, err := newClient(t, fastcgi.ClientConfig{}).Do(ctx, s.target(), q)
		require.ErrorIs(t, err, left)
	})
	t.Run("after the response", func(t *testing.T) {
		s := startApp(t, always(hello))
		c := newClient(t, fastcgi.ClientConfig{})
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			r := post(zeros{}, 10)
			r.Interrupt = func() { t.Error("interrupted what is over") }
			resp, err := c.Do(ctx, s.target(), r)
			require.NoError(t, err)
			drain(t, resp.Body)
			cancel()
			rest()
		}
		require.Equal(t, 1, s.count(), "it does not matter")
	})
	t.Run("by a deadline, which is a timeout", func(t *testing.T) {
		s := startApp(t, func(p *peer) { p.request(); p.ended() })
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := newClient(t, fastcgi.ClientConfig{}).Do(ctx, s.target(), newRequest("GET", ""))
		require.Equal(t, http.StatusGatewayTimeout, asError(t, err).StatusCode())
	})
	t.Run("by Close while a Read waits", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		s := startApp(t, func(p *peer) { p.request(); p.out("A: b\r\n\r\n"); p.ended() })
		body := bodyOf(t, newClient(t, fastcgi.ClientConfig{}), s)
		failed := make(chan error)
		go func() {
			_, err := body.Read(make([]byte, 1))
			failed <- err
		}()
		rest()
		require.NoError(t, body.Close())
		require.Error(t, <-failed)
	})
}

func TestDial(t *testing.T) {
	t.Run("a full queue is waited for", func(t *testing.T) {
		s := startApp(t, always(hello))
		tries := 0
		c := newClient(t, fastcgi.ClientConfig{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if tries++; tries < 4 {
				return nil, &net.OpError{Op: "dial", Err: syscall.EAGAIN}
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}})
		require.Equal(t, "hello", get(t, c, s.target()))
	})
	t.Run("but not for ever", func(t *testing.T) {
		c := newClient(t, fastcgi.ClientConfig{DialTimeout: 30 * time.Millisecond, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: syscall.EAGAIN}
		}})
		_, _, err := fetch(t, c, target, newRequest("GET", ""))
		e := asError(t, err)
		require.True(t, e.Op == fastcgi.OpDial && !e.Sent && e.StatusCode() == http.StatusGatewayTimeout, "%v", e)
	})
}
