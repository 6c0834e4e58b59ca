package proxy_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// TestStatus checks who gets to see what backends are doing, and that it is true.
func TestStatus(t *testing.T) {
	b := startRaw(t, always(hello))
	site := directive.NewSite("localhost")
	site.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
	mw, err := caddyfiletest.SetupIn(t, site, proxy.Directive,
		"proxy / "+b.url()+" {\n status /upstreams 127.0.0.1 10.0.0.0/8\n mirror 100 "+b.url()+"\n}\nproxy /other "+b.url()+" {\n status /others ::1\n}")
	require.NoError(t, err)
	h := middleware.AppHandler(mw(middleware.Status(404)).ServeHTTP)
	for _, tt := range []struct {
		name, method, target, peer, field string
		want                              int
	}{
		{"from there", "GET", "/upstreams", "127.0.0.1:1", "", 200},
		{"from there, by IPv6", "GET", "/upstreams", "[::ffff:10.1.1.1]:1", "", 200},
		{"by a proxy that is trusted", "GET", "/upstreams", "192.0.2.1:1", "10.1.1.1", 200},
		{"from elsewhere, by a proxy that is trusted", "GET", "/upstreams", "192.0.2.1:1", "203.0.113.1", 404},
		{"by a proxy that is not trusted", "GET", "/upstreams", "127.0.0.1:1", "10.1.1.1", 404},
		{"from elsewhere", "GET", "/upstreams", "203.0.113.1:1", "", 404},
		{"of another line", "GET", "/others", "[::1]:1", "", 200},
		{"of another line, from elsewhere", "GET", "/others", "127.0.0.1:1", "", 404},
		{"to change it", "POST", "/upstreams", "127.0.0.1:1", "", 405},
		{"anything else", "GET", "/upstreams/", "127.0.0.1:1", "", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, tt.target, nil)
			r.RemoteAddr = tt.peer
			if tt.field != "" {
				r.Header.Set("X-Forwarded-For", tt.field)
			}
			h.ServeHTTP(w, r)
			require.Equal(t, tt.want, w.Code)
			if tt.want != 200 {
				return
			}
			if tt.target == "/upstreams/" {
				require.Equal(t, "hello", w.Body.String())
				return
			}
			var got struct {
				upstream.Status
				Mirror *proxy.MirrorStatus
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			require.Len(t, got.Upstreams, 1)
			require.Equal(t, b.url(), got.Upstreams[0].Target)
			require.Equal(t, "up", got.Upstreams[0].State)
			require.Equal(t, tt.target == "/upstreams", got.Mirror != nil)
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		})
	}
	_, err = caddyfiletest.Setup(t, proxy.Directive, "proxy /a localhost {\n status /s ::1\n}\nproxy /b localhost {\n status /s ::1\n}")
	require.EqualError(t, err, "Caddyfile:5:9: proxy: /s shows another status already, by the line at Caddyfile:2:9")
}
