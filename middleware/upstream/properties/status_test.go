package properties_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestStatus checks who gets to see what.
func TestStatus(t *testing.T) {
	s := &site{Site: directive.NewSite("localhost"), status: func() any { return map[string]int{"mirrors": 3} }}
	s.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
	require.NoError(t, s.read(t, "x /a {\nstatus /as 127.0.0.1 10.0.0.0/8\n}\nx /b {\nstatus /bs ::1\n}\nx /c"))
	h := middleware.AppHandler(s.layer(middleware.Status(418)).ServeHTTP)
	for _, tt := range []struct {
		name, method, target, peer, field string
		want                              int
	}{
		{"from there", "GET", "/as", "127.0.0.1:1", "", 200},
		{"from there, by IPv6", "GET", "/as", "[::ffff:10.1.1.1]:1", "", 200},
		{"by a proxy that is trusted", "GET", "/as", "192.0.2.1:1", "10.1.1.1", 200},
		{"from elsewhere, by a proxy that is trusted", "GET", "/as", "192.0.2.1:1", "203.0.113.1", 404},
		{"by a proxy that is not trusted", "GET", "/as", "127.0.0.1:1", "10.1.1.1", 404},
		{"from elsewhere", "GET", "/as", "203.0.113.1:1", "", 404},
		{"of another line", "GET", "/bs", "[::1]:1", "", 200},
		{"of another line, from elsewhere", "GET", "/bs", "127.0.0.1:1", "", 404},
		{"the head of it", "HEAD", "/as", "127.0.0.1:1", "", 200},
		{"to change it", "POST", "/as", "127.0.0.1:1", "", 405},
		{"to change it, from elsewhere", "POST", "/as", "203.0.113.1:1", "", 404},
		{"below it", "GET", "/as/", "127.0.0.1:1", "", 418},
		{"anything else", "GET", "/", "127.0.0.1:1", "", 418},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, tt.target, nil)
			r.RemoteAddr = tt.peer
			if tt.field != "" {
				r.Header.Set("X-Forwarded-For", tt.field)
			}
			h.ServeHTTP(w, r)
			require.Equal(t, tt.want, w.Code)
			switch {
			case w.Code == 405:
				require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
			case w.Code != 200:
				require.NotContains(t, w.Body.String(), "a:80")
			case tt.target == "/bs":
				require.JSONEq(t, `{"mirrors": 3}`, w.Body.String())
			default:
				require.Contains(t, w.Body.String(), `"target": "a:80"`)
				require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			}
		})
	}
}

func TestTwice(t *testing.T) {
	require.EqualError(t, new(site).read(t, "x /a\nx /b\nx /a"), "Caddyfile:3:3: x: /a is the test's already, by the line at Caddyfile:1:3")
	require.EqualError(t, new(site).read(t, "x /a {\nstatus /s ::1\n}\nx /b {\nstatus /s ::1\n}"),
		"Caddyfile:5:8: x: /s shows another status already, by the line at Caddyfile:2:8")
}
