package caddyfile_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestLocalhostIsOnBothLoopbacks checks that a browser may take localhost for
// either address, where the machine has both.
func TestLocalhostIsOnBothLoopbacks(t *testing.T) {
	server := build(t, "localhost:0")
	require.NoError(t, server.Listen(t.Context()))
	for _, l := range server.Listeners() {
		require.True(t, l.Addr.(*net.TCPAddr).IP.IsLoopback(), l.Addr)
	}
	require.NotEmpty(t, server.Listeners())
}

// TestPorts checks where sites that share a port are listened for.
func TestPorts(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"a name", "example.com:80", []string{""}},
		{"no name", ":80", []string{""}},
		{"localhost", "localhost:80", []string{"localhost"}},
		{"below localhost", "a.localhost:80", []string{"localhost"}},
		{"addresses", "127.0.0.2:80 [::1]:80", []string{"127.0.0.2", "::1"}},
		{"bound", "example.com:80\nbind 127.0.0.1 127.0.0.2", []string{"127.0.0.1", "127.0.0.2"}},
		{"bound to everything", "example.com:80\nbind 0.0.0.0 127.0.0.2", []string{""}},
		{"bound in several ways to one address", "example.com:80\nbind ::1 [0:0::1] 0:0:0::1", []string{"::1"}},
		{"bound to a name", "example.com:80\nbind Intra.example", []string{"intra.example"}},
		{"one for all stands in for the others", "localhost:80, 192.0.2.1:80, example.com:80", []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, build(t, tt.text).PortListens("80"))
		})
	}
}

// TestLocalhostBesideItsAddresses checks that sites of the same machine, called by
// its name and by its addresses, get along on one port.
func TestLocalhostBesideItsAddresses(t *testing.T) {
	for _, addresses := range []string{"127.0.0.1:PORT", "127.0.0.1:PORT, [::1]:PORT"} {
		t.Run(addresses, func(t *testing.T) {
			if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
				l.Close()
			} else if strings.Contains(addresses, "::1") {
				middlewaretest.Lacks(t, "this machine, as some containers, is without IPv6: ", err)
			}
			server, number := listenSomewhere(t, "localhost:PORT { answer name }\n"+addresses+" { answer address }")
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- server.Serve(ctx) }()
			for host, want := range map[string]string{"localhost": "name", "127.0.0.1": "address"} {
				require.Equal(t, want, get(t, "127.0.0.1:"+number, host))
			}
			http.DefaultClient.CloseIdleConnections()
			stop()
			require.NoError(t, <-done)
		})
	}
}

// listenSomewhere has a Caddyfile listen to a number in place of PORT that is free.
func listenSomewhere(t *testing.T, text string) (server *caddyfile.Server, number string) {
	t.Helper()
	var err error
	for range 10 { // somebody else may be faster
		free, listenErr := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, listenErr)
		_, number, _ = net.SplitHostPort(free.Addr().String())
		require.NoError(t, free.Close())
		server = build(t, strings.ReplaceAll(text, "PORT", number))
		if err = server.Listen(t.Context()); err == nil {
			return server, number
		}
	}
	require.NoError(t, err)
	return nil, ""
}

// TestNarrowSitesStayNarrow checks that a site for this machine only does not
// become public because another needs a listener for all addresses.
func TestNarrowSitesStayNarrow(t *testing.T) {
	h := build(t, `
localhost:80   { answer private }
192.0.2.1:80   { answer numbered }
example.com:80 { answer public }
bound.example:80 {
	bind 192.0.2.2
	answer bound
}
both.example:80 {
	bind 192.0.2.2
	answer "inside"
}
both.example:80 { answer "outside" }`).PortHandler("80")
	for _, tt := range []struct{ at, host, want string }{
		{"127.0.0.1", "localhost", "private"},
		{"::1", "localhost", "private"},
		{"192.0.2.1", "localhost", "404"},
		{"192.0.2.1", "192.0.2.1", "numbered"},
		{"127.0.0.1", "192.0.2.1", "404"},
		{"192.0.2.1", "example.com", "public"},
		{"127.0.0.1", "example.com", "public"},
		{"192.0.2.2", "bound.example", "bound"},
		{"192.0.2.1", "bound.example", "404"},
		{"192.0.2.1", "both.example", "outside"},
		{"192.0.2.2", "both.example", "inside"},
	} {
		t.Run(tt.host+" at "+tt.at, func(t *testing.T) {
			addr := &net.TCPAddr{IP: net.ParseIP(tt.at), Port: 80}
			r := httptest.NewRequestWithContext(
				context.WithValue(t.Context(), http.LocalAddrContextKey, addr), "GET", "http://placeholder/", nil)
			r.Host = tt.host
			require.Equal(t, tt.want, answer(h, r))
		})
	}
}

// TestHandlerKnowsPorts checks that sites that differ in their port only are told
// apart by the one that a request came in at, where a server of one's own
// listens on them.
func TestHandlerKnowsPorts(t *testing.T) {
	h := build(t, "example.com:80 { answer one }\nexample.com:81 { answer two }").Handler()
	for port, want := range map[int]string{80: "one", 81: "two", 8080: "one"} {
		addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
		r := httptest.NewRequestWithContext(
			context.WithValue(t.Context(), http.LocalAddrContextKey, addr), "GET", "http://example.com/", nil)
		require.Equal(t, want, answer(h, r), port)
	}
}

func TestTimeouts(t *testing.T) {
	asking := func(ask ...directive.Server) *http.Server {
		v := caddyfile.Vocabulary{{Name: "ask", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
			line := c.Once()
			c.Site().Server = ask[line.Int(line.Arg(), 0, len(ask))]
			return nil, c.Err()
		}}}
		server, err := caddyfile.Build(parse(t, "a:80 { ask 0 }\nb:80 { ask 1 }"), caddyfile.Config{Vocabulary: v})
		require.NoError(t, err)
		return server.PortServer("80")
	}
	t.Run("defaults", func(t *testing.T) {
		got := asking(directive.Server{}, directive.Server{})
		require.Equal(t, 10*time.Second, got.ReadHeaderTimeout)
		require.Equal(t, 5*time.Minute, got.IdleTimeout)
		require.Zero(t, got.ReadTimeout)
		require.Zero(t, got.WriteTimeout)
	})
	t.Run("the strictest counts", func(t *testing.T) {
		got := asking(
			directive.Server{ReadTimeout: time.Second, WriteTimeout: -1, IdleTimeout: time.Hour, MaxHeaderBytes: 100},
			directive.Server{ReadTimeout: time.Minute, WriteTimeout: time.Minute, ReadHeaderTimeout: -1, MaxHeaderBytes: 50})
		require.Equal(t, time.Second, got.ReadTimeout)
		require.Equal(t, time.Minute, got.WriteTimeout)
		require.Equal(t, time.Hour, got.IdleTimeout)
		require.Zero(t, got.ReadHeaderTimeout)
		require.Equal(t, 50, got.MaxHeaderBytes)
	})
}

// TestNamesAreNotNarrow checks that a site bound to a name, which nobody can tell
// from other addresses, is refused rather than served at those as well.
func TestNamesAreNotNarrow(t *testing.T) {
	for _, other := range []string{"other.example:80", "192.0.2.1:80"} {
		_, err := caddyfile.Build(parse(t, "a.example:80 {\n\tbind intra.example\n}\n"+other+" {\n}"), caddyfile.Config{Vocabulary: vocabulary()})
		require.EqualError(t, err, `Caddyfile:1:1: a.example:80: port 80 is listened to on "intra.example", and elsewhere: to tell requests apart takes an IP address in place of that name
	a.example:80 {
	^`)
	}
}

func TestSchemesDoNotMix(t *testing.T) {
	v := caddyfile.Vocabulary{{Name: "secure", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		c.Site().Server.TLS = new(tls.Config)
		return nil, c.Err()
	}}}
	for _, tt := range []struct{ name, text, want string }{
		{"on one port", "a:8443 {\n secure\n}\nb:8443 {\n}", `Caddyfile:4:1: b:8443: port 8443 is one of https, because of the site at Caddyfile:1:1
	b:8443 {
	^`},
		{"other settings of one host", "a:443/x {\n secure\n}\na:443/y {\n secure\n}", `Caddyfile:4:1: a:443/y: port 443 has other tls settings for this host, because of the site at Caddyfile:1:1
	a:443/y {
	^`},
		{"of an address", "http://a {\n secure\n}", `Caddyfile:1:1: http://a: the site has tls, but this address is one of http
	http://a {
	^`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfile.Build(parse(t, tt.text), caddyfile.Config{Vocabulary: v})
			require.EqualError(t, err, tt.want)
		})
	}
}
