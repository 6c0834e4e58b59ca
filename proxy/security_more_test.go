package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// TestPeersWithoutAnAddress is caddy#7463: who comes by a Unix socket is not to be
// believed for that, whatever he calls himself.
func TestPeersWithoutAnAddress(t *testing.T) {
	everybody := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	b := startWire(t, func(p *peer) { p.request(); p.send(hello) })
	path := filepath.Join(t.TempDir(), "s")
	serveBy(t, proxy.Config{Upstreams: group(t, b.url()), Trusted: everybody}, func(srv *httptest.Server) {
		l, err := net.Listen("unix", path)
		require.NoError(t, err)
		srv.Listener.Close()
		srv.Listener = l
	})
	c, err := net.Dial("unix", path)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, plainly("/", "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: https", "X-Real-IP: 10.0.0.1", "Forwarded: for=10.0.0.1"))
	require.NoError(t, err)
	_, err = io.ReadAll(c)
	require.NoError(t, err)
	b.stop()
	require.Equal(t, strings.Replace(told("GET /", ""), "X-Forwarded-For: 127.0.0.1\r\n", "", 1), b.heard())
}

// TestWhatPeersAreCalled checks requests whose RemoteAddr a layer further out, or a
// listener of its own, has set.
func TestWhatPeersAreCalled(t *testing.T) {
	everybody := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, tt := range []struct{ remote, want string }{
		{"@", "<nil>"},
		{"", "<nil>"},
		{"pipe", "<nil>"},
		{"1.2.3.4:5", "[10.0.0.1, 1.2.3.4]"},
		{"[fe80::1%eth0]:5", "[10.0.0.1, fe80::1]"},
		{"[::ffff:1.2.3.4]:5", "[10.0.0.1, 1.2.3.4]"},
	} {
		t.Run(tt.remote, func(t *testing.T) {
			var seen http.Header
			b := startRaw(t, func(p *peer) { seen = p.request().Header; p.send(hello) })
			h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, b.url()), Trusted: everybody, Transport: newTransport(t, proxy.TransportConfig{})})
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.remote
			r.Header.Set("X-Forwarded-For", "10.0.0.1")
			_, err := h.ServeHTTP(httptest.NewRecorder(), r)
			require.NoError(t, err)
			if got := seen["X-Forwarded-For"]; tt.want != "<nil>" || got != nil {
				require.Equal(t, tt.want, fmt.Sprint(got))
			}
		})
	}
}

// TestPaths checks that nothing is unescaped on the way, and that taking a prefix
// away leads nowhere else.
func TestPaths(t *testing.T) {
	for _, tt := range []struct{ name, without, target, heard string }{
		{"an escaped slash behind what has to be escaped (CVE-2025-66490)", "", `/a%2Fb"c`, `/a%2Fb%22c`},
		{"escaped dots behind what has to be escaped", "", `/a/%2e%2E%2fb{`, `/a/%2e%2E%2fb%7B`},
		{"an escaped slash and what is not ASCII", "", "/a%2fb\xe9", "/a%2fb%E9"},
		{"a backslash and an escaped slash", "", `/a%2f..\b`, `/a%2f..%5Cb`},
		{"a prefix before what has to be escaped", "/api", `/api/a%2Fb"c`, `/a%2Fb%22c`},
		{"a number sign is no fragment", "", "/a%2Fb#c", "/a%2Fb%23c"},
		{"semicolons are part of the path", "", "/a;b/c;d=1", "/a;b/c;d=1"},
		{"a percent sign that is escaped stays so", "", "/a%252fb", "/a%252fb"},
		{"dots of the client's stay where nothing is taken away", "", "/a/../b/./c", "/a/../b/./c"},
		{"nor do doubled slashes matter", "", "//a//b", "//a//b"},
		{"a prefix that would leave doubled slashes", "/api", "/api//x", ""},
		{"a prefix that would leave them escaped", "/api", "/api/%2Fx", ""},
		{"a prefix that would leave dots", "/api", "/api/../x", "/api/../x"}, // which does not lie below it
		{"a prefix that would leave dots later", "/api", "/api/a/../x", ""},
		{"a prefix that would leave escaped dots", "/api", "/api/%2e%2e/api/x", ""},
		{"a prefix that ends within a segment (traefik#13215)", "/api", "/api../x", "/api../x"},
		{"a prefix that is all there is", "/api", "/api", "/"},
		{"a prefix that is all there is, and a slash", "/api", "/api/", "/"},
		{"a prefix in another case", "/api", "/API/x", "/API/x"},
		{"a prefix of which the slash is escaped", "/api", "/api%2Fx", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := startWire(t, func(p *peer) { p.request(); p.send(hello) })
			response := b.asks(t, proxy.Config{Without: tt.without}, plainly(tt.target))
			b.stop()
			if tt.heard == "" {
				require.Equal(t, []string{"400"}, statuses(t, response, "GET"))
				require.Empty(t, b.heard())
				return
			}
			require.Equal(t, told("GET "+tt.heard, ""), b.heard())
		})
	}
}

// TestUpgradesThatAreNone is CVE-2026-2833: a backend that does not agree in the way
// it has to gets nothing of what the client sends ahead, and the client no 101.
func TestUpgradesThatAreNone(t *testing.T) {
	const ahead = "GET /ahead HTTP/1.1\r\nHost: inner\r\n\r\n"
	for _, tt := range []struct{ name, response, want string }{
		{"no Connection", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n", "502"},
		{"a Connection that says close", "HTTP/1.1 101 X\r\nConnection: close\r\nUpgrade: websocket\r\n\r\n", "502"},
		{"no Upgrade", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n", "502"},
		{"two protocols", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n", "502"},
		{"nearly the protocol", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket/13\r\n\r\n", "502"},
		{"HTTP/2", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "502"},
		{"another version, please", "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n", "426"},
		{"no", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			b := startWire(t, func(p *peer) { p.head(); p.send(tt.response) })
			front := serveProxy(t, proxy.Config{From: "/chat", Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}})
			c, br := dialProxy(t, front, upgradeRequest(handshake)+ahead)
			for _, want := range []string{tt.want, "404"} { // by the server itself
				resp, err := http.ReadResponse(br, nil)
				require.NoError(t, err)
				require.Equal(t, want, resp.Status[:3])
				_, err = io.Copy(io.Discard, resp.Body)
				require.NoError(t, err)
			}
			require.NoError(t, c.Close())
			b.stop()
			require.NotContains(t, b.heard(), "/ahead")
		})
	}
}

// TestFieldsOf101 is GO-2026-6874: fields that are for one connection only do not
// pass with a 101 either, but for those that make it one.
func TestFieldsOf101(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade, X-Hop\r\nUpgrade: websocket\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n" +
			"Proxy-Authenticate: Basic\r\nContent-Length: 9\r\nX-End: 1\r\n\r\n")
	})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}})
	_, br := dialProxy(t, front, upgradeRequest(handshake))
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	require.Equal(t, http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "X-End": {"1"}}, resp.Header)
}

// TestHandshakesThatAreAmbiguous checks what a backend could read otherwise.
func TestHandshakesThatAreAmbiguous(t *testing.T) {
	for name, fields := range map[string][]string{
		"two keys":     append([]string{"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="}, handshake...),
		"two versions": append(handshake[:len(handshake):len(handshake)], "Sec-WebSocket-Version: 777"),
		"a short key":  {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAA"},
		"chunks":       append([]string{"Transfer-Encoding: chunked"}, handshake...),
	} {
		t.Run(name, func(t *testing.T) {
			b := startWire(t, func(p *peer) { p.head(); p.send(switched) })
			front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}})
			_, br := dialProxy(t, front, upgradeRequest(fields)+"0\r\n\r\n")
			resp, err := http.ReadResponse(br, nil)
			require.NoError(t, err)
			require.Equal(t, 400, resp.StatusCode)
			b.stop()
			require.Empty(t, b.heard())
		})
	}
}

// TestResponseSplitting has a client put line breaks into what operations place in
// headers, both ways.
func TestResponseSplitting(t *testing.T) {
	value := placeholder.Compile("{path}{?a}", placeholder.Header)
	ops := []proxy.HeaderOp{{Name: "X-A", Value: value}}
	for _, target := range []string{"/%0d%0aX-Evil:1", "/?a=%0d%0aX-Evil:1%0d%0a%0d%0aGET%20/inner", "/%0aX-Evil:1", "/%00"} {
		b := startWire(t, func(p *peer) { p.request(); p.send(hello) })
		response := b.asks(t, proxy.Config{Up: ops, Down: ops}, plainly(target))
		b.stop()
		require.Len(t, statuses(t, response, "GET"), 1)
		for _, text := range []string{b.heard(), response} {
			require.NotRegexp(t, `(?m)^X-Evil`, text)
			require.NotContains(t, text, "\x00")
		}
	}
}

// TestTrailersThatMayNot checks that a backend cannot say behind a body what was
// settled before it.
func TestTrailersThatMayNot(t *testing.T) {
	for _, announced := range []string{"", "Trailer: Set-Cookie, X-Sum, Location\r\n"} {
		b := startRaw(t, func(p *peer) {
			p.request()
			p.send(ok + announced + "X-Sum: head\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" +
				"Set-Cookie: a=b\r\nX-Sum: 7\r\nLocation: /evil\r\nContent-Length: 9\r\nX-Forwarded-For: x\r\nConnection: close\r\n\r\n")
		})
		response := exchangeRaw(t, serveProxy(t, proxy.Config{Upstreams: group(t, b.url())}), plainly("/"))
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(response)), nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.Equal(t, http.Header{"X-Sum": {"7"}}, resp.Trailer)
		require.Equal(t, []string{"head"}, resp.Header["X-Sum"])
	}
}

// TestStickyCookieOfProxies checks what is in the cookie, and that one that was made
// up leads nowhere in particular.
func TestStickyCookieOfProxies(t *testing.T) {
	var urls []string
	for i := range 3 {
		urls = append(urls, startRaw(t, always(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", i))).url())
	}
	targets, err := upstream.Parse(urls...)
	require.NoError(t, err)
	g := groupOf(t, upstream.Config{Targets: targets, Policy: upstream.NewSticky(upstream.Cookie{Key: []byte("0123456789abcdef")})})
	for _, secure := range []bool{false, true} {
		front := serveProxy(t, proxy.Config{Upstreams: g})
		ask := func(cookie string) (body string, set []*http.Cookie) {
			r, err := http.NewRequest("GET", front, nil)
			require.NoError(t, err)
			if cookie != "" {
				r.Header.Set("Cookie", cookie)
			}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return string(text), resp.Cookies()
		}
		if secure {
			srv := httptest.NewUnstartedServer(middleware.AppHandler(proxy.NewHandler(nil, proxy.Config{Upstreams: g, Transport: newTransport(t, proxy.TransportConfig{})}).ServeHTTP))
			srv.StartTLS()
			defer srv.Close()
			resp, err := srv.Client().Get(srv.URL)
			require.NoError(t, err)
			resp.Body.Close()
			require.True(t, resp.Cookies()[0].Secure)
			return
		}
		first, set := ask("")
		require.Len(t, set, 1)
		require.True(t, set[0].HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, set[0].SameSite)
		require.Regexp(t, `^[\w-]{22}$`, set[0].Value)
		for _, url := range urls {
			require.NotContains(t, set[0].Raw, strings.TrimPrefix(url, "http://127.0.0.1:"))
		}
		for range 10 {
			again, more := ask("lb=" + set[0].Value)
			require.Equal(t, first, again)
			require.Empty(t, more)
		}
		for _, forged := range []string{"", "x", set[0].Value[:21] + "?", set[0].Value + "x", targets[0].Addr} {
			_, more := ask("lb=" + forged)
			require.Len(t, more, 1, forged)
		}
	}
}
