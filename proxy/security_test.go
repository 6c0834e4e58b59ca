package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/proxy"
)

var local = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// TestRequestFields checks what backends see of what clients send, by what became
// known as a hole in some proxy.
func TestRequestFields(t *testing.T) {
	value := func(s string) *placeholder.Template { return placeholder.Compile(s, placeholder.Header) }
	for _, tt := range []struct {
		name   string
		cfg    proxy.Config
		fields []string
		want   map[string]string // of what the backend sees; "" is none
	}{
		{"where a request comes from is told", proxy.Config{}, nil,
			map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "site.example", "Forwarded": "", "X-Real-Ip": ""}},
		{"what a stranger says of that is dropped (CVE-2026-35051)", proxy.Config{},
			[]string{"X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil", "X-Forwarded-Prefix: /admin", "X-Real-IP: 10.0.0.1", "Forwarded: for=10.0.0.1"},
			map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "site.example", "X-Forwarded-Prefix": "", "X-Real-Ip": "", "Forwarded": ""}},
		{"what a trusted proxy says of that is added to", proxy.Config{Trusted: local},
			[]string{"X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 10.0.0.2", "X-Forwarded-Proto: https", "X-Forwarded-Host: front", "X-Real-IP: 10.0.0.1"},
			map[string]string{"X-Forwarded-For": "10.0.0.1, 10.0.0.2, 127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "front", "X-Real-Ip": "10.0.0.1"}},
		{"Forwarded is told if asked for (RFC 7239)", proxy.Config{Forwarded: true}, []string{"Forwarded: for=10.0.0.1"},
			map[string]string{"Forwarded": `for=127.0.0.1;host="site.example";proto=http`}},
		{"Forwarded of a trusted proxy is added to", proxy.Config{Forwarded: true, Trusted: local}, []string{"Forwarded: for=10.0.0.1"},
			map[string]string{"Forwarded": `for=10.0.0.1,for=127.0.0.1;host="site.example";proto=http`}},
		{"Forwarded is not let through unless it is added to", proxy.Config{Trusted: local}, []string{"Forwarded: for=10.0.0.1"},
			map[string]string{"Forwarded": ""}},
		{"fields of the connection end here", proxy.Config{},
			[]string{"Keep-Alive: 1", "Proxy-Connection: x", "Proxy-Authorization: x", "Te: gzip", "HTTP2-Settings: x", "Upgrade: h2c"},
			map[string]string{"Connection": "", "Keep-Alive": "", "Proxy-Connection": "", "Proxy-Authorization": "", "Te": "", "Http2-Settings": "", "Upgrade": ""}},
		{"and all those that any line of Connection names (CVE-2021-33197)", proxy.Config{},
			[]string{"Connection:", "Connection: X-A", "Connection: x-b ,X-C", "X-A: 1", "X-B: 1", "X-C: 1", "X-D: 1"},
			map[string]string{"X-A": "", "X-B": "", "X-C": "", "X-D": "1"}},
		{"Connection cannot remove what is told of the client (CVE-2024-45410)", proxy.Config{Trusted: local},
			[]string{"Connection: X-Forwarded-For, X-Forwarded-Host, X-Real-Ip", "X-Forwarded-For: 10.0.0.1", "X-Real-Ip: 10.0.0.1"},
			map[string]string{"X-Forwarded-For": "10.0.0.1, 127.0.0.1", "X-Forwarded-Host": "site.example", "X-Real-Ip": "10.0.0.1"}},
		{"nor what an operation sets (golang/go#50580)", proxy.Config{Up: []proxy.HeaderOp{{Name: "x-user", Value: value("{>X-Name}")}}},
			[]string{"Connection: X-User", "X-User: admin", "X-Name: bob"},
			map[string]string{"X-User": "bob"}},
		{"nor what authorizes (CVE-2022-31813)", proxy.Config{}, []string{"Connection: Authorization, Cookie", "Authorization: x", "Cookie: y"},
			map[string]string{"Authorization": "x", "Cookie": "y"}},
		{"trailers may be asked for, nothing else of TE", proxy.Config{}, []string{"Te: gzip;q=1, trailers"},
			map[string]string{"Te": "trailers", "Connection": "TE"}},
		{"names with _ and . are dropped (CVE-2026-54763)", proxy.Config{}, []string{"X_Forwarded_For: 10.0.0.1", "X.Forwarded-For: 10.0.0.1", "my_field: 1"},
			map[string]string{"X_forwarded_for": "", "X.forwarded-For": "", "My_field": ""}},
		{"or kept, but for aliases of what is set here", proxy.Config{Aliases: proxy.KeepAliases, Up: []proxy.HeaderOp{{Name: "X-User", Value: value("bob")}}},
			[]string{"X_Forwarded_For: 10.0.0.1", "X.User: admin", "my_field: 1"},
			map[string]string{"X_forwarded_for": "", "X.user": "", "My_field": "1"}},
		{"Proxy is dropped (CVE-2016-5385)", proxy.Config{}, []string{"Proxy: http://evil"}, map[string]string{"Proxy": ""}},
		{"a copied field is nobody's word but the source's (CVE-2026-30851)", proxy.Config{Up: []proxy.HeaderOp{{Name: "X-User", Value: value("{>X-Absent}")}}},
			[]string{"X-User: admin"}, map[string]string{"X-User": ""}},
		{"no field is made up", proxy.Config{}, nil, map[string]string{"User-Agent": "", "Accept-Encoding": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, response := sees(t, tt.cfg)(plainly("/", tt.fields...))
			require.NotNil(t, seen, response)
			got := map[string]string{}
			for name := range tt.want {
				got[name] = strings.Join(seen.Header[name], ",")
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// TestFieldSetToNil is CVE-2022-32148: a layer further out says that a field is
// not to be sent.
func TestFieldSetToNil(t *testing.T) {
	var seen http.Header
	b := startRaw(t, func(p *peer) { seen = p.request().Header; p.send(hello) })
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{})})
	front := httptest.NewServer(middleware.AppHandler(func(w http.ResponseWriter, r *http.Request) (int, error) {
		r.Header["X-Forwarded-For"] = nil
		return h.ServeHTTP(w, r)
	}))
	defer front.Close()
	exchangeRaw(t, front.URL, plainly("/"))
	require.NotContains(t, seen, "X-Forwarded-For")
	require.Contains(t, seen, "X-Forwarded-Host")
}

// TestTargets checks what backends are asked for.
func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cfg    proxy.Config
		base   string
		target string
		want   string // "400" is a refusal
	}{
		{"the query is passed on byte for byte (CVE-2022-2880)", proxy.Config{}, "", "/?a=1;b=2&%zz&c=%2", "/?a=1;b=2&%zz&c=%2"},
		{"so is one that is empty", proxy.Config{}, "", "/a?", "/a?"},
		{"escapes stay (CVE-2025-66490)", proxy.Config{}, "", "/a%2Fb%20c/%E2%82%ac", "/a%2Fb%20c/%E2%82%ac"},
		{"of a whole URL only the path counts (caddy#4237)", proxy.Config{}, "", "http://other.example/a?b", "/a?b"},
		{"doubled slashes stay", proxy.Config{}, "", "/a//b", "/a//b"},
		{"matching a scope after resolving is not enough", proxy.Config{From: "/public"}, "", "/admin/..%2fpublic/", "400"},
		{"a prefix that is only seen resolved is not taken away", proxy.Config{Without: "/api"}, "", "//api/x", "400"},
		{"nor one whose slash is escaped", proxy.Config{Without: "/a/b"}, "", "/a%2Fb/c", "400"},
		{"one that is escaped otherwise is", proxy.Config{Without: "/api"}, "", "/%61pi/x%2Fy", "/x%2Fy"},
		{"dots that follow it are refused", proxy.Config{Without: "/api"}, "", "/api/./x", "400"},
		{"escaped dots, too", proxy.Config{Without: "/api"}, "", "/api/x/%2e%2e%2fy", "400"},
		{"a slash that follows its own", proxy.Config{Without: "/api"}, "", "/api//evil.example", "400"},
		{"the target's path comes first", proxy.Config{}, "/v1/", "/a%20b?c", "/v1/a%20b?c"},
		{"its escapes stay", proxy.Config{}, "/v%201", "/a", "/v%201/a"},
		{"dots do not lead out of it", proxy.Config{}, "/v1", "/../admin", "400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got string
			b := startRaw(t, func(p *peer) {
				if r := p.request(); r != nil {
					got = r.RequestURI
					p.send(hello)
				}
			})
			tt.cfg.Upstreams = group(t, b.url()+tt.base)
			response := exchangeRaw(t, serveProxy(t, tt.cfg), plainly(tt.target))
			if tt.want == "400" {
				require.Contains(t, response, "HTTP/1.1 400 ")
				require.Empty(t, got)
				return
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestHost(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  proxy.Config
		want string // "" is the backend's
	}{
		{"the backend's by default, as in Caddy 0.7.1", proxy.Config{}, ""},
		{"the client's if preserved", proxy.Config{PreserveHost: true}, "site.example"},
		{"that of an operation", proxy.Config{PreserveHost: true, Up: []proxy.HeaderOp{
			{Name: "Host", Value: placeholder.Compile("inner.{host}", placeholder.Header)}}}, "inner.site.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, response := sees(t, tt.cfg)(plainly("/"))
			require.NotNil(t, seen, response)
			if tt.want == "" {
				require.Regexp(t, `^127\.0\.0\.1:\d+$`, seen.Host)
				return
			}
			require.Equal(t, tt.want, seen.Host)
		})
	}
}

func TestAliasesRejected(t *testing.T) {
	seen, response := sees(t, proxy.Config{Aliases: proxy.RejectAliases})(plainly("/", "X_A: 1"))
	require.Nil(t, seen)
	require.Contains(t, response, "HTTP/1.1 400 ")
}

// TestConnect is CVE-2026-56866, CVE-2026-71324: what follows a CONNECT is not
// delimited, and a backend could take it for further requests.
func TestConnect(t *testing.T) {
	seen, response := sees(t, proxy.Config{})("CONNECT site.example:80 HTTP/1.1\r\nHost: site.example:80\r\nContent-Length: 36\r\n\r\n" +
		"GET /poison HTTP/1.1\r\nHost: inner\r\n\r\n")
	require.Nil(t, seen)
	require.Contains(t, response, "HTTP/1.1 405 ")
	require.Contains(t, response, "Connection: close\r\n")
	require.Equal(t, 1, strings.Count(response, "HTTP/1.1 "))
}

// TestTrailersOfRequests checks that a client cannot send fields behind the body
// that a backend may take for fields of the head.
func TestTrailersOfRequests(t *testing.T) {
	seen, response := sees(t, proxy.Config{})("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTrailer: X-Forwarded-For\r\n" +
		"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")
	require.NotNil(t, seen, response)
	require.Empty(t, seen.Trailer)
	require.Equal(t, []string{"127.0.0.1"}, seen.Header["X-Forwarded-For"])
}

// TestProxyExpect is CVE-2024-24791: a final answer in place of 100 (Continue).
func TestProxyExpect(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
		if r := p.head(); r != nil {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
		}
	})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url())})
	response := exchangeRaw(t, front, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n")
	require.True(t, strings.HasPrefix(response, "HTTP/1.1 403 Forbidden\r\n"), response)
	require.NotContains(t, response, "100 Continue")
	require.Equal(t, 1, b.count())
}
