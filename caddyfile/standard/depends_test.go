package standard_test

import (
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/certificates/certificatestest"
)

// TestFilesThatAreReadOnce checks that a site is set up again by a reload if a file
// has changed that its lines name, and that nobody looks at again otherwise.
func TestFilesThatAreReadOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	old, renewed := certificatestest.New(t, "old"), certificatestest.New(t, "renewed")
	for name, text := range map[string]string{
		"ca_certificates": "proxy / https://127.0.0.1:1 {\n ca_certificates me.crt\n}",
		"tls_client":      "proxy / https://127.0.0.1:1 {\n tls_client me.crt me.key\n}",
		"ca_root":         "tls {\n ca https://127.0.0.1:1/\n ca_root me.crt\n storage acme\n}",
	} {
		t.Run(name, func(t *testing.T) {
			old.Issue(t, "me").Write(t, ".", "me")
			file := func() *caddyfile.File {
				f, err := caddyfile.Parse("Caddyfile", []byte("a.example {\n "+text+"\n}\nb.example {\n}"), caddyfile.ParseConfig{})
				require.NoError(t, err)
				return f
			}
			server, err := caddyfile.Build(file(), caddyfile.Config{Vocabulary: standard.Vocabulary(), Log: slog.New(slog.DiscardHandler)})
			require.NoError(t, err)
			defer server.Close()
			report, err := server.Reload(t.Context(), file())
			require.NoError(t, err)
			require.Equal(t, 2, report.Kept)
			require.NoError(t, os.Remove("me.crt"))
			renewed.Issue(t, "me").Write(t, ".", "me")
			report, err = server.Reload(t.Context(), file())
			require.NoError(t, err)
			require.Equal(t, []string{"a.example"}, report.Changed)
			require.Equal(t, 1, report.Kept)
		})
	}
}
