package standard_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/certificates/certificatestest"
)

// secured is a folder with certificates of one CA, and a file of each site.
type secured struct {
	ca  *certificatestest.CA
	dir string
}

func newSecured(t *testing.T) *secured {
	s := &secured{certificatestest.New(t, "ca"), t.TempDir()}
	t.Chdir(s.dir)
	s.issue(t, "a", "a.example")
	s.issue(t, "b", "b.example")
	s.issue(t, "wild", "*.example")
	s.issue(t, "any", "any.example")
	s.issue(t, "address", "127.0.0.1")
	return s
}

func (s *secured) issue(t *testing.T, file string, names ...string) {
	s.ca.Issue(t, names...).Write(t, s.dir, file)
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, file), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, file, "index.html"), []byte(file), 0o600))
}

// site returns a site whose page is the name of its certificate.
func (s *secured) site(address, cert, block string) string {
	return fmt.Sprintf("%s {\n root %s\n bind 127.0.0.1\n tls %[2]s.crt %[2]s.key {\n %s\n }\n}\n", address, cert, block)
}

// listenTo serves a Caddyfile until the test ends, and returns where: all of it is on
// one port.
func listenTo(t *testing.T, text string) string {
	t.Helper()
	server := loadText(t, text)
	run(t, server)
	listeners := server.Listeners()
	require.Len(t, listeners, 1)
	return listeners[0].Addr.String()
}

// fetch makes a connection for a name and asks for the page of a host. It returns
// the name of the certificate shown, and the page, or the status in its place.
func (s *secured) fetch(t *testing.T, addr, host string, client *tls.Config) (cert, page string, state tls.ConnectionState, err error) {
	t.Helper()
	client = client.Clone()
	client.InsecureSkipVerify = true // as to the name
	client.VerifyConnection = func(c tls.ConnectionState) error {
		_, err := c.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: s.ca.Pool})
		return err
	}
	conn, err := tls.Dial("tcp", addr, client)
	if err != nil {
		return "", "", state, err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host)
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", "", state, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	page = string(body)
	if r.StatusCode != http.StatusOK {
		page = fmt.Sprint(r.StatusCode)
	}
	state = conn.ConnectionState()
	return state.PeerCertificates[0].Subject.CommonName, page, state, nil
}

// TestCertificates checks which certificate a client is shown, and that none is
// shown for a name of no site (CVE-2018-19148).
func TestCertificates(t *testing.T) {
	s := newSecured(t)
	named := s.site("a.example:0", "a", "") + s.site("b.example:0", "b", "")
	const refused = "unrecognized name"
	for _, tt := range []struct {
		name, text, asks, cert string
	}{
		{"a site", named, "a.example", "a.example"},
		{"another", named, "b.example", "b.example"},
		{"in capitals", named, "B.EXAMPLE", "b.example"},
		{"no site", named, "c.example", refused},
		{"a name below", named, "a.a.example", refused},
		{"no name", named, "", refused},
		{"what is no name", named, "*.example", refused},
		{"what is no name, but a host with a port", named, "a.example:443", refused},
		{"a wildcard", s.site("*.example:0", "wild", "") + named, "c.example", "*.example"},
		{"a site beside a wildcard", s.site("*.example:0", "wild", "") + named, "b.example", "b.example"},
		{"a name of no wildcard", s.site("*.example:0", "wild", "") + named, "c.c.example", refused},
		{"a wildcard within a label", s.site("new-*.example:0", "wild", "") + named, "new-c.example", "*.example"},
		{"none of a wildcard within a label", s.site("new-*.example:0", "wild", "") + named, "c.example", refused},
		{"any name", s.site(":0", "any", "") + named, "c.example", "any.example"},
		{"any name, for none", s.site(":0", "any", "") + named, "", "any.example"},
		{"an address, for none", s.site("127.0.0.1:0", "address", "") + s.site(":0", "any", "") + named, "", "127.0.0.1"},
		{"another address", s.site("127.0.0.2:0", "address", "") + named, "", refused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := listenTo(t, tt.text)
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				cert, _, _, err := s.fetch(t, addr, tt.asks, &tls.Config{ServerName: tt.asks, MaxVersion: version})
				if tt.cert == refused {
					require.ErrorContains(t, err, refused)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, tt.cert, cert)
			}
		})
	}
}

// TestSettingsAreOfTheirSite checks that the protocols of the first site on a port
// are not those of the others, as they are in Caddy 0.7.1.
func TestSettingsAreOfTheirSite(t *testing.T) {
	s := newSecured(t)
	addr := listenTo(t, s.site("a.example:0", "a", "protocols tls1.3")+
		s.site("b.example:0", "b", "protocols tls1.2 tls1.2\n ciphers ECDHE-ECDSA-AES128-CBC-SHA"))
	_, page, state, err := s.fetch(t, addr, "a.example", &tls.Config{ServerName: "a.example"})
	require.NoError(t, err)
	require.Equal(t, "a", page)
	require.EqualValues(t, tls.VersionTLS13, state.Version)
	_, page, state, err = s.fetch(t, addr, "b.example", &tls.Config{ServerName: "b.example"})
	require.NoError(t, err)
	require.Equal(t, "b", page)
	require.EqualValues(t, tls.VersionTLS12, state.Version)
	require.Equal(t, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, state.CipherSuite)
	_, _, _, err = s.fetch(t, addr, "a.example", &tls.Config{ServerName: "a.example", MaxVersion: tls.VersionTLS12})
	require.ErrorContains(t, err, "protocol version not supported")
}

// TestFronting checks that where any site asks for certificates, none is reached by
// the name of another.
func TestFronting(t *testing.T) {
	s := newSecured(t)
	theirs := certificatestest.New(t, "clients of a")
	require.NoError(t, os.WriteFile("clients.crt", theirs.PEM, 0o600))
	open := listenTo(t, s.site("a.example:0", "a", "")+s.site("b.example:0", "b", ""))
	strict := listenTo(t, s.site("a.example:0", "a", "clients clients.crt")+s.site("b.example:0", "b", "")+
		s.site("127.0.0.1:0", "address", ""))
	known := []tls.Certificate{theirs.Issue(t, "me").Pair(t)}
	for _, tt := range []struct {
		name, addr, asks, host string
		certs                  []tls.Certificate
		want                   string
	}{
		{"the site itself", strict, "a.example", "a.example", known, "a"},
		{"the site itself, in other letters", strict, "A.example", "a.EXAMPLE.:80", known, "a"},
		{"the site itself, of a stranger", strict, "a.example", "a.example", nil, "certificate required"},
		{"by the name of another", strict, "b.example", "a.example", known, "421"},
		{"by no name", strict, "", "a.example", known, "421"},
		{"another by its name", strict, "a.example", "b.example", known, "421"},
		{"another", strict, "b.example", "b.example", nil, "b"},
		{"an address", strict, "", "127.0.0.1", nil, "address"},
		{"nobody asks for certificates", open, "b.example", "a.example", nil, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, page, _, err := s.fetch(t, tt.addr, tt.host, &tls.Config{ServerName: tt.asks, Certificates: tt.certs})
			if err != nil {
				page = err.Error()
			}
			require.Contains(t, page, tt.want)
			require.NotContains(t, page, "!")
		})
	}
	t.Run("with HTTP/2", func(t *testing.T) {
		transport := &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, ServerName: "b.example"},
			ForceAttemptHTTP2: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, strict)
			},
		}
		defer transport.CloseIdleConnections()
		for host, want := range map[string]int{"b.example": 200, "a.example": 421} {
			r, err := http.NewRequest("GET", "https://b.example/", nil)
			require.NoError(t, err)
			r.Host = host
			w, err := transport.RoundTrip(r)
			require.NoError(t, err)
			w.Body.Close()
			require.Equal(t, 2, w.ProtoMajor)
			require.Equal(t, want, w.StatusCode, host)
		}
	})
}

// TestSessionsAreOfTheirSite checks that who is known to one site, by a certificate
// of its CA, is not to another by resuming that session.
func TestSessionsAreOfTheirSite(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			s := newSecured(t)
			of := map[string]*certificatestest.CA{}
			for _, site := range []string{"a", "b"} {
				of[site] = certificatestest.New(t, "clients of "+site)
				require.NoError(t, os.WriteFile("clients."+site, of[site].PEM, 0o600))
			}
			addr := listenTo(t, s.site("a.example:0", "a", "clients clients.a")+s.site("b.example:0", "b", "clients clients.b"))
			client := &tls.Config{
				ServerName: "a.example", MinVersion: version, MaxVersion: version,
				Certificates:       []tls.Certificate{of["a"].Issue(t, "me").Pair(t)},
				ClientSessionCache: oneSession{tls.NewLRUClientSessionCache(1)},
			}
			for _, resumed := range []bool{false, true} {
				_, page, state, err := s.fetch(t, addr, "a.example", client)
				require.NoError(t, err)
				require.Equal(t, "a", page)
				require.Equal(t, resumed, state.DidResume)
			}
			client.ServerName = "b.example"
			_, _, _, err := s.fetch(t, addr, "b.example", client)
			require.Error(t, err)
		})
	}
}

// oneSession offers the last session to every server.
type oneSession struct{ tls.ClientSessionCache }

func (s oneSession) Get(string) (*tls.ClientSessionState, bool) { return s.ClientSessionCache.Get("") }

func (s oneSession) Put(_ string, session *tls.ClientSessionState) {
	s.ClientSessionCache.Put("", session)
}
