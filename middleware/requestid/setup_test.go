package requestid_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/requestid"
)

func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name   string
		src    string
		header string
		kept   bool // an identifier sent from 192.0.2.1
	}{
		{"defaults", "request_id", "X-Request-Id", false},
		{"another header", "request_id X-Trace", "X-Trace", false},
		{"trust", "request_id {\n trust 10.0.0.0/8 192.0.2.0/24\n}", "X-Request-Id", true},
		{"trust, repeated", "request_id X-Trace {\n trust 192.0.2.0/24\n trust ::1/128\n}", "X-Trace", true},
		{"trust, on one line", "request_id { trust 10.0.0.0/8 }", "X-Request-Id", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mw, err := caddyfiletest.Setup(t, requestid.Directive, tt.src)
			require.NoError(t, err)

			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
			r.Header.Set(tt.header, "sent")
			mw(nothing).ServeHTTP(w, r)
			require.NotEmpty(t, w.Header().Get(tt.header))
			require.Equal(t, tt.kept, w.Header().Get(tt.header) == "sent")
		})
	}
}

// TestDirectiveTrustsTheSitesProxies checks that who is trusted to name the client
// is trusted to name the request.
func TestDirectiveTrustsTheSitesProxies(t *testing.T) {
	site := directive.NewSite()
	site.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	mw, err := caddyfiletest.SetupIn(t, site, requestid.Directive, "request_id { trust 10.0.0.0/8 }")
	require.NoError(t, err)
	for peer, kept := range map[string]bool{"192.0.2.1:1": true, "10.0.0.1:1": true, "198.51.100.1:1": false} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		r.Header.Set(requestid.DefaultHeader, "sent")
		mw(nothing).ServeHTTP(w, r)
		require.Equal(t, kept, w.Header().Get(requestid.DefaultHeader) == "sent", peer)
	}
	require.Len(t, site.Trusted, 1, "the site's own list is left alone")
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"two headers", "request_id a b",
			`Caddyfile:1:14: request_id: unexpected "b"`},
		{"no header", `request_id "X Trace"`,
			`Caddyfile:1:12: request_id: "X Trace" cannot be the name of a header`},
		{"trust in nobody", "request_id {\n  trust\n}",
			`Caddyfile:2:3: request_id: trust: a network such as 10.0.0.0/8 is missing`},
		{"trust in no network", "request_id { trust 10.0.0.0/8 me }",
			`Caddyfile:1:31: request_id: trust: "me" is not a network such as 10.0.0.0/8`},
		{"block of trust", "request_id {\n  trust 10.0.0.0/8 {\n    always\n  }\n}",
			`Caddyfile:2:3: request_id: trust: takes no block`},
		{"unknown property", "request_id {\n\n\tbelieve all\n}",
			`Caddyfile:3:2: request_id: unknown property "believe"`},
		{"given twice", "request_id\nrequest_id X-Trace",
			`Caddyfile:2:1: request_id: already given at Caddyfile:1:1`},
		{"several", "request_id a b {\n  trust\n}\nrequest_id",
			"Caddyfile:1:14: request_id: unexpected \"b\"\n" +
				"Caddyfile:2:3: request_id: trust: a network such as 10.0.0.0/8 is missing\n" +
				"Caddyfile:4:1: request_id: already given at Caddyfile:1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, requestid.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
