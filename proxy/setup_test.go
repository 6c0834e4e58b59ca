package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/proxy"
)

// TestDirective checks what backends see by what a Caddyfile says.
func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  string // with the address of the backend for ADDR
		target string
		fields []string
		want   string // request line, Host and further fields; "" is the next handler
	}{
		{"a prefix", "proxy /foo ADDR", "/foo/x?y", nil, "GET /foo/x?y ADDR"},
		{"elsewhere", "proxy /foo ADDR", "/bar", nil, ""},
		{"the longest prefix wins, wherever it stands", "proxy / 127.0.0.1:1\nproxy /foo/bar ADDR\nproxy /foo 127.0.0.1:1", "/foo/bar/x", nil, "GET /foo/bar/x ADDR"},
		{"excepted from one, it is another's", "proxy /foo 127.0.0.1:1 {\n except /bar /baz\n}\nproxy / ADDR", "/foo/bar", nil, "GET /foo/bar ADDR"},
		{"excepted by the whole path", "proxy /foo 127.0.0.1:1 {\n except /foo/bar\n}", "/foo/bar", nil, ""},
		{"without the prefix", "proxy /foo ADDR {\n without /foo\n}", "/foo/x", nil, "GET /x ADDR"},
		{"transparent", "proxy / ADDR {\n transparent\n}", "/", nil, "GET / site.example X-Real-Ip=127.0.0.1"},
		{"fields of Caddy 0.7.1", "proxy / ADDR {\n proxy_header X-A {>X-B}\n proxy_header Host inner\n}", "/", []string{"X-B: b"}, "GET / inner X-A=b"},
		{"fields of Caddy 1.0.5", "proxy / ADDR {\n header_upstream +X-A 2\n header_upstream -X-Secret*\n header_upstream X-C ^(.)(.) $2$1\n}", "/",
			[]string{"X-A: 1", "X-Secret-1: s", "X-Secret-2: s", "X-C: abc"}, "GET / ADDR X-A=1,2 X-C=bac"},
		{"more servers in the block", "proxy / {\n upstream ADDR\n}", "/", nil, "GET / ADDR"},
		{"everything else", `proxy / ADDR {
			policy first
			fail_timeout 1s
			max_fails 2
			max_conns 100
			try_duration 1s
			try_interval 10ms
			health_check /health 1m
			health_check_timeout 1s
			health_check_contains ok
			header_downstream -Server
			websocket
			keepalive 10
			timeout 3s
			fallback_delay 100ms
			insecure_skip_verify
		}`, "/", nil, "GET / ADDR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got string
			backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/health" {
					w.Write([]byte("it is ok"))
					return
				}
				got = r.Method + " " + r.RequestURI + " " + r.Host
				for _, name := range []string{"X-A", "X-Real-Ip", "X-Secret-1", "X-Secret-2", "X-C"} {
					if v := r.Header.Values(name); v != nil {
						got += " " + name + "=" + strings.Join(v, ",")
					}
				}
			}))
			defer backend.Close()
			addr := backend.Listener.Addr().String()
			mw, err := caddyfiletest.Setup(t, proxy.Directive, strings.ReplaceAll(tt.lines, "ADDR", addr))
			require.NoError(t, err)
			front := httptest.NewServer(middleware.AppHandler(mw(middleware.Status(404)).ServeHTTP))
			defer front.Close()
			exchangeRaw(t, front.URL, plainly(tt.target, tt.fields...))
			require.Equal(t, strings.ReplaceAll(tt.want, "ADDR", addr), got)
		})
	}
}

// TestDirectivePolicies checks that every policy can be named.
func TestDirectivePolicies(t *testing.T) {
	for _, policy := range []string{
		"random", "least_conn", "round_robin", "first", "p2c", "least_time", "ewma", "ip_hash", "client_ip_hash", "uri_hash",
		"random_choose 3", "header X-Tenant", "query id", "cookie lb", "cookie lb 0123456789abcdef",
	} {
		_, err := caddyfiletest.Setup(t, proxy.Directive, "proxy / localhost:9001 localhost:9003 {\n policy "+policy+"\n}")
		require.NoError(t, err, policy)
	}
}

// TestDirectiveSecret checks that a cookie leads to the same backend by way of all
// proxies that have the same secret, also after one of them was started anew.
func TestDirectiveSecret(t *testing.T) {
	var servers strings.Builder
	for _, name := range []string{"a", "b", "c"} {
		servers.WriteString(" " + startRaw(t, always(ok+"Content-Length: 1\r\n\r\n"+name)).url())
	}
	ask := func(secret, cookie string) (answer string, set []*http.Cookie) {
		mw, err := caddyfiletest.Setup(t, proxy.Directive, "proxy /"+servers.String()+" {\n policy cookie lb "+secret+"\n}")
		require.NoError(t, err)
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		if cookie != "" {
			r.Header.Set("Cookie", "lb="+cookie)
		}
		_, err = mw(nil).ServeHTTP(w, r)
		require.NoError(t, err)
		return w.Body.String(), w.Result().Cookies()
	}
	first, set := ask("0123456789abcdef", "")
	require.Len(t, set, 1)
	for range 10 {
		again, more := ask("0123456789abcdef", set[0].Value)
		require.Equal(t, first, again)
		require.Empty(t, more)
	}
	_, more := ask("0123456789abcdeF", set[0].Value)
	require.Len(t, more, 1, "of another secret")
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "proxy", "Caddyfile:1:1: proxy: a path is missing"},
		{"no server", "proxy /", "Caddyfile:1:1: proxy: no server is given to send requests to"},
		{"a FROM that is none", "proxy localhost:1 localhost:2", `Caddyfile:1:7: proxy: "localhost:1" is not a path: a path begins with /`},
		{"a TO that is none", "proxy / localhost:x", `Caddyfile:1:9: proxy: "localhost:x": "x" is not a port`},
		{"another protocol", "proxy / fastcgi://localhost", `Caddyfile:1:9: proxy: "fastcgi://localhost": FastCGI is not spoken here`},
		{"the same FROM again", "proxy /a localhost\nproxy /a localhost", "Caddyfile:2:7: proxy: /a is sent on already, by the line at Caddyfile:1:7"},
		{"an unknown policy", "proxy / localhost {\n policy randon\n}", `Caddyfile:2:9: proxy: policy: unknown policy "randon" (did you mean "random"?)`},
		{"a policy that lacks its argument", "proxy / localhost {\n policy header\n}", "Caddyfile:2:2: proxy: policy: what it goes by is missing"},
		{"a policy with an argument too many", "proxy / localhost {\n policy first x\n}", `Caddyfile:2:15: proxy: policy: unexpected "x"`},
		{"a secret that is none", "proxy / localhost {\n policy cookie lb secret\n}", "Caddyfile:2:19: proxy: policy: a secret has at least 16 bytes"},
		{"a policy with more than its argument", "proxy / localhost {\n policy header X-A x\n}", `Caddyfile:2:20: proxy: policy: unexpected "x"`},
		{"an unknown property", "proxy / localhost {\n max_fail 3\n}", `Caddyfile:2:2: proxy: unknown property "max_fail" (did you mean "max_fails"?)`},
		{"the hand-made websocket of Caddy 0.7.1", "proxy / localhost {\n proxy_header Connection {>Connection}\n}",
			"Caddyfile:2:15: proxy: proxy_header: Connection is between two servers only; for WebSockets, say websocket"},
		{"a length", "proxy / localhost {\n header_downstream -Content-Length\n}",
			"Caddyfile:2:20: proxy: header_downstream: Content-Length is not for anybody to change"},
		{"a field without its value", "proxy / localhost {\n header_upstream X-A\n}", "Caddyfile:2:2: proxy: header_upstream: a value is missing"},
		{"a value of what is deleted", "proxy / localhost {\n header_upstream -X-A 1\n}",
			"Caddyfile:2:23: proxy: header_upstream: what is deleted has no value"},
		{"a pattern that is none", "proxy / localhost {\n header_upstream X-A (a b\n}",
			"Caddyfile:2:22: proxy: header_upstream: error parsing regexp: missing closing ): `(a`"},
		{"a pattern that is too long", "proxy / localhost {\n header_downstream X-A " + strings.Repeat("a", 4097) + " b\n}",
			"Caddyfile:2:24: proxy: header_downstream: a pattern of 4097 bytes is too long: 4096 are allowed"},
		{"an argument of a switch", "proxy / localhost {\n websocket on\n}", `Caddyfile:2:12: proxy: websocket: unexpected "on"`},
		{"half of a health check", "proxy / localhost {\n health_check_port 80\n}",
			"Caddyfile:2:2: proxy: there is no health_check that this could be for"},
		{"a health check of no path", "proxy / localhost {\n health_check health\n}",
			`Caddyfile:2:15: proxy: health_check: "health" is not a path: it has to begin with a slash`},
		{"authorities that are none", "proxy / https://localhost {\n ca_certificates setup_test.go\n}",
			"Caddyfile:2:18: proxy: ca_certificates: there is no certificate in setup_test.go"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, proxy.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
