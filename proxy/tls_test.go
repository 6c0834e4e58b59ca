package proxy_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

func startTLS(t testing.TB, h http.HandlerFunc, cfg *tls.Config) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.TLS = cfg
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

func rootsOf(srv *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	return roots
}

func TestTLS(t *testing.T) {
	names := make(chan string, 10)
	srv := startTLS(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Protocol", r.Proto)
		if len(r.TLS.PeerCertificates) > 0 {
			w.Header().Set("Client", "known")
		}
		echo(w, r)
	}, &tls.Config{ClientAuth: tls.RequestClientCert, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}})
	key := sha256.Sum256(srv.Certificate().RawSubjectPublicKeyInfo)
	roots := rootsOf(srv)
	for _, tt := range []struct {
		name  string
		cfg   proxy.TransportConfig
		want  string // of the error
		sni   string
		known string
	}{
		{name: "whom nobody vouches for is not believed", want: "certificate signed by unknown authority"},
		{name: "by our roots", cfg: proxy.TransportConfig{TLS: &tls.Config{RootCAs: roots}}},
		{name: "by another name", cfg: proxy.TransportConfig{TLS: &tls.Config{RootCAs: roots, ServerName: "example.com"}}, sni: "example.com"},
		{name: "by a name that is not the backend's", cfg: proxy.TransportConfig{TLS: &tls.Config{RootCAs: roots, ServerName: "example.org"}},
			sni: "example.org", want: "not example.org"},
		{name: "by a pin", cfg: proxy.TransportConfig{TLS: &tls.Config{RootCAs: roots}, Pins: [][32]byte{{}, key}}},
		{name: "by a pin alone", cfg: proxy.TransportConfig{TLS: &tls.Config{InsecureSkipVerify: true}, Pins: [][32]byte{key}}},
		{name: "not by another pin", cfg: proxy.TransportConfig{TLS: &tls.Config{RootCAs: roots}, Pins: [][32]byte{{}}},
			want: "the backend's public key is none of those pinned"},
		{name: "a pin is not instead of roots", cfg: proxy.TransportConfig{Pins: [][32]byte{key}}, want: "certificate signed by unknown authority"},
		{name: "with a certificate of ours", cfg: proxy.TransportConfig{TLS: &tls.Config{RootCAs: roots, Certificates: srv.TLS.Certificates}}, known: "known"},
	} {
		for scheme, protocol := range map[string]string{"https": "HTTP/1.1", "h2": "HTTP/2.0"} {
			t.Run(tt.name+" "+scheme, func(t *testing.T) {
				tr := newTransport(t, tt.cfg)
				for _, body := range []string{million, "small"} {
					resp, err := tr.RoundTrip(newRequest(t, "PUT", scheme+strings.TrimPrefix(srv.URL, "https"), strings.NewReader(body)))
					if tt.want != "" {
						require.ErrorContains(t, err, tt.want)
						e := asError(t, err)
						require.Equal(t, proxy.OpDial, e.Op)
						require.False(t, e.Sent)
						require.Equal(t, http.StatusBadGateway, e.StatusCode())
						for len(names) > 0 {
							<-names
						}
						return
					}
					require.NoError(t, err)
					text, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.NoError(t, resp.Body.Close())
					require.True(t, body == string(text))
					require.Equal(t, protocol, resp.Header.Get("Protocol"))
					require.Equal(t, tt.known, resp.Header.Get("Client"))
					require.NotNil(t, resp.TLS)
				}
				require.Equal(t, tt.sni, <-names)
				require.Empty(t, names, "the connection was used twice")
			})
		}
	}
}

// TestTLSName checks that a certificate must be made out to what the backend is called,
// not to the address that it was found at, also for HTTP/2.
func TestTLSName(t *testing.T) {
	names := make(chan string, 10)
	srv := startTLS(t, echo, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}})
	for _, scheme := range []string{"https", "h2"} {
		tr := newTransport(t, proxy.TransportConfig{TLS: &tls.Config{RootCAs: rootsOf(srv)}})
		for _, name := range []string{"example.com", "example.org"} {
			r := newRequest(t, "GET", scheme+"://"+name+":443/", nil)
			resp, err := tr.Do(r, proxy.Exchange{Address: srv.Listener.Addr().String()})
			require.Equal(t, name, <-names)
			if name == "example.org" {
				require.ErrorContains(t, err, "not example.org", "though there is a connection to that address")
				require.Equal(t, proxy.OpDial, asError(t, err).Op)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
		}
	}
}

// TestTLSWithoutHTTP2 has a backend know only HTTP/1.1, which is not what was asked for.
func TestTLSWithoutHTTP2(t *testing.T) {
	srv := startTLS(t, echo, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	silent := srv.TLS.Clone()
	silent.NextProtos = nil // it does not negotiate at all
	backend := startRawOn(t, tls.NewListener(l, silent), func(p *peer) {
		if p.request() != nil {
			p.send(hello)
		}
	})
	tr := newTransport(t, proxy.TransportConfig{TLS: &tls.Config{RootCAs: rootsOf(srv)}})
	_, _, err = fetch(t, tr, newRequest(t, "GET", "h2://"+l.Addr().String(), nil))
	require.EqualError(t, err, "proxy: "+l.Addr().String()+": dial: the backend does not speak HTTP/2")
	require.Equal(t, 1, backend.count())
}

// TestTLSBodies sends bodies of all sizes, in either direction.
func TestTLSBodies(t *testing.T) {
	middlewaretest.NoLeaks(t)
	srv := startTLS(t, echo, nil)
	tr := newTransport(t, proxy.TransportConfig{TLS: &tls.Config{RootCAs: rootsOf(srv)}, BodyTimeout: time.Minute})
	for _, size := range []int{0, 1, 10 << 10, 40 << 10, 64 << 10, 100 << 10} {
		status, text, err := fetch(t, tr, newRequest(t, "PUT", srv.URL, strings.NewReader(million[:size])))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, million[:size], text)
	}
}

// TestTLSAhead has a backend say more than it was asked, in one record with what
// it was: the kernel knows nothing of that.
func TestTLSAhead(t *testing.T) {
	srv := startTLS(t, echo, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	body := strings.Repeat("y", 8<<10)
	backend := startRawOn(t, tls.NewListener(l, srv.TLS), always(ok+"Content-Length: 8192\r\n\r\n"+body+hello))
	tr := newTransport(t, proxy.TransportConfig{TLS: &tls.Config{RootCAs: rootsOf(srv)}})
	url := "https://" + l.Addr().String()
	for range 3 {
		resp, err := tr.RoundTrip(newRequest(t, "GET", url, nil))
		require.NoError(t, err)
		text := make([]byte, len(body)) // all at once, and no more
		_, err = io.ReadFull(resp.Body, text)
		require.NoError(t, err)
		require.Equal(t, body, string(text))
		require.NoError(t, resp.Body.Close())
	}
	require.Equal(t, 3, backend.count())
}

// TestTLSCutOff checks that a body that ends with the connection is not taken for
// whole if TLS did not end before it: anybody on the way could have cut it.
func TestTLSCutOff(t *testing.T) {
	srv := startTLS(t, echo, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	startRawOn(t, tls.NewListener(l, srv.TLS), func(p *peer) {
		p.request()
		p.send(ok + "\r\nhello")
		p.Conn.(*tls.Conn).NetConn().Close()
	})
	tr := newTransport(t, proxy.TransportConfig{TLS: &tls.Config{RootCAs: rootsOf(srv)}})
	_, text, err := fetch(t, tr, newRequest(t, "GET", "https://"+l.Addr().String(), nil))
	require.Equal(t, "hello", text)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
