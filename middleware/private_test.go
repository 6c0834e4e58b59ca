package middleware_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestPrivate checks who is let in, from where, and under which name of the host.
func TestPrivate(t *testing.T) {
	var local middleware.Private
	office := middleware.Private{
		Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Hosts:    []string{"Debug.Example"},
	}
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	for _, tt := range []struct {
		name, peer, host string
		header           http.Header
		local, office    bool
	}{
		{"this machine, by name", "127.0.0.1:1", "localhost", nil, true, true},
		{"this machine, by name and port", "127.0.0.1:1", "LocalHost.:8080", nil, true, true},
		{"this machine, by address", "127.0.0.9:1", "127.0.0.1:8080", nil, true, true},
		{"this machine, IPv6", "[::1]:1", "[::1]:8080", nil, true, true},
		{"this machine, IPv6 without a port", "[::1]:1", "[::1]", nil, true, true},
		{"this machine, mapped address", "[::ffff:127.0.0.1]:1", "127.0.0.1", nil, true, true},
		{"a Unix socket", "@", "localhost", nil, true, true},
		{"a Unix socket whose client calls its end so", "10.0.0.1:80", "localhost", nil, true, true},
		{"a Unix socket, under the name of another site", "@", "evil.example", nil, false, false},
		{"nobody knows from where", "", "localhost", nil, false, false},
		{"DNS rebinding", "127.0.0.1:1", "evil.example:8080", nil, false, false},
		{"DNS rebinding with a name that looks local", "127.0.0.1:1", "localhost.evil.example", nil, false, false},
		{"DNS rebinding with a name that looks like an address", "127.0.0.1:1", "127.0.0.1.evil.example", nil, false, false},
		{"no host", "127.0.0.1:1", "", nil, false, false},
		{"another machine", "192.0.2.1:1", "localhost", nil, false, false},
		{"the office, by address", "10.1.2.3:1", "10.0.0.1:80", nil, false, true},
		{"the office, by a name it is known by", "10.1.2.3:1", "debug.example:80", nil, false, true},
		{"the office, by another name", "10.1.2.3:1", "evil.example", nil, false, false},
		{"the name of the office on this machine", "127.0.0.1:1", "debug.example", nil, false, false},
		{"X-Forwarded-For", "127.0.0.1:1", "localhost", header("X-Forwarded-For", "127.0.0.1"), false, false},
		{"X-Forwarded-Proto", "10.1.2.3:1", "10.0.0.1", header("X-Forwarded-Proto", ""), false, false},
		{"Forwarded", "127.0.0.1:1", "localhost", header("Forwarded", "for=127.0.0.1"), false, false},
		{"Via", "127.0.0.1:1", "localhost", header("Via", "1.1 proxy"), false, false},
		{"X-Real-IP", "127.0.0.1:1", "localhost", header("X-Real-Ip", "127.0.0.1"), false, false},
		{"typed into a browser", "127.0.0.1:1", "localhost", header("Sec-Fetch-Site", "none"), true, true},
		{"a page of its own", "127.0.0.1:1", "localhost", header("Sec-Fetch-Site", "same-origin"), true, true},
		{"a page of another site", "127.0.0.1:1", "localhost", header("Sec-Fetch-Site", "cross-site"), false, false},
		{"a page of another port", "127.0.0.1:1", "localhost", header("Sec-Fetch-Site", "same-site"), false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Host, r.Header = tt.peer, tt.host, tt.header
			if tt.peer == "@" || tt.peer == "10.0.0.1:80" {
				r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.UnixAddr{Name: "s", Net: "unix"}))
			}
			require.Equal(t, tt.local, local.Allows(r), "the zero value")
			require.Equal(t, tt.office, office.Allows(r), "with a network")
		})
	}
}

// TestAccess checks who is let in by whose word.
func TestAccess(t *testing.T) {
	for _, tt := range []struct {
		name       string
		access     middleware.Access
		peer, user string
		site       string // Sec-Fetch-Site
		want       bool
	}{
		{"nobody is, unless said so", middleware.Access{}, "127.0.0.1:1", "ada", "", false},
		{"this machine", middleware.Access{Private: &middleware.Private{}}, "127.0.0.1:1", "", "", true},
		{"another machine", middleware.Access{Private: &middleware.Private{}}, "192.0.2.1:1", "ada", "", false},
		{"a user", middleware.Access{Users: true}, "192.0.2.1:1", "ada", "", true},
		{"nobody known", middleware.Access{Users: true}, "127.0.0.1:1", "", "", false},
		{"a user's browser, by itself", middleware.Access{Users: true}, "192.0.2.1:1", "ada", "none", true},
		{"a user's browser, for another site", middleware.Access{Users: true}, "192.0.2.1:1", "ada", "cross-site", false},
		{"either", middleware.Access{Users: true, Private: &middleware.Private{}}, "127.0.0.1:1", "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", "http://localhost/", nil)
			r.RemoteAddr = tt.peer
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			if tt.user != "" {
				middleware.Note(w, slog.String(middleware.NoteUser, tt.user))
			}
			require.Equal(t, tt.want, tt.access.Allows(w, r))
		})
	}
}
