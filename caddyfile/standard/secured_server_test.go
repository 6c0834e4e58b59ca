package standard_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/certificates/certificatestest"
)

// TestServerOfOnesOwn checks that a server that serves the Handler is secured, too.
func TestServerOfOnesOwn(t *testing.T) {
	s := newSecured(t)
	theirs := certificatestest.New(t, "clients of a")
	require.NoError(t, os.WriteFile("clients.crt", theirs.PEM, 0o600))
	sites, addr := ownServer(t, s.site("a.example:0", "a", "clients clients.crt")+s.site("b.example:0", "b", ""))
	known := []tls.Certificate{theirs.Issue(t, "me").Pair(t)}
	for _, tt := range []struct{ asks, host, want string }{
		{"a.example", "a.example", "a"},
		{"b.example", "b.example", "b"},
		{"b.example", "a.example", "421"},
	} {
		_, page, _, err := s.fetch(t, addr, tt.host, &tls.Config{ServerName: tt.asks, Certificates: known})
		require.NoError(t, err)
		require.Equal(t, tt.want, page)
	}
	_, _, _, err := s.fetch(t, addr, "c.example", &tls.Config{ServerName: "c.example"})
	require.Error(t, err)

	plain := httptest.NewServer(sites.Handler())
	defer plain.Close()
	r, err := http.NewRequest("GET", plain.URL, nil)
	require.NoError(t, err)
	for host, want := range map[string]int{"a.example": 421, "b.example": 200} {
		r.Host = host
		w, err := plain.Client().Do(r)
		require.NoError(t, err)
		w.Body.Close()
		require.Equal(t, want, w.StatusCode, "without TLS nobody has shown a certificate")
	}
}

// ownServer has a server of net/http serve a Caddyfile's sites until the test ends.
func ownServer(t *testing.T, text string) (sites *caddyfile.Server, addr string) {
	t.Helper()
	sites = loadText(t, text)
	require.NoError(t, sites.Open(t.Context()))
	server := httptest.NewUnstartedServer(sites.Handler())
	server.TLS = sites.TLSConfig()
	server.StartTLS()
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, sites.Close())
	})
	return sites, server.Listener.Addr().String()
}

// TestNamelessAtServerOfOnesOwn checks that who gives no name, and so is asked for a
// certificate of one site's CA, does not get to a site that wants another's.
func TestNamelessAtServerOfOnesOwn(t *testing.T) {
	s := newSecured(t)
	ofAny, ofB := certificatestest.New(t, "clients of any"), certificatestest.New(t, "clients of b")
	require.NoError(t, os.WriteFile("any.clients", ofAny.PEM, 0o600))
	require.NoError(t, os.WriteFile("b.clients", ofB.PEM, 0o600))
	_, addr := ownServer(t, s.site(":0", "any", "clients any.clients")+s.site("b.example:0", "b", "clients b.clients"))
	for host, want := range map[string]string{"127.0.0.1": "any", "b.example": "421"} {
		_, page, _, err := s.fetch(t, addr, host, &tls.Config{Certificates: []tls.Certificate{ofAny.Issue(t, "me").Pair(t)}})
		require.NoError(t, err)
		require.Equal(t, want, page)
	}
}

// TestHTTP2 checks that there is HTTP/2 with TLS, unless alpn leaves it out, and
// without TLS if h2c asks for it.
func TestHTTP2(t *testing.T) {
	s := newSecured(t)
	plain := func(more string) string {
		return "http://a.example:0 {\n root a\n bind 127.0.0.1\n" + more + "\n}"
	}
	for _, tt := range []struct {
		name, scheme, text string
		protocols          func(*http.Protocols)
		want               string
	}{
		{"with TLS", "https", s.site("a.example:0", "a", ""), nil, "HTTP/2.0"},
		{"with TLS, without h2", "https", s.site("a.example:0", "a", "alpn http/1.1"), nil, "HTTP/1.1"},
		{"without TLS", "http", plain(""), nil, "HTTP/1.1"},
		{"h2c", "http", plain("h2c"), func(p *http.Protocols) { p.SetUnencryptedHTTP2(true); p.SetHTTP1(false) }, "HTTP/2.0"},
		{"h2c, for who does not know", "http", plain("h2c"), nil, "HTTP/1.1"},
		{"no h2c, for who knows of it", "http", plain(""), func(p *http.Protocols) { p.SetUnencryptedHTTP2(true); p.SetHTTP1(false) }, "error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := listenTo(t, tt.text)
			var protocols http.Protocols
			protocols.SetHTTP1(true)
			protocols.SetHTTP2(true)
			if tt.protocols != nil {
				tt.protocols(&protocols)
			}
			transport := &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: s.ca.Pool},
				Protocols:       &protocols,
				DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, addr)
				},
			}
			defer transport.CloseIdleConnections()
			r, err := (&http.Client{Transport: transport}).Get(tt.scheme + "://a.example/")
			if tt.want == "error" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			defer r.Body.Close()
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, "a", strings.TrimSpace(string(body)))
			require.Equal(t, tt.want, r.Proto)
		})
	}
}

// TestSecuredReload checks that a site that stays as it is goes on with its sessions
// when others come and change, and that demands count for connections made before.
func TestSecuredReload(t *testing.T) {
	s := newSecured(t)
	theirs := certificatestest.New(t, "clients of b")
	require.NoError(t, os.WriteFile("clients.crt", theirs.PEM, 0o600))
	server := loadText(t, s.site("a.example:0", "a", "")+s.site("b.example:0", "b", ""))
	run(t, server)
	addr := server.Listeners()[0].Addr.String()

	client := &tls.Config{ServerName: "a.example", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	_, _, state, err := s.fetch(t, addr, "a.example", client)
	require.NoError(t, err)
	require.False(t, state.DidResume)

	conn, err := tls.Dial("tcp", addr, &tls.Config{ServerName: "b.example", RootCAs: s.ca.Pool})
	require.NoError(t, err)
	defer conn.Close()
	answers := bufio.NewReader(conn)
	get := func() int {
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n")
		r, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, r.Body)
		require.NoError(t, err)
		return r.StatusCode
	}
	require.Equal(t, http.StatusOK, get())

	_, err = server.Reload(t.Context(), parse(t, s.site("a.example:0", "a", "")+s.site("b.example:0", "b", "clients clients.crt")+
		s.site("*.example:0", "wild", "")))
	require.NoError(t, err)
	require.Equal(t, addr, server.Listeners()[0].Addr.String())
	require.Equal(t, http.StatusMisdirectedRequest, get())
	_, _, state, err = s.fetch(t, addr, "a.example", client)
	require.NoError(t, err)
	require.True(t, state.DidResume)
	cert, _, _, err := s.fetch(t, addr, "c.example", &tls.Config{ServerName: "c.example"})
	require.NoError(t, err)
	require.Equal(t, "*.example", cert)
	_, _, _, err = s.fetch(t, addr, "b.example", &tls.Config{ServerName: "b.example"})
	require.ErrorContains(t, err, "certificate required")
}
