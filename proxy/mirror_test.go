package proxy_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

func newMirror(t testing.TB, c proxy.MirrorConfig) *proxy.Mirror {
	t.Helper()
	m := proxy.NewMirror(c)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

// listener is a backend that hands over what it was asked.
func listener(t testing.TB) (url string, seen chan string) {
	seen = make(chan string, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		seen <- fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Host, " ", r.ContentLength, " ", r.Header["X-Forwarded-For"],
			r.Header["X-Up"], r.Header["X-Hop"], r.Header["Via"], " ", string(body[:min(len(body), 10)]), " ", err)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, seen
}

// TestMirror checks that a mirror is sent what the backend is, and that the client
// gets the backend's answer, not the mirror's.
func TestMirror(t *testing.T) {
	for _, tt := range []struct{ name, request string }{
		{"without a body", plainly("/a%2Fb?c;d", "X-Hop: 1")},
		{"with one", "POST /x HTTP/1.1\r\nHost: site.example\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n\r\nhello"},
		{"a HEAD", strings.Replace(plainly("/"), "GET", "HEAD", 1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to, seen := listener(t)
			shadow, copied := listener(t)
			m := newMirror(t, proxy.MirrorConfig{Upstreams: group(t, shadow), MaxBody: 5})
			front := serveProxy(t, proxy.Config{
				Upstreams: group(t, to), Mirror: m, PreserveHost: true, Without: "/api", Via: "edge",
				Up: []proxy.HeaderOp{{Name: "X-Up", Value: template("{method}")}},
			})
			require.Contains(t, exchangeRaw(t, front, tt.request), "200 OK")
			require.Equal(t, <-seen, <-copied)
			middlewaretest.Eventually(t, func() bool { return m.Status() == proxy.MirrorStatus{Answered: 1} })
		})
	}
}

// TestMirrorLeavesOut checks what is not copied.
func TestMirrorLeavesOut(t *testing.T) {
	to, _ := listener(t)
	shadow, copied := listener(t)
	for _, tt := range []struct {
		name, request string
		maxBody       int
		want          proxy.MirrorStatus
	}{
		{"a large body", "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 65537\r\n\r\n" + strings.Repeat("x", 65537), 1 << 20, proxy.MirrorStatus{TooLarge: 1}},
		{"a body of unknown length", "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 0, proxy.MirrorStatus{TooLarge: 1}},
		{"a body larger than it may be", "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nxx", 1, proxy.MirrorStatus{TooLarge: 1}},
		{"any body", "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", -1, proxy.MirrorStatus{TooLarge: 1}},
		{"what is not sent on", plainly("/elsewhere"), 0, proxy.MirrorStatus{}},
		{"what is refused", plainly("/app/", "X_a: 1"), 0, proxy.MirrorStatus{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMirror(t, proxy.MirrorConfig{Upstreams: group(t, shadow), MaxBody: tt.maxBody})
			c := proxy.Config{Upstreams: group(t, to), Mirror: m, Aliases: proxy.RejectAliases}
			if strings.Contains(tt.request, "/elsewhere") {
				c.From = "/app"
			}
			exchangeRaw(t, serveProxy(t, c), tt.request)
			require.NoError(t, m.Close())
			require.Equal(t, tt.want, m.Status())
			require.Empty(t, copied)
		})
	}
}

// TestMirrorShare checks which requests are copied if only some are.
func TestMirrorShare(t *testing.T) {
	to, _ := listener(t)
	shadow, copied := listener(t)
	var n uint64
	m := newMirror(t, proxy.MirrorConfig{Upstreams: group(t, shadow), Percent: 12.5, Rand: func() uint64 {
		n++
		return n << 60 // sixteenths
	}})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, to), Mirror: m})
	for range 16 {
		exchangeRaw(t, front, plainly("/"))
	}
	middlewaretest.Eventually(t, func() bool { return m.Status() == proxy.MirrorStatus{Answered: 2} })
	require.Len(t, copied, 2)
}

// TestMirrorThatHangs checks that a mirror that does not answer, or is not there,
// harms nobody: clients are answered, copies bounded, and Close does not wait.
func TestMirrorThatHangs(t *testing.T) {
	to, _ := listener(t)
	t.Run("it does not answer", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		shadow := startRaw(t, func(p *peer) { p.ended() })
		m := newMirror(t, proxy.MirrorConfig{Upstreams: group(t, shadow.url()), MaxActive: 3})
		front := serveProxy(t, proxy.Config{Upstreams: group(t, to), Mirror: m})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { exchangeRaw(t, front, plainly("/")) })
		}
		wg.Wait()
		require.Equal(t, proxy.MirrorStatus{Active: 3, Dropped: 7}, m.Status())
		require.NoError(t, m.Close())
		require.Equal(t, proxy.MirrorStatus{Failed: 3, Dropped: 7}, m.Status())
		require.Contains(t, exchangeRaw(t, front, plainly("/")), "200 OK")
		require.Equal(t, proxy.MirrorStatus{Failed: 3, Dropped: 8}, m.Status())
	})
	t.Run("it says too much", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		shadow := startRaw(t, func(p *peer) {
			if p.request() == nil {
				return
			}
			p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for {
				if _, err := fmt.Fprintf(p, "400\r\n%s\r\n", bytes.Repeat([]byte("x"), 1024)); err != nil {
					return
				}
			}
		})
		m := newMirror(t, proxy.MirrorConfig{Upstreams: group(t, shadow.url())})
		exchangeRaw(t, serveProxy(t, proxy.Config{Upstreams: group(t, to), Mirror: m}), plainly("/"))
		middlewaretest.Eventually(t, func() bool { return m.Status() == proxy.MirrorStatus{Answered: 1} })
	})
	t.Run("it is not there", func(t *testing.T) {
		g := groupOf(t, upstream.Config{Targets: []upstream.Target{{Addr: "127.0.0.1:1"}}, Policy: upstream.First()})
		m := newMirror(t, proxy.MirrorConfig{Upstreams: g})
		require.Contains(t, exchangeRaw(t, serveProxy(t, proxy.Config{Upstreams: group(t, to), Mirror: m}), plainly("/")), "200 OK")
		middlewaretest.Eventually(t, func() bool { return m.Status() == proxy.MirrorStatus{Failed: 1} })
		require.EqualValues(t, 1, g.Status().Upstreams[0].Failures)
	})
	t.Run("it is nobody", func(t *testing.T) {
		m := newMirror(t, proxy.MirrorConfig{})
		require.Contains(t, exchangeRaw(t, serveProxy(t, proxy.Config{Upstreams: group(t, to), Mirror: m}), plainly("/")), "200 OK")
		middlewaretest.Eventually(t, func() bool { return m.Status() == proxy.MirrorStatus{Failed: 1} })
	})
}

// TestMirrorOfUpgrades checks that a mirror does not get to talk to clients.
func TestMirrorOfUpgrades(t *testing.T) {
	b := startRaw(t, func(p *peer) { p.head(); p.send(switched) })
	shadow, copied := listener(t)
	m := newMirror(t, proxy.MirrorConfig{Upstreams: group(t, shadow)})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}, Mirror: m})
	require.Contains(t, exchangeRaw(t, front, upgradeRequest(handshake)), "101 Switching Protocols")
	require.NoError(t, m.Close())
	require.Equal(t, proxy.MirrorStatus{}, m.Status())
	require.Empty(t, copied)
}
