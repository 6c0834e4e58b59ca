package standard_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// TestReloadOfFiles checks that a site is set up again if a file that is read once is
// another one, although its lines say the same.
func TestReloadOfFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	backend := httptest.NewTLSServer(nil)
	defer backend.Close()
	pair := backend.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	files := map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	}
	replace := func(name string) {
		require.NoError(t, os.WriteFile("new", pem.EncodeToMemory(files[name]), 0o600))
		require.NoError(t, os.Rename("new", name))
	}
	for name := range files {
		replace(name)
	}
	const text = "http://a {\n\tproxy / https://localhost {\n\t\tca_certificates ca.pem\n\t\ttls_client cert.pem key.pem\n\t}\n}\nhttp://b {\n}\n"
	server := loadText(t, text)
	defer server.Close()
	for name := range files {
		t.Run(name, func(t *testing.T) {
			replace(name)
			file, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
			require.NoError(t, err)
			report, err := server.Reload(t.Context(), file)
			require.NoError(t, err)
			require.Equal(t, []string{"http://a"}, report.Changed)
			require.Equal(t, 1, report.Kept)
		})
	}
}
