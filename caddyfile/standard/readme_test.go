package standard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

// TestReadme builds the Caddyfile that the README shows, and makes the mistake
// that it shows the message of.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	readme := strings.ReplaceAll(string(text), "\r\n", "\n")
	_, sample, ok := strings.Cut(readme, "```\n# Two sites")
	require.True(t, ok)
	sample, _, _ = strings.Cut(sample, "```")
	load := func(caddy string) error {
		_, err := caddyfile.Load("Caddyfile", caddyfile.Config{
			Vocabulary: standard.Vocabulary(),
			Parse: caddyfile.ParseConfig{FS: fstest.MapFS{
				"Caddyfile":   {Data: []byte(caddy)},
				"common.conf": {Data: []byte("log stdout\n")},
			}},
		})
		return err
	}
	require.NoError(t, load("# Two sites"+sample))

	err = load("example.com {\n\tlog access.log {\n\t\trotate_sise 50\n\t}\n}")
	require.Error(t, err)
	_, message, _ := strings.Cut(err.Error(), ": ")
	require.Contains(t, strings.ReplaceAll(readme, "\n      ", "\n"), message)
}
