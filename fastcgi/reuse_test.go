package fastcgi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
)

// dying answers one request on each of its first connections, and closes them when
// it has the second.
func dying(connections int, seen *atomic.Int32) func(*peer) {
	return func(p *peer) {
		for n := 0; p.request() != nil; n++ {
			seen.Add(1)
			if n > 0 && p.n < connections {
				return
			}
			p.reply(hello)
		}
	}
}

// rest lets a connection become one that cannot be repeated may be sent on.
func rest() {
	timer := time.NewTimer(25 * time.Millisecond)
	<-timer.C
}

func TestRepeats(t *testing.T) {
	for _, tt := range []struct {
		name  string
		req   func() *fastcgi.Request
		again bool
	}{
		{"a GET is repeated", func() *fastcgi.Request { return newRequest("GET", "") }, true},
		{"a HEAD is repeated", func() *fastcgi.Request { return newRequest("HEAD", "") }, true},
		{"a PUT is repeated with its small body", func() *fastcgi.Request { return newRequest("PUT", "small") }, true},
		{"what an authorizer is asked is repeated", func() *fastcgi.Request {
			r := newRequest("POST", "")
			r.Role = fastcgi.Authorizer
			return r
		}, true},
		{"a POST with Idempotency-Key is", func() *fastcgi.Request {
			r := newRequest("POST", "small")
			r.Params.Add("HTTP_IDEMPOTENCY_KEY", "1")
			return r
		}, true},
		{"a POST is not", func() *fastcgi.Request { return newRequest("POST", "") }, false},
		{"a POST with a body is not", func() *fastcgi.Request { return newRequest("POST", "small") }, false},
		{"a PUT with a large body is not", func() *fastcgi.Request { return newRequest("PUT", strings.Repeat("x", 100<<10)) }, false},
		{"a method that is not known is not", func() *fastcgi.Request { return newRequest("FROB", "") }, false},
		{"nor is what has none", func() *fastcgi.Request { return newRequest("", "") }, false},
		{"nor is what has another in the end", func() *fastcgi.Request {
			r := newRequest("GET", "")
			r.Params.Add("REQUEST_METHOD", "POST")
			return r
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			noLeaks(t)
			var seen atomic.Int32
			s := startApp(t, dying(1, &seen))
			c := newClient(t, fastcgi.ClientConfig{})
			get(t, c, s.target())
			rest()
			status, _, err := fetch(t, c, s.target(), tt.req())
			if tt.again {
				require.NoError(t, err)
				require.Equal(t, 200, status)
				require.EqualValues(t, 3, seen.Load())
				require.Equal(t, 2, s.count())
				return
			}
			e := asError(t, err)
			require.True(t, e.Reused && e.Sent && !e.Answered, "%+v", e)
			require.Equal(t, 1, s.count())
			require.EqualValues(t, 2, seen.Load())
		})
	}
	t.Run("nothing is repeated but once on a connection that is new, and once more", func(t *testing.T) {
		var seen atomic.Int32
		s := startApp(t, func(p *peer) {
			if p.n > 0 {
				p.request()
				seen.Add(1)
				return
			}
			dying(1, &seen)(p)
		})
		c := newClient(t, fastcgi.ClientConfig{})
		get(t, c, s.target())
		_, _, err := fetch(t, c, s.target(), newRequest("GET", ""))
		require.False(t, asError(t, err).Reused)
		require.EqualValues(t, 4, seen.Load())
		require.Equal(t, 3, s.count())
	})
	t.Run("nothing is repeated once there is some of an answer", func(t *testing.T) {
		s := startApp(t, func(p *peer) {
			p.request()
			p.reply(hello)
			p.request()
			p.send("\x01")
		})
		c := newClient(t, fastcgi.ClientConfig{})
		get(t, c, s.target())
		_, _, err := fetch(t, c, s.target(), newRequest("GET", ""))
		require.True(t, asError(t, err).Answered)
		require.Equal(t, 1, s.count())
	})
	t.Run("a GET is repeated once on a connection that is new, as a reload of PHP breaks all", func(t *testing.T) {
		s := startApp(t, func(p *peer) { p.request() })
		_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), newRequest("GET", ""))
		require.False(t, asError(t, err).Reused)
		require.Equal(t, 2, s.count())
	})
	t.Run("what was sent is remembered when there is nobody to send it to any more", func(t *testing.T) {
		var l net.Listener
		s := startApp(t, func(p *peer) {
			p.request()
			l.Close()
		})
		l = s.Listener
		_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), newRequest("GET", ""))
		e := asError(t, err)
		require.True(t, e.Sent && e.Op == fastcgi.OpDial, "%+v", e)
	})
	t.Run("but not a POST", func(t *testing.T) {
		s := startApp(t, func(p *peer) { p.request() })
		_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), newRequest("POST", ""))
		require.False(t, asError(t, err).Reused)
		require.Equal(t, 1, s.count())
	})
	t.Run("nor what took long, and may have been killed for that", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			conns := 0
			c := newClient(t, fastcgi.ClientConfig{Dial: piped(t, func(p *peer) {
				conns++
				p.request()
				time.Sleep(2 * time.Second)
			})})
			_, _, err := fetch(t, c, target, newRequest("GET", ""))
			require.Error(t, err)
			require.Equal(t, 1, conns)
		})
	})
	t.Run("a POST of which nothing was taken is repeated", func(t *testing.T) {
		s := startApp(t, always(hello))
		var dead atomic.Bool
		c := newClient(t, fastcgi.ClientConfig{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return &mute{Conn: c, dead: &dead}, err
		}})
		get(t, c, s.target())
		rest()
		dead.Store(true)
		status, _, err := fetch(t, c, s.target(), newRequest("POST", "once"))
		require.NoError(t, err)
		require.Equal(t, 200, status)
		require.Equal(t, 2, s.count())
	})
	t.Run("a refusal is nothing that was sent", func(t *testing.T) {
		s := startApp(t, then(func(p *peer) { p.end(0, 2) }))
		_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), newRequest("POST", "once"))
		require.ErrorIs(t, err, fastcgi.Overloaded)
		require.False(t, asError(t, err).Sent)
	})
	t.Run("nor is what was never connected", func(t *testing.T) {
		s := startApp(t, always(hello))
		s.stop()
		_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), newRequest("POST", "once"))
		e := asError(t, err)
		require.True(t, !e.Sent && e.Op == fastcgi.OpDial && e.StatusCode() == 502, "%+v", e)
	})
}

// A mute connection takes nothing when it is dead, which it is once.
type mute struct {
	net.Conn
	dead *atomic.Bool
}

func (m *mute) Write(p []byte) (int, error) {
	if m.dead.CompareAndSwap(true, false) {
		m.Close()
		return 0, errors.New("dead")
	}
	return m.Conn.Write(p)
}

func TestIdleConnections(t *testing.T) {
	t.Run("one that was closed meanwhile is not used, not even for a POST", func(t *testing.T) {
		noLeaks(t)
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
		s := startApp(t, always(hello))
		c := newClient(t, fastcgi.ClientConfig{})
		for i, conns := range []int{1, 1, 2, 2} {
			if i == 1 || i == 3 {
				rest()
			}
			_, _, err := fetch(t, c, s.target(), newRequest("POST", "x"))
			require.NoError(t, err)
			require.Equal(t, conns, s.count(), i)
		}
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
