package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

var handshake = []string{
	"Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
}

func upgradeRequest(fields []string) string {
	return "GET /chat HTTP/1.1\r\nHost: site.example\r\n" + strings.Join(append(fields[:len(fields):len(fields)], "", ""), "\r\n")
}

const switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"

// dialProxy sends a request and returns the connection with what is to be read.
func dialProxy(t testing.TB, front, request string) (*net.TCPConn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	return c.(*net.TCPConn), bufio.NewReader(c)
}

// TestProxyUpgrade checks that what either side says comes to the other, and so does
// the end of it.
func TestProxyUpgrade(t *testing.T) {
	for _, tt := range []struct{ name, early string }{
		{"the client waits for the backend to agree", ""},
		{"the client does not", "early, "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heard := make(chan string, 1)
			b := startRaw(t, func(p *peer) {
				r := p.head()
				if r == nil {
					return
				}
				if p.br.Buffered() > 0 {
					heard <- "something before 101"
					return
				}
				p.send(switched + "welcome")
				text, _ := io.ReadAll(p.br) // to the end of what the client says
				heard <- r.Header.Get("Connection") + " " + r.Header.Get("Upgrade") + " " + string(text)
				p.send(" goodbye")
			})
			g := group(t, b.url())
			front := serveProxy(t, proxy.Config{Upstreams: g, Upgrade: []string{"websocket"}})
			c, br := dialProxy(t, front, upgradeRequest(handshake)+tt.early)
			resp, err := http.ReadResponse(br, nil)
			require.NoError(t, err)
			require.Equal(t, 101, resp.StatusCode)
			require.Equal(t, "websocket", resp.Header.Get("Upgrade"))
			require.Equal(t, "Upgrade", resp.Header.Get("Connection"))
			require.Equal(t, "x", resp.Header.Get("Sec-Websocket-Accept"))
			_, err = io.WriteString(c, "hello")
			require.NoError(t, err)
			require.NoError(t, c.CloseWrite())
			require.Equal(t, "Upgrade websocket "+tt.early+"hello", <-heard)
			text, err := io.ReadAll(br)
			require.NoError(t, err)
			require.Equal(t, "welcome goodbye", string(text))
			middlewaretest.Eventually(t, func() bool { return g.Status().Upstreams[0].Active == 0 })
		})
	}
}

// TestProxyUpgradeRefused checks what is not sent on as it was asked for.
func TestProxyUpgradeRefused(t *testing.T) {
	change := func(i int, to string) []string {
		fields := append([]string(nil), handshake...)
		fields[i] = to
		return fields
	}
	for _, tt := range []struct {
		name    string
		allowed []string
		request string
		want    int
		seen    bool // by the backend, as a plain request
	}{
		{"none is allowed", nil, upgradeRequest(handshake), 200, true},
		{"another is allowed (caddy#6740)", []string{"websocket"}, upgradeRequest(change(1, "Upgrade: h2c")), 200, true},
		{"another version", []string{"websocket"}, upgradeRequest(change(2, "Sec-WebSocket-Version: 777")), 400, false},
		{"no key", []string{"websocket"}, upgradeRequest(change(3, "Sec-WebSocket-Key: x")), 400, false},
		{"by a POST", []string{"websocket"}, strings.Replace(upgradeRequest(handshake), "GET", "POST", 1), 400, false},
		{"with a body", []string{"websocket"}, upgradeRequest(append([]string{"Content-Length: 5"}, handshake...)) + "hello", 400, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen *http.Request
			b := startRaw(t, func(p *peer) {
				if seen = p.request(); seen != nil {
					p.send(hello)
				}
			})
			front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: tt.allowed})
			_, br := dialProxy(t, front, tt.request)
			resp, err := http.ReadResponse(br, nil)
			require.NoError(t, err)
			require.Equal(t, tt.want, resp.StatusCode)
			require.Equal(t, tt.seen, seen != nil)
			if seen != nil {
				require.Empty(t, seen.Header["Upgrade"])
				require.Empty(t, seen.Header["Connection"])
			}
		})
	}
}

// TestUpgradeDeclined is CVE-2026-2833: what a client sends behind a request that
// the backend did not agree to is a request to the proxy, and nothing else.
func TestUpgradeDeclined(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		for p.request() != nil {
			p.send(hello)
		}
	})
	front := serveProxy(t, proxy.Config{From: "/chat", Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}})
	_, br := dialProxy(t, front, upgradeRequest(handshake)+"GET /admin HTTP/1.1\r\nHost: x\r\n\r\n")
	for _, want := range []int{200, 404} {
		resp, err := http.ReadResponse(br, nil)
		require.NoError(t, err)
		require.Equal(t, want, resp.StatusCode)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
	}
}

// TestUpgradeAnsweredWithAnother checks that a backend cannot switch to what was not
// asked for.
func TestUpgradeAnsweredWithAnother(t *testing.T) {
	b := startRaw(t, func(p *peer) { p.head(); p.send(strings.Replace(switched, "websocket", "h2c", 1)) })
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}})
	_, br := dialProxy(t, front, upgradeRequest(handshake))
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 502, resp.StatusCode)
}

func TestUpgradeTimeout(t *testing.T) {
	b := startRaw(t, func(p *peer) { p.head(); p.send(switched); p.ended() })
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}, UpgradeTimeout: 10 * time.Millisecond})
	_, br := dialProxy(t, front, upgradeRequest(handshake))
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	_, err = io.ReadAll(br)
	require.NoError(t, err)
}

// TestDrain checks that both sides are told when the server is to stop.
func TestDrain(t *testing.T) {
	heard, drain := make(chan []byte, 1), make(chan struct{})
	b := startRaw(t, func(p *peer) {
		p.head()
		p.send(switched)
		text, _ := io.ReadAll(p.br)
		heard <- text
	})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}, Drain: drain})
	_, br := dialProxy(t, front, upgradeRequest(handshake))
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	close(drain)
	text, err := io.ReadAll(br)
	require.NoError(t, err)
	require.Equal(t, []byte{0x88, 2, 3, 0xe9}, text)
	require.Equal(t, []byte{0x88, 0x82, 0, 0, 0, 0, 3, 0xe9}, <-heard)
}
