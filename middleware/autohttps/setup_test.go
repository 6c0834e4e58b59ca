package autohttps_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/autohttps"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestDirective(t *testing.T) {
	t.Chdir(t.TempDir())
	site := directive.NewSite("a.example")
	site.Hosts = []string{"a.example"}
	_, err := caddyfiletest.SetupIn(t, site, autohttps.Directive, "tls me@a.example {\n protocols tls1.3\n storage keys\n}")
	require.NoError(t, err)
	require.NotNil(t, site.Server.TLS.GetConfigForClient, "which answers those who ask for a proof")
	require.EqualValues(t, 0x304, site.Server.TLS.MinVersion)
	require.NotNil(t, site.Server.Plain)
	require.True(t, site.Hidden("keys/a.example", nil))
	info, err := os.Stat("keys")
	require.NoError(t, err)
	require.True(t, info.IsDir())
}

// TestDirectiveWithoutCA checks that files and signatures of one's own call
// for no CA.
func TestDirectiveWithoutCA(t *testing.T) {
	site := directive.NewSite("localhost")
	site.Hosts = []string{"localhost"}
	_, err := caddyfiletest.SetupIn(t, site, autohttps.Directive, "tls self_signed")
	require.NoError(t, err)
	require.Nil(t, site.Server.Plain)
}

func TestDirectiveErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("none.pem", []byte("none"), 0o600))
	const instead = "; what can be had is tls self_signed, or tls CERT KEY"
	for _, tt := range []struct {
		name, src string
		hosts     []string
		want      string
	}{
		{"this machine", "tls me@a.example", []string{"a.example", "localhost"},
			"Caddyfile:1:5: tls: localhost is this machine for everybody, so that nobody gets a certificate for it" + instead},
		{"any host", "tls me@a.example", []string{""},
			"Caddyfile:1:5: tls: a site for any host has no name to get a certificate for; write its names as addresses"},
		{"a private name", "tls me@a.example", []string{"a.internal"},
			"Caddyfile:1:5: tls: a.internal is a name of a private network, which no public CA can reach" + instead},
		{"a name that no CA knows, without an email address", "tls { ca https://ca.internal/directory }", []string{"intranet"},
			"Caddyfile:1:7: tls: intranet is a name of a private network, which no public CA can reach" + instead},
		{"no root", "tls me@a.example { ca_root none.pem }", []string{"a.example"},
			"Caddyfile:1:28: tls: ca_root: none.pem: there is no certificate in PEM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite(tt.hosts...)
			site.Hosts = tt.hosts
			_, err := caddyfiletest.SetupIn(t, site, autohttps.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
