package placeholder_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// TestTLS has a client show its certificate.
func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	now := time.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(0xbeef),
		Subject:      pkix.Name{CommonName: "ada", Organization: []string{`Engines, "Ltd"`}},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(73 * time.Hour),
	}, &x509.Certificate{Subject: pkix.Name{CommonName: "the ca"}}, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	sum := sha256.Sum256(der)
	const layout = "Jan 02 15:04:05 2006 MST"

	want := map[string]string{
		"scheme": "https", "tls_protocol": "tls1.2", "tls_cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
		"tls_client_s_dn": `CN=ada,O=Engines\, \"Ltd\"`, "tls_client_i_dn": "CN=the ca", "tls_client_serial": "beef",
		"tls_client_fingerprint": hex.EncodeToString(sum[:]),
		"tls_client_v_start":     cert.NotBefore.Format(layout), "tls_client_v_end": cert.NotAfter.Format(layout),
		"tls_client_v_remain": "3", "tls_client_raw_cert": string(der),
		"tls_client_escaped_cert": url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
	}
	got := map[string]string{}
	srv := httptest.NewUnstartedServer(middleware.AppHandler(func(w http.ResponseWriter, r *http.Request) (int, error) {
		for name := range want {
			got[name] = string(placeholder.Compile("{"+name+"}", placeholder.Plain).Append(nil, &placeholder.Values{Request: r}))
		}
		return http.StatusNoContent, nil
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MaxVersion: tls.VersionTLS12}
	srv.StartTLS()
	defer srv.Close()
	client := srv.Client()
	conf := client.Transport.(*http.Transport).TLSClientConfig
	conf.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	conf.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	resp, err := client.Get(srv.URL)
	require.NoError(t, err)
	resp.Body.Close()
	want["tls_client_escaped_cert"], err = url.PathUnescape(want["tls_client_escaped_cert"])
	require.NoError(t, err)
	got["tls_client_escaped_cert"], err = url.QueryUnescape(got["tls_client_escaped_cert"])
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestTLSWithoutACertificate(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256}
	got := placeholder.Compile("{tls_protocol} {tls_cipher} {tls_client_s_dn}", placeholder.Log).Append(nil, &placeholder.Values{Request: r})
	require.Equal(t, "tls1.3 TLS_AES_128_GCM_SHA256 -", string(got))
}
