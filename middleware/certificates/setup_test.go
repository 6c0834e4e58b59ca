package certificates_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/certificates"
	"github.com/shallot-http/shallot/middleware/certificates/certificatestest"
	"github.com/shallot-http/shallot/middleware/directive"
)

// get fetches a page from a server that nobody vouches for.
func get(url string) string {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return string(body)
}

// inFolder changes to a folder with a.crt, a.key, ca.crt and certs/a.pem.
func inFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	ca := certificatestest.New(t, "ca")
	p := ca.Issue(t, "a.example")
	p.Write(t, ".", "a")
	ca.Issue(t, "b.example").Write(t, ".", "b")
	require.NoError(t, os.WriteFile("ca.crt", ca.PEM, 0o600))
	require.NoError(t, os.Mkdir("certs", 0o700))
	require.NoError(t, os.WriteFile("certs/a.pem", append(p.Cert, p.Key...), 0o600))
}

func TestDirective(t *testing.T) {
	inFolder(t)
	both := []string{"h2", "http/1.1"}
	for _, tt := range []struct {
		name, src string
		want      *tls.Config
	}{
		{"off", "tls off", nil},
		{"files", "tls a.crt a.key", &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: both}},
		{"self-signed", "tls self_signed", &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: both}},
		{"a folder", "tls { load certs }", &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: both}},
		{"a least protocol", "tls a.crt a.key { protocols tls1.3 }", &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: both}},
		{"protocols in capitals", "tls a.crt a.key { protocols TLS1.2 TLS1.2 }",
			&tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, NextProtos: both}},
		{"ciphers by both names, and again", "tls a.crt a.key {\n ciphers ECDHE-RSA-AES128-GCM-SHA256 ecdhe-ecdsa-aes256-cbc-sha\n ciphers TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\n}",
			&tls.Config{MinVersion: tls.VersionTLS12, NextProtos: both, CipherSuites: []uint16{
				tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}}},
		{"weak ciphers", "tls a.crt a.key { ciphers RSA-3DES-EDE-CBC-SHA RSA-AES256-CBC-SHA }",
			&tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, CipherSuites: []uint16{
				tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA}}},
		{"curves", "tls a.crt a.key { curves X25519 p384 }",
			&tls.Config{MinVersion: tls.VersionTLS12, NextProtos: both, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP384}}},
		{"no HTTP/2", "tls a.crt a.key { alpn http/1.1 }", &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}},
		{"clients", "tls a.crt a.key { clients ca.crt }",
			&tls.Config{MinVersion: tls.VersionTLS12, NextProtos: both, ClientAuth: tls.RequireAndVerifyClientCert}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite("a.example")
			site.Hosts = []string{"a.example"}
			mw, err := caddyfiletest.SetupIn(t, site, certificates.Directive, tt.src)
			require.NoError(t, err)
			require.Nil(t, mw)
			got := site.Server.TLS
			if tt.want == nil {
				require.Nil(t, got)
				return
			}
			c, err := got.GetCertificate(&tls.ClientHelloInfo{ServerName: "a.example"})
			require.NoError(t, err)
			require.NoError(t, c.Leaf.VerifyHostname("a.example"))
			require.Equal(t, tt.want, &tls.Config{
				MinVersion: got.MinVersion, MaxVersion: got.MaxVersion, NextProtos: got.NextProtos,
				CipherSuites: got.CipherSuites, CurvePreferences: got.CurvePreferences, ClientAuth: got.ClientAuth,
			})
			require.Nil(t, site.Server.Plain)
		})
	}
}

// TestAllCiphersOfOld checks that each name that Caddy 0.7.1 knows is known.
func TestAllCiphersOfOld(t *testing.T) {
	inFolder(t)
	names := strings.Fields(`ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-CBC-SHA
		ECDHE-RSA-AES256-CBC-SHA ECDHE-ECDSA-AES256-CBC-SHA ECDHE-ECDSA-AES128-CBC-SHA RSA-AES128-CBC-SHA
		RSA-AES256-CBC-SHA ECDHE-RSA-3DES-EDE-CBC-SHA RSA-3DES-EDE-CBC-SHA`)
	site := directive.NewSite("a.example")
	_, err := caddyfiletest.SetupIn(t, site, certificates.Directive, "tls a.crt a.key { ciphers "+strings.Join(names, " ")+" }")
	require.NoError(t, err)
	require.Len(t, site.Server.TLS.CipherSuites, 10)
}

// TestSettingsAreShared checks that sites of the same settings have the same
// configuration, and others have not.
func TestSettingsAreShared(t *testing.T) {
	inFolder(t)
	pool := new(directive.Pool)
	set := func(src string) *tls.Config {
		site := directive.NewSite("a.example")
		site.Shared, site.Hosts = pool, []string{"a.example"}
		_, err := caddyfiletest.SetupIn(t, site, certificates.Directive, src)
		require.NoError(t, err)
		return site.Server.TLS
	}
	all := []string{
		"tls a.crt a.key", "tls b.crt b.key", "tls { load certs }", "tls self_signed",
		"tls a.crt a.key { protocols tls1.3 }", "tls a.crt a.key { alpn http/1.1 }",
		"tls a.crt a.key { clients ca.crt }", "tls a.crt a.key { clients a.crt }",
		"tls a.crt a.key { curves p256 }", "tls a.crt a.key { ciphers ECDHE-RSA-AES128-GCM-SHA256 }",
	}
	seen := map[*tls.Config]string{}
	for _, src := range all {
		c := set(src)
		require.Same(t, c, set(src), src)
		require.Empty(t, seen[c], src)
		seen[c] = src
	}
}

// TestKeysAreHidden checks that no site serves the keys of another.
func TestKeysAreHidden(t *testing.T) {
	inFolder(t)
	wd, err := os.Getwd()
	require.NoError(t, err)
	site := directive.NewSite("a.example")
	_, err = caddyfiletest.SetupIn(t, site, certificates.Directive, "tls a.crt a.key")
	require.NoError(t, err)
	require.True(t, site.Hidden("a.key", nil))
	require.False(t, site.Hidden("b.key", nil))
	site = directive.NewSite("a.example")
	_, err = caddyfiletest.SetupIn(t, site, certificates.Directive, "tls { load "+filepath.Join(wd, "certs")+" }")
	require.NoError(t, err)
	require.True(t, site.Hidden("certs/a.pem", nil))
}

func TestDirectiveErrors(t *testing.T) {
	inFolder(t)
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "tls",
			`Caddyfile:1:1: tls: a certificate and its key are missing; or self_signed, an email address, or load within a block`},
		{"a word", "tls on",
			`Caddyfile:1:5: tls: "on" is neither off nor self_signed nor an email address; and a certificate comes with its key, which is another file`},
		{"three words", "tls a.crt a.key b.crt",
			`Caddyfile:1:17: tls: unexpected "b.crt"`},
		{"the key of another", "tls a.crt b.key",
			`Caddyfile:1:5: tls: a.crt, b.key: tls: private key does not match public key`},
		{"off, but how", "tls off { protocols tls1.2 }",
			`Caddyfile:1:1: tls: takes no block`},
		{"twice", "tls off\ntls a.crt a.key",
			`Caddyfile:2:1: tls: already given at Caddyfile:1:1`},
		{"SSL", "tls a.crt a.key { protocols ssl3.0 tls1.2 }",
			`Caddyfile:1:29: tls: protocols: ssl3.0 is not to be used any more (RFC 7568, RFC 8996): the least is tls1.2`},
		{"a protocol of old", "tls a.crt a.key { protocols TLS1.0 TLS1.1 }",
			"Caddyfile:1:29: tls: protocols: tls1.0 is not to be used any more (RFC 7568, RFC 8996): the least is tls1.2\n" +
				`Caddyfile:1:36: tls: protocols: tls1.1 is not to be used any more (RFC 7568, RFC 8996): the least is tls1.2`},
		{"protocols the wrong way round", "tls a.crt a.key { protocols tls1.3 tls1.2 }",
			`Caddyfile:1:36: tls: protocols: tls1.2 is less than tls1.3`},
		{"no protocol", "tls a.crt a.key { protocols tls13 }",
			`Caddyfile:1:29: tls: protocols: unknown protocol "tls13" (did you mean "tls1.3"?)`},
		{"no cipher", "tls a.crt a.key { ciphers ECDHE-RSA-AES128-GCM-SHA265 }",
			`Caddyfile:1:27: tls: ciphers: unknown cipher "ECDHE-RSA-AES128-GCM-SHA265" (did you mean "ECDHE-RSA-AES128-GCM-SHA256"?)`},
		{"a cipher that nobody asks for", "tls a.crt a.key { ciphers TLS_RSA_WITH_RC4_128_SHA }",
			`Caddyfile:1:27: tls: ciphers: unknown cipher "TLS_RSA_WITH_RC4_128_SHA"`},
		{"a cipher of TLS 1.3", "tls a.crt a.key { ciphers TLS_AES_128_GCM_SHA256 }",
			`Caddyfile:1:27: tls: ciphers: the ciphers of TLS 1.3 are all in use, always`},
		{"no curve", "tls a.crt a.key { curves p224 }",
			`Caddyfile:1:26: tls: curves: unknown curve "p224" (did you mean "p256"?)`},
		{"no certificate of a CA", "tls a.crt a.key { clients a.key }",
			`Caddyfile:1:27: tls: clients: a.key: there is no certificate in PEM`},
		{"no protocol above", "tls a.crt a.key { alpn h3 }",
			`Caddyfile:1:24: tls: alpn: unknown protocol "h3" (did you mean "h2"?)`},
		{"two certificates", "tls a.crt a.key { load certs }",
			`Caddyfile:1:24: tls: there is a certificate already`},
		{"a CA in vain", "tls a.crt a.key { ca https://ca.example/directory }",
			`Caddyfile:1:19: tls: this is of automatic HTTPS, which an email address asks for`},
		{"a CA without TLS", "tls me@a.example { ca http://ca.example/directory }",
			"Caddyfile:1:5: tls: this program has no automatic HTTPS\n" +
				`Caddyfile:1:23: tls: ca: "http://ca.example/directory" is not the URL of an ACME directory, such as https://acme-staging-v02.api.letsencrypt.org/directory`},
		{"no automatic HTTPS", "tls me@a.example",
			`Caddyfile:1:5: tls: this program has no automatic HTTPS`},
		{"what is of Caddy 1", "tls me@a.example { dns cloudflare }",
			"Caddyfile:1:5: tls: this program has no automatic HTTPS\n" +
				`Caddyfile:1:20: tls: dns: this is of Caddy 1 only: proofs are given by TLS-ALPN-01 and HTTP-01`},
		{"clients who may come without", "tls a.crt a.key { clients request ca.crt }",
			`Caddyfile:1:27: tls: clients: clients that have no certificate of these CAs are always refused`},
		{"what is not there", "tls a.crt a.key { protocol tls1.2 }",
			`Caddyfile:1:19: tls: unknown property "protocol" (did you mean "protocols"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, certificates.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
