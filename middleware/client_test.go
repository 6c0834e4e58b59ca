package middleware_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

func TestClientIP(t *testing.T) {
	for _, tt := range []struct {
		name    string
		peer    string
		fields  []string // of X-Forwarded-For
		trusted string
		want    string // "" is the zero Addr
	}{
		{"nobody is trusted", "10.0.0.1:4", []string{"203.0.113.9"}, "", "10.0.0.1"},
		{"the peer is not trusted", "192.0.2.1:4", []string{"203.0.113.9"}, "10.0.0.0/8", "192.0.2.1"},
		{"the peer is trusted", "10.0.0.1:4", []string{"203.0.113.9"}, "10.0.0.0/8", "203.0.113.9"},
		{"nothing was forwarded", "10.0.0.1:4", nil, "10.0.0.0/8", "10.0.0.1"},
		{"an empty field", "10.0.0.1:4", []string{""}, "10.0.0.0/8", "10.0.0.1"},
		{"what the client made up stands to the left", "10.0.0.1:4", []string{"127.0.0.1, 198.51.100.7, 203.0.113.9"}, "10.0.0.0/8", "203.0.113.9"},
		{"what the client made up looks like a proxy", "10.0.0.1:4", []string{"198.51.100.7, 10.9.9.9, 203.0.113.9"}, "10.0.0.0/8", "203.0.113.9"},
		{"several proxies", "10.0.0.1:4", []string{"203.0.113.9, 10.0.0.3, 10.0.0.2"}, "10.0.0.0/8", "203.0.113.9"},
		{"proxies all the way", "10.0.0.1:4", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.0/8", "10.0.0.3"},
		{"several lines", "10.0.0.1:4", []string{"198.51.100.7", "203.0.113.9", "10.0.0.2"}, "10.0.0.0/8", "203.0.113.9"},
		{"several lines, of several each", "10.0.0.1:4", []string{"198.51.100.7, 203.0.113.9", "10.0.0.3, 10.0.0.2"}, "10.0.0.0/8", "203.0.113.9"},
		{"IPv6", "[2001:db8::1]:4", []string{"2001:db8:1::9"}, "2001:db8::/64", "2001:db8:1::9"},
		{"IPv6, in brackets", "[::1]:4", []string{"[2001:db8:1::9]"}, "::1/128", "2001:db8:1::9"},
		{"IPv6, with a port", "[::1]:4", []string{"[2001:db8:1::9]:443"}, "::1/128", "2001:db8:1::9"},
		{"IPv4, with a port", "[::1]:4", []string{"203.0.113.9:443"}, "::1/128", "203.0.113.9"},
		{"the peer is IPv4, mapped", "[::ffff:10.0.0.1]:4", []string{"203.0.113.9"}, "10.0.0.0/8", "203.0.113.9"},
		{"a proxy is IPv4, mapped", "10.0.0.1:4", []string{"203.0.113.9, ::ffff:10.0.0.2"}, "10.0.0.0/8", "203.0.113.9"},
		{"the client is IPv4, mapped", "10.0.0.1:4", []string{"::ffff:203.0.113.9"}, "10.0.0.0/8", "203.0.113.9"},
		{"the peer has a zone", "[fe80::1%eth0]:4", []string{"203.0.113.9"}, "fe80::/10", "203.0.113.9"},
		{"the client has a zone", "10.0.0.1:4", []string{"fe80::9%eth0"}, "10.0.0.0/8", "fe80::9"},
		{"garbage", "10.0.0.1:4", []string{"unknown"}, "10.0.0.0/8", "10.0.0.1"},
		{"garbage behind a proxy", "10.0.0.1:4", []string{"203.0.113.9, unknown, 10.0.0.2"}, "10.0.0.0/8", "10.0.0.2"},
		{"garbage to the left of the client", "10.0.0.1:4", []string{"unknown, 203.0.113.9"}, "10.0.0.0/8", "203.0.113.9"},
		{"too many brackets", "10.0.0.1:4", []string{"[[2001:db8::9]]"}, "10.0.0.0/8", "10.0.0.1"},
		{"a host", "10.0.0.1:4", []string{"localhost"}, "10.0.0.0/8", "10.0.0.1"},
		{"an entry left empty", "10.0.0.1:4", []string{"203.0.113.9, ,10.0.0.2,"}, "10.0.0.0/8", "203.0.113.9"},
		{"blanks", "10.0.0.1:4", []string{" \t203.0.113.9 \t,\t10.0.0.2 "}, "10.0.0.0/8", "203.0.113.9"},
		{"a Unix socket", "@", []string{"203.0.113.9"}, "10.0.0.0/8", ""},
		{"a Unix socket, nobody is trusted", "@", []string{"203.0.113.9"}, "", ""},
		{"a Unix socket, trusted", "@", []string{"203.0.113.9"}, "127.0.0.1/32", "203.0.113.9"},
		{"a Unix socket, trusted, from which nothing comes", "@", nil, "127.0.0.1/32", ""},
		{"a Unix socket, trusted, that talks garbage", "/run/x.sock", []string{"unknown"}, "127.0.0.1/32", ""},
		{"a Unix socket without a name", "", []string{"203.0.113.9"}, "127.0.0.1/32", "203.0.113.9"},
		{"a peer without a port", "10.0.0.1", []string{"203.0.113.9"}, "10.0.0.0/8", "203.0.113.9"},
		{"everybody is trusted", "192.0.2.1:4", []string{"198.51.100.7, 203.0.113.9"}, "0.0.0.0/0", "198.51.100.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.fields
			for _, field := range []string{"Forwarded", "X-Real-Ip", "X-Client-Ip", "Cf-Connecting-Ip"} {
				r.Header.Set(field, "198.51.100.99") // which nobody should look at
			}
			var trusted []netip.Prefix
			if tt.trusted != "" {
				trusted = []netip.Prefix{netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix(tt.trusted)}
			}
			var want netip.Addr
			if tt.want != "" {
				want = netip.MustParseAddr(tt.want)
			}
			require.Equal(t, want, middleware.ClientIP(r, trusted))
		})
	}
}

func TestPeerIP(t *testing.T) {
	for _, tt := range []struct {
		remote, want string // "" is none
	}{
		{"192.0.2.1:4", "192.0.2.1"},
		{"192.0.2.1", "192.0.2.1"},
		{"[2001:db8::1]:4", "2001:db8::1"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[::ffff:192.0.2.1]:4", "192.0.2.1"},
		{"[fe80::1%eth0]:4", "fe80::1"},
		{"@", ""},
		{"", ""},
		{"localhost:4", ""},
		{"/run/192.0.2.1", ""},
	} {
		t.Run(tt.remote, func(t *testing.T) {
			peer, ok := middleware.PeerIP(&http.Request{RemoteAddr: tt.remote})
			require.Equal(t, tt.want != "", ok)
			if ok {
				require.Equal(t, netip.MustParseAddr(tt.want), peer)
			}
		})
	}
}

// TestClientIPOnASocket checks that a client that calls its end of a Unix socket
// as if it were an address is not taken for a proxy of that address.
func TestClientIPOnASocket(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:80"
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r = r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, &net.UnixAddr{Name: "/run/x.sock", Net: "unix"}))
	_, ok := middleware.PeerIP(r)
	require.False(t, ok)
	proxies := netip.MustParsePrefix("10.0.0.0/8")
	require.Zero(t, middleware.ClientIP(r, []netip.Prefix{proxies}))
	local := netip.MustParsePrefix("127.0.0.0/8")
	require.Equal(t, netip.MustParseAddr("203.0.113.9"), middleware.ClientIP(r, []netip.Prefix{local}))
}

// FuzzClientIP checks that nobody passes for somebody else: the client is the peer
// unless the peer is trusted, and then it is somebody that a trusted proxy named,
// or the last of them.
func FuzzClientIP(f *testing.F) {
	f.Add("10.0.0.1:4", "198.51.100.7, 203.0.113.9", "10.0.0.2")
	f.Add("192.0.2.1:4", "203.0.113.9", "")
	f.Add("@", "[::ffff:10.0.0.2]:443", "fe80::1%eth0,,")
	f.Add("[::1]:4", "unknown", "]")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::/64")}
	isTrusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	f.Fuzz(func(t *testing.T, remote, first, second string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {first, second}}}
		client := middleware.ClientIP(r, trusted)
		if client.Zone() != "" || client.Is4In6() {
			t.Errorf("%v is written in a way that others are not", client)
		}
		peer, ok := middleware.PeerIP(r)
		if !ok || !isTrusted(peer) {
			if client != peer {
				t.Fatalf("%v passes for %v", peer, client)
			}
			return
		}
		if client != peer && !strings.Contains(first+second, ".") && !strings.Contains(first+second, ":") {
			t.Errorf("%v comes from nowhere", client)
		}
		// Whatever the client adds in front is not read, once there is a client.
		if !isTrusted(client) && client != peer {
			r.Header["X-Forwarded-For"] = []string{"198.51.100.99", "198.51.100.98," + first, second}
			if got := middleware.ClientIP(r, trusted); got != client {
				t.Errorf("%v passes for %v", client, got)
			}
		}
	})
}

func BenchmarkClientIP(b *testing.B) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:4"
	r.Header.Set("X-Forwarded-For", "198.51.100.7, 203.0.113.9, 10.0.0.2")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	b.ReportAllocs()
	for b.Loop() {
		middleware.ClientIP(r, trusted)
	}
}

func TestVerifiedIP(t *testing.T) {
	for _, tt := range []struct {
		name, peer  string
		field, said string
		want        string // "" is the zero Addr
	}{
		{"nothing was forwarded", "203.0.113.9:4", "", "", "203.0.113.9"},
		{"by a proxy that is trusted", "10.0.0.1:4", "X-Forwarded-For", "203.0.113.9", "203.0.113.9"},
		{"by a proxy that is trusted, which does not say for whom", "10.0.0.1:4", "Via", "1.1 x", "10.0.0.1"},
		{"by a Unix socket that is trusted", "@", "X-Forwarded-For", "203.0.113.9", "203.0.113.9"},
		{"by another proxy", "192.0.2.1:4", "X-Forwarded-For", "203.0.113.9", ""},
		{"by another proxy, which says otherwise", "192.0.2.1:4", "Forwarded", "for=203.0.113.9", ""},
		{"by another proxy, which says only that", "192.0.2.1:4", "Via", "1.1 x", ""},
		{"by another proxy, which says of the host only", "192.0.2.1:4", "X-Forwarded-Host", "x", ""},
		{"nobody is known", "@", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			if tt.field != "" {
				r.Header.Set(tt.field, tt.said)
			}
			if tt.peer == "@" {
				r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.UnixAddr{}))
			}
			trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}
			var want netip.Addr
			if tt.want != "" {
				want = netip.MustParseAddr(tt.want)
			}
			require.Equal(t, want, middleware.VerifiedIP(r, trusted))
		})
	}
}
