package certificates_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/certificates"
	"github.com/shallot-http/shallot/middleware/certificates/certificatestest"
)

// serve returns a server that is configured by c, which answers with the protocol,
// and a client that trusts it.
func serve(t *testing.T, c certificates.Config) (*httptest.Server, *tls.Config) {
	t.Helper()
	ca := certificatestest.New(t, "ca")
	cert, key := ca.Issue(t, "a.example").Write(t, t.TempDir(), "a")
	c.Source = &certificates.Files{Cert: cert, Key: key}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto)
	}))
	server.TLS = c.TLS()
	server.EnableHTTP2 = true
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, &tls.Config{RootCAs: ca.Pool, ServerName: "a.example"}
}

func handshake(server *httptest.Server, client *tls.Config) (tls.ConnectionState, error) {
	conn, err := tls.Dial("tcp", server.Listener.Addr().String(), client)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	conn.Write([]byte("GET / HTTP/1.0\r\n\r\n")) // who is refused learns it later, with TLS 1.3
	_, err = io.ReadAll(conn)
	return conn.ConnectionState(), err
}

func TestVersions(t *testing.T) {
	for _, tt := range []struct {
		name           string
		config         certificates.Config
		min, max, want uint16
	}{
		{"the highest is taken", certificates.Config{}, 0, 0, tls.VersionTLS13},
		{"TLS 1.2 is the least", certificates.Config{}, 0, tls.VersionTLS12, tls.VersionTLS12},
		{"less is refused", certificates.Config{}, tls.VersionTLS10, tls.VersionTLS11, 0},
		{"less is refused, even if it is asked for", certificates.Config{MinVersion: tls.VersionTLS10}, tls.VersionTLS10, tls.VersionTLS11, 0},
		{"a higher least", certificates.Config{MinVersion: tls.VersionTLS13}, 0, tls.VersionTLS12, 0},
		{"a lower most", certificates.Config{MaxVersion: tls.VersionTLS12}, 0, 0, tls.VersionTLS12},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, client := serve(t, tt.config)
			client.MinVersion, client.MaxVersion = tt.min, tt.max
			state, err := handshake(server, client)
			if tt.want == 0 {
				require.ErrorContains(t, err, "protocol version not supported")
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, state.Version)
		})
	}
}

func TestCiphersAndCurves(t *testing.T) {
	server, client := serve(t, certificates.Config{
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
		Curves:       []tls.CurveID{tls.CurveP384},
		NextProtos:   []string{"http/1.1"},
	})
	client.MaxVersion = tls.VersionTLS12
	state, err := handshake(server, client)
	require.NoError(t, err)
	require.Equal(t, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, state.CipherSuite)
	require.Equal(t, tls.CurveP384, state.CurveID)
}

// TestNextProtos checks what is offered. HTTP/2 is not where the ciphers have none
// that it requires (RFC 9113, section 9.2.2).
func TestNextProtos(t *testing.T) {
	both, first := []string{"h2", "http/1.1"}, []string{"http/1.1"}
	cbc := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	for _, tt := range []struct {
		name   string
		config certificates.Config
		want   []string
	}{
		{"by default", certificates.Config{}, both},
		{"as asked", certificates.Config{NextProtos: first}, first},
		{"with ciphers of HTTP/2", certificates.Config{CipherSuites: append(cbc, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)}, both},
		{"without ciphers of HTTP/2", certificates.Config{CipherSuites: cbc}, first},
		{"where ciphers do not matter", certificates.Config{CipherSuites: cbc, MinVersion: tls.VersionTLS13}, both},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.Source = &certificates.SelfSigned{}
			require.Equal(t, tt.want, tt.config.TLS().NextProtos)
		})
	}
}

func TestHTTP2(t *testing.T) {
	server, client := serve(t, certificates.Config{})
	transport := &http.Transport{TLSClientConfig: client, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport}).Get(server.URL)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", string(body))
}

func TestClients(t *testing.T) {
	known, stranger := certificatestest.New(t, "known"), certificatestest.New(t, "stranger")
	server, client := serve(t, certificates.Config{ClientCAs: known.Pool})
	_, err := handshake(server, client)
	require.ErrorContains(t, err, "certificate required")
	client.Certificates = []tls.Certificate{stranger.Issue(t, "me").Pair(t)}
	client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &client.Certificates[0], nil // though the server does not ask for it
	}
	_, err = handshake(server, client)
	require.ErrorContains(t, err, "unknown certificate authority")
	client.Certificates = []tls.Certificate{known.Issue(t, "me").Pair(t)}
	_, err = handshake(server, client)
	require.NoError(t, err)
}

// TestChallenges checks that a CA that asks for a proof reaches the Source, without
// a certificate of its own, and others do not by asking for the same protocol.
func TestChallenges(t *testing.T) {
	for name, tt := range map[string]struct {
		protos []string
		want   string
	}{
		"a CA":                      {[]string{"acme-tls/1"}, ""},
		"a client":                  {[]string{"http/1.1"}, "certificate required"},
		"a client that is not sure": {[]string{"acme-tls/1", "http/1.1"}, "certificate required"},
	} {
		t.Run(name, func(t *testing.T) {
			server, client := serve(t, certificates.Config{ClientCAs: certificatestest.New(t, "ca").Pool, Challenges: true})
			client.NextProtos = tt.protos
			_, err := handshake(server, client)
			if tt.want != "" {
				require.ErrorContains(t, err, tt.want)
				return
			}
			require.NoError(t, err)
		})
	}
}

// TestSessionsAreOfOneConfig checks that a session is resumed where it was begun,
// but not by another Config, even if one that knows neither chooses between them.
func TestSessionsAreOfOneConfig(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			ca := certificatestest.New(t, "ca")
			cert, key := ca.Issue(t, "a.example", "b.example").Write(t, t.TempDir(), "a")
			files := &certificates.Files{Cert: cert, Key: key}
			configs := map[string]*tls.Config{
				"a.example": certificates.Config{Source: files}.TLS(),
				"b.example": certificates.Config{Source: files}.TLS(),
			}
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				return configs[hello.ServerName], nil
			}}
			server.StartTLS()
			defer server.Close()
			sessions := oneSession{tls.NewLRUClientSessionCache(1)}
			resumed := func(name string) bool {
				state, err := handshake(server, &tls.Config{
					RootCAs: ca.Pool, ServerName: name, MinVersion: version, MaxVersion: version, ClientSessionCache: sessions,
				})
				require.NoError(t, err)
				return state.DidResume
			}
			require.False(t, resumed("a.example"))
			require.True(t, resumed("a.example"))
			require.False(t, resumed("b.example"))
			require.True(t, resumed("b.example"))
			require.False(t, resumed("a.example"))
		})
	}
}

// oneSession offers the last session to every server.
type oneSession struct{ tls.ClientSessionCache }

func (s oneSession) Get(string) (*tls.ClientSessionState, bool) { return s.ClientSessionCache.Get("") }

func (s oneSession) Put(_ string, session *tls.ClientSessionState) {
	s.ClientSessionCache.Put("", session)
}

func TestNoSourceRefusesEveryConnection(t *testing.T) {
	conf := certificates.Config{}.TLS()
	server, client := net.Pipe()
	defer client.Close()
	go tls.Client(client, &tls.Config{ServerName: "localhost"}).Handshake()
	require.Error(t, tls.Server(server, conf).HandshakeContext(t.Context()))
}
