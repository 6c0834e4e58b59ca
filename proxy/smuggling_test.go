package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// TestWhatBackendsHear sends requests that have let requests be smuggled through
// some proxy, and compares all that the backend hears byte by byte.
func TestWhatBackendsHear(t *testing.T) {
	const (
		first  = " / HTTP/1.1\r\nHost: site.example\r\n"
		last   = "Connection: close\r\n"
		inner  = "GET /inner HTTP/1.1\r\nHost: inner\r\n\r\n"
		chunks = "5\r\nhello\r\n0\r\n\r\n"
	)
	many := strings.Repeat("a=1&;%zz&", 12_000)
	for _, tt := range []struct {
		name    string
		cfg     proxy.Config
		request string
		heard   string // "" is nothing at all
		want    []string
	}{
		{name: "Content-Length and chunks: it is chunks (CVE-2022-1705)",
			request: "POST" + first + last + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks,
			heard:   told("POST /", chunks, "Transfer-Encoding: chunked"), want: []string{"200"}},
		{name: "chunks and Content-Length the other way round",
			request: "POST" + first + last + "Transfer-Encoding: chunked\r\nContent-Length: 500\r\n\r\n" + chunks,
			heard:   told("POST /", chunks, "Transfer-Encoding: chunked"), want: []string{"200"}},
		{name: "two lengths", request: "POST" + first + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", want: []string{"400"}},
		{name: "a length with a sign", request: "POST" + first + "Content-Length: +5\r\n\r\nhello", want: []string{"400"}},
		{name: "an empty length", request: "POST" + first + "Content-Length:\r\n\r\nhello", want: []string{"400"}},
		{name: "an encoding that is nearly chunked", request: "POST" + first + "Transfer-Encoding: xchunked\r\n\r\n" + chunks, want: []string{"501"}},
		{name: "chunked twice", request: "POST" + first + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, want: []string{"501"}},
		{name: "a space before the colon of Transfer-Encoding", request: "POST" + first + "Transfer-Encoding : chunked\r\n\r\n" + chunks, want: []string{"400"}},
		{name: "a folded Transfer-Encoding is one value, and no encoding", request: "POST" + first + "Transfer-Encoding:\r\n identity, chunked\r\n\r\n" + chunks, want: []string{"501"}},
		{name: "Connection cannot name what frames",
			request: "POST" + first + "Connection: close, Content-Length, Transfer-Encoding, Host\r\nContent-Length: 5\r\n\r\nhello",
			heard:   told("POST /", "hello", "Content-Length: 5"), want: []string{"200"}},
		{name: "HTTP/1.0 with chunks: there are none, and what follows is no part of it (CVE-2026-2835)",
			request: "POST / HTTP/1.0\r\nHost: site.example\r\nTransfer-Encoding: chunked\r\n\r\n" + inner,
			heard:   told("POST /", "", "Content-Length: 0"), want: []string{"200"}},
		{name: "HTTP/1.0 with chunks and a length: it is the length",
			request: "POST / HTTP/1.0\r\nHost: site.example\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello" + inner,
			heard:   told("POST /", "hello", "Content-Length: 5"), want: []string{"200"}},
		{name: "a bare LF behind the size of a chunk (CVE-2025-22871)",
			request: "POST" + first + last + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
			heard:   "cut", want: []string{"400"}},
		{name: "a GET with a body has one for the backend, too",
			request: "GET" + first + last + "Content-Length: 36\r\n\r\n" + inner[:36],
			heard:   told("GET /", inner[:36], "Content-Length: 36"), want: []string{"200"}},
		{name: "extensions of chunks end here (CVE-2023-39326)",
			request: "POST" + first + last + "Transfer-Encoding: chunked\r\n\r\n5;a=\"\r\nhello\r\n0;b\r\n\r\n",
			heard:   told("POST /", chunks, "Transfer-Encoding: chunked"), want: []string{"200"}},
		{name: "trailers end here",
			request: "POST" + first + last + "Trailer: X-A\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: 1\r\nContent-Length: 9\r\n\r\n",
			heard:   told("POST /", chunks, "Transfer-Encoding: chunked"), want: []string{"200"}},
		{name: "CONNECT with a length (CVE-2026-56866)", request: "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 36\r\n\r\n" + inner, want: []string{"405"}},
		{name: "CONNECT with chunks", request: "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + inner, want: []string{"405"}},
		{name: "CONNECT with nothing but what follows (CVE-2026-71324)", request: "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n" + inner, want: []string{"405"}},
		{name: "CONNECT to a path", request: "CONNECT /x HTTP/1.1\r\nHost: site.example\r\n\r\n" + inner, want: []string{"405"}},
		{name: "CONNECT that asks for an upgrade", cfg: proxy.Config{Upgrade: []string{"websocket"}},
			request: strings.Replace(upgradeRequest(handshake), "GET /chat", "CONNECT a:80", 1) + inner, want: []string{"405"}},
		{name: "a query of more than 10,000 arguments, and nonsense (CVE-2026-39825)",
			request: "GET /?" + many + " HTTP/1.1\r\nHost: site.example\r\n" + last + "\r\n",
			heard:   told("GET /?"+many, ""), want: []string{"200"}},
		{name: "a query with what is not ASCII", request: "GET /?\xff\";#%00&a=b HTTP/1.1\r\nHost: site.example\r\n" + last + "\r\n",
			heard: told("GET /?\xff\";#%00&a=b", ""), want: []string{"200"}},
		{name: "a host that is none (CVE-2023-29406)", request: "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", want: []string{"400"}},
		{name: "two hosts", request: "GET" + first + "Host: b\r\n\r\n", want: []string{"400"}},
		{name: "no host", request: "GET / HTTP/1.1\r\n\r\n", want: []string{"400"}},
		{name: "the host of a whole URL counts, and not that of the field (caddy#4237)", cfg: proxy.Config{PreserveHost: true},
			request: "GET http://site.example/a HTTP/1.1\r\nHost: evil.example\r\n" + last + "\r\n",
			heard:   strings.Replace(told("GET /a", ""), "Host: backend", "Host: site.example", 1), want: []string{"200"}},
		{name: "a scheme that is none of ours", request: "GET gopher:x HTTP/1.1\r\nHost: site.example\r\n" + last + "\r\n", want: []string{"400"}},
		{name: "a line break that is escaped in the path", request: "GET /%0d%0aX:1 HTTP/1.1\r\nHost: site.example\r\n" + last + "\r\n",
			heard: told("GET /%0d%0aX:1", ""), want: []string{"200"}},
		{name: "fields of HTTP/2 and settings of it", request: "GET" + first + "Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
			heard: told("GET /", ""), want: []string{"200"}},
		{name: "thousands of fields", request: "GET" + first + last + strings.Repeat("X-A: 1\r\n", 10_000) + "\r\n",
			heard: told("GET /", "", strings.Split(strings.TrimSuffix(strings.Repeat("X-A: 1\n", 10_000), "\n"), "\n")...), want: []string{"200"}},
		{name: "more fields than the server takes", request: "GET" + first + last + "X-A: " + strings.Repeat("a", 2<<20) + "\r\n\r\n", want: []string{"431"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			b := startWire(t, func(p *peer) {
				if p.request() != nil {
					p.send(hello)
				}
			})
			response := b.asks(t, tt.cfg, tt.request)
			b.stop()
			if tt.heard == "cut" {
				require.NotContains(t, b.heard(), "hello")
				require.NotContains(t, b.heard(), "0\r\n\r\n")
			} else {
				require.Equal(t, tt.heard, b.heard())
			}
			require.Equal(t, tt.want, statuses(t, response, "GET"))
		})
	}
}

// TestAliasesInAnyCase is GHSA-f59h-q822-g45g: what a backend may take for a field
// that is set here, whatever the case and wherever the "_" or the ".".
func TestAliasesInAnyCase(t *testing.T) {
	var fields []string
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded-For", "Transfer-Encoding", "Content-Length", "Proxy-Authorization"} {
		for _, sep := range []string{"_", "."} {
			alias := strings.ReplaceAll(name, "-", sep)
			fields = append(fields, alias+": evil", strings.ToLower(alias)+": evil", strings.ToUpper(alias)+": evil",
				strings.Replace(name, "-", sep, 1)+": evil", strings.ToLower(strings.Replace(name, "-", sep, 1))+": evil")
		}
	}
	request := "GET / HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
	for _, tt := range []struct {
		aliases proxy.Aliases
		heard   []string
	}{
		{proxy.DropAliases, nil},
		{proxy.KeepAliases, []string{"Forwarded.for", "Forwarded_for"}}, // which is no field of anybody's
	} {
		b := startWire(t, func(p *peer) { p.request(); p.send(hello) })
		require.Equal(t, []string{"200"}, statuses(t, b.asks(t, proxy.Config{Aliases: tt.aliases}, request), "GET"))
		b.stop()
		var kept []string
		for line := range strings.SplitSeq(b.heard(), "\r\n") {
			if name, _, ok := strings.Cut(line, ": evil"); ok && (len(kept) == 0 || kept[len(kept)-1] != name) {
				kept = append(kept, name)
			}
		}
		require.Equal(t, tt.heard, kept, fmt.Sprint(tt.aliases))
	}
}
