package fastcgi_test

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
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
			middlewaretest.NoLeaks(t)
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

// TestRetryAfter checks what a client is told that is to come back later.
func TestRetryAfter(t *testing.T) {
	full := groupOf(t, upstream.Config{Targets: []upstream.Target{{Addr: "127.0.0.1:1"}}, MaxConns: 1})
	pick, err := full.Pick(t.Context(), nil, nil)
	require.NoError(t, err)
	defer pick.Done(upstream.Result{})
	for _, tt := range []struct {
		name   string
		group  *upstream.Group
		status int
		want   []string
	}{
		{"all are full", full, 503, []string{"1"}},
		{"there is none", nil, 503, []string{"10"}},
		{"it could not be reached", groupOf(t, upstream.Config{Targets: []upstream.Target{{Addr: "127.0.0.1:1"}}}), 502, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			status, err := fastcgi.NewHandler(nil, fastcgi.Config{Upstreams: tt.group}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Error(t, err)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.want, w.Header()["Retry-After"])
		})
	}
}
