package e2e_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/autohttps"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// serveFile serves a Caddyfile until the test ends.
func serveFile(t *testing.T, text string, config caddyfile.Config) *caddyfile.Server {
	t.Helper()
	f, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
	require.NoError(t, err)
	config.Vocabulary, config.Log = standard.Vocabulary(), slog.New(slog.DiscardHandler)
	server, err := caddyfile.Build(f, config)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	require.NoError(t, server.Listen(ctx))
	done := make(chan error)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	return server
}

// visitor is a client that takes every name for one of this machine, trusts what p
// issues, and follows no redirect.
func visitor(t *testing.T, p *pebble, httpPort, httpsPort string) *http.Client {
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: p.issues},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			port := httpPort
			if strings.HasSuffix(addr, ":443") {
				port = httpsPort
			}
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// TestAutomaticHTTPS has a Caddyfile's site get its certificate from an ACME server,
// by either kind of proof.
func TestAutomaticHTTPS(t *testing.T) {
	for name, proof := range map[string]struct{ http, https bool }{
		"by TLS-ALPN-01": {https: true},
		"by HTTP-01":     {http: true},
	} {
		t.Run(name, func(t *testing.T) {
			httpPort, httpsPort := freePort(t), freePort(t)
			look := func(can bool, port string) string {
				if can {
					return port
				}
				return freePort(t)
			}
			p := newPebble(t, look(proof.http, httpPort), look(proof.https, httpsPort), 3600)
			storage := filepath.Join(t.TempDir(), "acme")
			site := func(addresses, block string) string {
				return fmt.Sprintf("%s {\n bind 127.0.0.1\n root %q\n %s\n}\n", addresses, t.TempDir(), block)
			}
			tls := fmt.Sprintf("tls me@example.com {\n ca %s\n ca_root %q\n storage %q\n}", p.directory, p.root, storage)
			text := site("site.test, www.site.test", tls+"\n header / Site secure") +
				site("mixed.test", tls) + site("http://mixed.test", "header / Site plain")
			ports := caddyfile.Config{HTTPPort: httpPort, HTTPSPort: httpsPort}
			server := serveFile(t, text, ports)
			client := visitor(t, p, httpPort, httpsPort)

			r, err := client.Get("https://www.site.test/")
			require.NoError(t, err)
			r.Body.Close()
			require.Equal(t, "HTTP/2.0", r.Proto)
			require.Equal(t, "secure", r.Header.Get("Site"))
			require.Equal(t, []string{"www.site.test"}, r.TLS.PeerCertificates[0].DNSNames)

			r, err = client.Post("http://site.test/a%2fb?c=d&e", "text/plain", strings.NewReader("x"))
			require.NoError(t, err)
			r.Body.Close()
			require.Equal(t, http.StatusPermanentRedirect, r.StatusCode)
			require.Equal(t, "https://site.test/a%2fb?c=d&e", r.Header.Get("Location"))

			r, err = client.Get("https://mixed.test/")
			require.NoError(t, err)
			r.Body.Close()
			r, err = client.Get("http://mixed.test/")
			require.NoError(t, err)
			r.Body.Close()
			require.Equal(t, "plain", r.Header.Get("Site"), "what is of http is no redirect")
			r, err = client.Get("http://mixed.test/.well-known/acme-challenge/x")
			require.NoError(t, err)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			r.Body.Close()
			require.Empty(t, r.Header.Get("Site"), "a proof meets no layer")
			require.Equal(t, http.StatusNotFound, r.StatusCode, string(body))

			orders := p.orders.Load()
			require.NotZero(t, orders)
			_, err = client.Get("https://other.test/")
			require.ErrorContains(t, err, "unrecognized name")
			require.Equal(t, orders, p.orders.Load(), "nothing is asked for that nobody configured")

			info, err := os.Stat(storage)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

			// What is kept serves the next server, too.
			require.NoError(t, server.Shutdown(t.Context()))
			client.CloseIdleConnections()
			serveFile(t, text, ports)
			orders = p.orders.Load()
			r, err = client.Get("https://www.site.test/")
			require.NoError(t, err)
			r.Body.Close()
			require.Equal(t, orders, p.orders.Load())
		})
	}
}

// TestRenewal has a certificate of a few seconds replaced, and the site told, while
// no client asks for it.
func TestRenewal(t *testing.T) {
	httpPort, httpsPort := freePort(t), freePort(t)
	p := newPebble(t, httpPort, httpsPort, 6)
	manager := autohttps.New(autohttps.Config{
		Directory: p.directory, Roots: p.trusts, Storage: t.TempDir(), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, manager.Start(t.Context()))
	defer manager.Close()
	renewed := make(chan string, 10)
	release, err := manager.Manage(autohttps.Site{
		Names:   []string{"site.test"},
		Renewed: func(_ context.Context, name string) { renewed <- name },
	})
	require.NoError(t, err)
	defer release()

	l, err := net.Listen("tcp", "127.0.0.1:"+httpsPort)
	require.NoError(t, err)
	server := &http.Server{Handler: http.NotFoundHandler(), TLSConfig: manager.TLS()}
	go server.ServeTLS(l, "", "")
	defer server.Close()

	conn := func() *tls.Conn {
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: "site.test", RootCAs: p.issues})
		require.NoError(t, err)
		return conn
	}
	// What is renewed has been got before, which nobody has asked for either.
	require.Equal(t, "site.test", <-renewed)
	first := conn()
	defer first.Close()
	require.Equal(t, "site.test", <-renewed)
	second := conn()
	defer second.Close()
	serial := func(conn *tls.Conn) string { return conn.ConnectionState().PeerCertificates[0].SerialNumber.String() }
	require.NotEqual(t, serial(first), serial(second))
}

// TestOnCertRenew has a Caddyfile's site run a command when its certificate has been
// replaced, from which on clients get the new one.
func TestOnCertRenew(t *testing.T) {
	sh := middlewaretest.Program(t, "sh")
	httpPort, httpsPort := freePort(t), freePort(t)
	p := newPebble(t, httpPort, httpsPort, 6)
	dir := t.TempDir()
	told := filepath.Join(dir, "told")
	text := fmt.Sprintf(`site.test {
 bind 127.0.0.1
 root %q
 tls me@example.com {
  ca %s
  ca_root %q
  storage %q
 }
 on certrenew %q -c "echo again >> '%s'"
}
`, t.TempDir(), p.directory, p.root, filepath.Join(dir, "acme"), sh, told)
	serveFile(t, text, caddyfile.Config{HTTPPort: httpPort, HTTPSPort: httpsPort, AllowExec: true})
	serial := func() string {
		client := visitor(t, p, httpPort, httpsPort)
		defer client.CloseIdleConnections()
		r, err := client.Get("https://site.test/")
		require.NoError(t, err)
		r.Body.Close()
		return r.TLS.PeerCertificates[0].SerialNumber.String()
	}
	renewals := func() int {
		text, err := os.ReadFile(told)
		if err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
		return strings.Count(string(text), "again\n")
	}
	first := serial()
	middlewaretest.Eventually(t, func() bool { return renewals() > 0 })
	middlewaretest.Eventually(t, func() bool { return serial() != first })
}
