package fastcgi_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestIdleConnections(t *testing.T) {
	t.Run("one that was closed meanwhile is not used, not even for a POST", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		closed := make(chan bool)
		s := startApp(t, func(p *peer) {
			p.request()
			p.reply(hello)
			if p.n == 0 {
				p.Close()
				closed <- true
			}
		})
		c := newClient(t, fastcgi.ClientConfig{})
		get(t, c, s.target())
		<-closed
		rest()
		status, _, err := fetch(t, c, s.target(), newRequest("POST", "x"))
		require.NoError(t, err)
		require.Equal(t, 200, status)
	})
	t.Run("one on which something was said unasked is not used", func(t *testing.T) {
		ask, said := make(chan bool), make(chan bool)
		s := startApp(t, func(p *peer) {
			for p.request() != nil {
				p.reply(hello)
				if p.n == 0 {
					<-ask
					p.reply("A: b\r\n\r\npoison")
					said <- true
				}
			}
		})
		c := newClient(t, fastcgi.ClientConfig{})
		get(t, c, s.target())
		ask <- true
		<-said
		require.Equal(t, "hello", get(t, c, s.target()))
		require.Equal(t, 2, s.count())
	})
	t.Run("what cannot be repeated is sent on one that has rested", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			count := 0
			dial := piped(t, always(hello))
			c := newClient(t, fastcgi.ClientConfig{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				count++
				return dial(ctx, network, address)
			}})
			for i, tt := range []struct {
				after time.Duration
				conns int
			}{{0, 1}, {20 * time.Millisecond, 1}, {19 * time.Millisecond, 2}, {time.Second, 2}, {2 * time.Second, 3}} {
				time.Sleep(tt.after)
				_, _, err := fetch(t, c, target, newRequest("POST", "x"))
				require.NoError(t, err)
				require.Equal(t, tt.conns, count, i)
			}
		})
	})
	t.Run("also if others were used meanwhile", func(t *testing.T) {
		s := startApp(t, always(hello))
		c := newClient(t, fastcgi.ClientConfig{})
		a, b := bodyOf(t, c, s), bodyOf(t, c, s)
		drain(t, a)
		rest()
		drain(t, b)
		_, _, err := fetch(t, c, s.target(), newRequest("POST", "x"))
		require.NoError(t, err)
		get(t, c, s.target())
		get(t, c, s.target())
		require.Equal(t, 2, s.count())
	})
	t.Run("the one used last is used next", func(t *testing.T) {
		var mu sync.Mutex
		var order []int
		s := startApp(t, func(p *peer) {
			for p.request() != nil {
				mu.Lock()
				order = append(order, p.n)
				mu.Unlock()
				p.out("A: b\r\n\r\nhello")
				p.end(0, 0)
			}
		})
		c := newClient(t, fastcgi.ClientConfig{})
		var open []*fastcgi.Body
		for range 3 {
			open = append(open, bodyOf(t, c, s))
		}
		for _, i := range []int{2, 0, 1} {
			drain(t, open[i])
		}
		get(t, c, s.target())
		get(t, c, s.target())
		require.Equal(t, []int{0, 1, 2, 1, 1}, order)
	})
	t.Run("there are no more than allowed", func(t *testing.T) {
		for max, conns := range map[int]int{0: 5 + 1, 1: 5 + 4, -1: 10} {
			s := startApp(t, always(hello))
			c := newClient(t, fastcgi.ClientConfig{MaxIdle: max})
			for range 2 {
				var open []*fastcgi.Body
				for range 5 {
					open = append(open, bodyOf(t, c, s))
				}
				for _, body := range open {
					drain(t, body)
				}
			}
			require.Equal(t, conns, s.count(), max)
		}
	})
	t.Run("none is kept that was not read to its end", func(t *testing.T) {
		s := startApp(t, func(p *peer) {
			for p.request() != nil {
				p.out(hello)
				if p.n == 0 {
					p.ended()
				}
				p.end(0, 0)
			}
		})
		c := newClient(t, fastcgi.ClientConfig{})
		body := bodyOf(t, c, s)
		require.NoError(t, body.Close())
		_, err := body.Read(make([]byte, 1))
		require.Error(t, err)
		require.NoError(t, body.Close())
		get(t, c, s.target())
		require.Equal(t, 2, s.count())
	})
	t.Run("none is kept after Close", func(t *testing.T) {
		s := startApp(t, always(hello))
		c := fastcgi.NewClient(fastcgi.ClientConfig{})
		body := bodyOf(t, c, s)
		require.NoError(t, c.Close())
		drain(t, body)
		get(t, c, s.target())
		require.Equal(t, 2, s.count())
	})
	t.Run("those of other targets are others", func(t *testing.T) {
		a, b := startApp(t, always(hello)), startAppOn(t, listen(t, "unix"), always("A: b\r\n\r\nunix"))
		c := newClient(t, fastcgi.ClientConfig{MaxIdle: 1})
		for range 3 {
			require.Equal(t, "hello", get(t, c, a.target()))
			require.Equal(t, "unix", get(t, c, b.target()))
		}
		require.Equal(t, []int{1, 1}, []int{a.count(), b.count()})
	})
	t.Run("CloseIdle closes them", func(t *testing.T) {
		s := startApp(t, always(hello))
		c := newClient(t, fastcgi.ClientConfig{})
		get(t, c, s.target())
		c.CloseIdle()
		get(t, c, s.target())
		require.Equal(t, 2, s.count())
	})
	t.Run("the next request has another number", func(t *testing.T) {
		var ids []uint16
		s := startApp(t, func(p *peer) {
			for r := p.request(); r != nil; r = p.request() {
				ids = append(ids, r.id)
				p.reply(hello)
			}
		})
		c := newClient(t, fastcgi.ClientConfig{})
		for range 3 {
			get(t, c, s.target())
		}
		require.Equal(t, []uint16{1, 2, 1}, ids)
	})
}

// TestIdleTimeout has a process of PHP be free for others in time.
func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Duration, 3)
		began := time.Now()
		c := fastcgi.NewClient(fastcgi.ClientConfig{Dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				always(hello)(newPeer(theirs, 0))
				ended <- time.Since(began)
			}()
			return ours, nil
		}})
		var open []*fastcgi.Body
		for range 3 {
			resp, err := c.Do(t.Context(), target, newRequest("GET", ""))
			require.NoError(t, err)
			open = append(open, resp.Body)
		}
		for _, body := range open {
			drain(t, body)
			time.Sleep(time.Second)
		}
		get(t, c, target) // on the last, after a second
		require.Equal(t, 2*time.Second, <-ended)
		require.Equal(t, 3*time.Second, <-ended)
		require.Equal(t, 5*time.Second, <-ended)
		require.NoError(t, c.Close())
	})
}

func bodyOf(t testing.TB, c *fastcgi.Client, s *app) *fastcgi.Body {
	t.Helper()
	resp, err := c.Do(t.Context(), s.target(), newRequest("GET", ""))
	require.NoError(t, err)
	return resp.Body
}

func drain(t testing.TB, body *fastcgi.Body) {
	t.Helper()
	_, err := io.Copy(io.Discard, body)
	require.NoError(t, err)
	require.NoError(t, body.Close())
}
