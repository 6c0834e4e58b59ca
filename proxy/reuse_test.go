package proxy_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// dying answers one request on each of its first connections, and closes
// them when it has the second.
func dying(connections int, seen *atomic.Int32) func(*peer) {
	return func(p *peer) {
		for n := 0; p.request() != nil; n++ {
			seen.Add(1)
			if n > 0 && p.n < connections {
				return
			}
			p.send(hello)
		}
	}
}

func TestRepeats(t *testing.T) {
	for _, tt := range []struct {
		name   string
		method string
		body   io.Reader
		header http.Header
		again  bool
	}{
		{"a GET is repeated", "GET", nil, nil, true},
		{"a HEAD is repeated", "HEAD", nil, nil, true},
		{"a PUT is repeated with its small body", "PUT", strings.NewReader("small"), nil, true},
		{"a POST is not", "POST", nil, nil, false},
		{"a POST with a body is not", "POST", strings.NewReader("small"), nil, false},
		{"a POST with Idempotency-Key is", "POST", strings.NewReader("small"), http.Header{"Idempotency-Key": {"1"}}, true},
		{"a PUT with a body that streams is not", "PUT", io.MultiReader(strings.NewReader("small")), nil, false},
		{"a method that is not known is not", "FROB", nil, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			var seen atomic.Int32
			backend := startRaw(t, dying(1, &seen))
			tr := newTransport(t, proxy.TransportConfig{})
			get(t, tr, backend.url())
			r := newRequest(t, tt.method, backend.url(), tt.body)
			maps.Copy(r.Header, tt.header)
			status, _, err := fetch(t, tr, r)
			if tt.again {
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, status)
				require.EqualValues(t, 3, seen.Load())
				require.Equal(t, 2, backend.count())
				return
			}
			e := asError(t, err)
			require.True(t, e.Reused)
			require.True(t, e.Sent)
			require.False(t, e.Answered)
			require.Equal(t, 1, backend.count())
			require.EqualValues(t, 2, seen.Load())
		})
	}
	t.Run("nothing is repeated twice", func(t *testing.T) {
		var seen atomic.Int32
		backend := startRaw(t, func(p *peer) {
			if p.n > 0 {
				p.request()
				seen.Add(1)
				return
			}
			dying(1, &seen)(p)
		})
		tr := newTransport(t, proxy.TransportConfig{})
		get(t, tr, backend.url())
		_, _, err := fetch(t, tr, newRequest(t, "GET", backend.url(), nil))
		require.False(t, asError(t, err).Reused)
		require.EqualValues(t, 3, seen.Load())
	})
	t.Run("nothing is repeated once there is some of an answer", func(t *testing.T) {
		backend := startRaw(t, func(p *peer) {
			p.request()
			p.send(hello)
			p.request()
			p.send("H")
		})
		tr := newTransport(t, proxy.TransportConfig{})
		get(t, tr, backend.url())
		_, _, err := fetch(t, tr, newRequest(t, "GET", backend.url(), nil))
		require.True(t, asError(t, err).Answered)
		require.Equal(t, 1, backend.count())
	})
	t.Run("nothing is repeated on a connection that is new", func(t *testing.T) {
		backend := startRaw(t, func(p *peer) { p.request() })
		_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), newRequest(t, "GET", backend.url(), nil))
		require.False(t, asError(t, err).Reused)
		require.Equal(t, 1, backend.count())
	})
	t.Run("a POST of which nothing was taken is repeated", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		var dead atomic.Bool
		tr := newTransport(t, proxy.TransportConfig{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return &mute{Conn: c, dead: &dead}, err
		}})
		get(t, tr, backend.url())
		dead.Store(true)
		status, _, err := fetch(t, tr, newRequest(t, "POST", backend.url(), strings.NewReader("once")))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, 2, backend.count())
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
		middlewaretest.NoLeaks(t)
		closed := make(chan bool)
		backend := startRaw(t, func(p *peer) {
			p.request()
			p.send(hello)
			if p.n == 0 {
				p.Close()
				closed <- true
			}
		})
		tr := newTransport(t, proxy.TransportConfig{})
		get(t, tr, backend.url())
		<-closed
		status, _, err := fetch(t, tr, newRequest(t, "POST", backend.url(), strings.NewReader("x")))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	})
	t.Run("one on which something was said unasked is not used", func(t *testing.T) {
		ask, said := make(chan bool), make(chan bool)
		backend := startRaw(t, func(p *peer) {
			for p.request() != nil {
				p.send(hello)
				if p.n == 0 {
					<-ask
					p.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
					said <- true
				}
			}
		})
		tr := newTransport(t, proxy.TransportConfig{})
		get(t, tr, backend.url())
		ask <- true
		<-said
		require.Equal(t, "hello", get(t, tr, backend.url()))
		require.Equal(t, 2, backend.count())
	})
	t.Run("the one used last is used next", func(t *testing.T) {
		var mu sync.Mutex
		var order []int
		backend := startRaw(t, func(p *peer) {
			for p.request() != nil {
				mu.Lock()
				order = append(order, p.n)
				mu.Unlock()
				p.send(hello)
			}
		})
		tr := newTransport(t, proxy.TransportConfig{})
		var open []io.Closer
		for range 3 {
			resp, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
			require.NoError(t, err)
			open = append(open, resp.Body)
		}
		for _, i := range []int{2, 0, 1} {
			require.NoError(t, open[i].Close())
		}
		get(t, tr, backend.url())
		get(t, tr, backend.url())
		require.Equal(t, []int{0, 1, 2, 1, 1}, order)
	})
	t.Run("there are no more than allowed", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		tr := newTransport(t, proxy.TransportConfig{MaxIdle: 1})
		for range 2 {
			var open []io.Closer
			for range 2 {
				resp, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
				require.NoError(t, err)
				open = append(open, resp.Body)
			}
			for _, body := range open {
				require.NoError(t, body.Close())
			}
		}
		require.Equal(t, 3, backend.count())
	})
	t.Run("none is kept that was told to close", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		tr := newTransport(t, proxy.TransportConfig{})
		for range 2 {
			r := newRequest(t, "GET", backend.url(), nil)
			r.Close = true
			_, _, err := fetch(t, tr, r)
			require.NoError(t, err)
		}
		require.Equal(t, 2, backend.count())
	})
	t.Run("none is kept after Close", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		tr := proxy.NewTransport(proxy.TransportConfig{})
		resp, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
		require.NoError(t, err)
		require.NoError(t, tr.Close())
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "hello", string(text))
		require.NoError(t, resp.Body.Close())
		get(t, tr, backend.url())
		require.Equal(t, 2, backend.count())
	})
}
