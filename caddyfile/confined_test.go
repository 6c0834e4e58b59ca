package caddyfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// TestConfined checks that the FS of an os.Root confines what is imported, whatever
// way leads out of it.
func TestConfined(t *testing.T) {
	dir := t.TempDir()
	inside, secret := filepath.Join(dir, "inside"), filepath.Join(dir, "secret")
	require.NoError(t, os.MkdirAll(filepath.Join(inside, "sites"), 0o700))
	for name, text := range map[string]string{
		secret:                              "log secret",
		filepath.Join(inside, "common"):     "gzip",
		filepath.Join(inside, "sites", "a"): "import ../common",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	root, err := os.OpenRoot(inside)
	require.NoError(t, err)
	defer root.Close()
	type row struct{ name, file, want string }
	rows := []row{
		{"a file", "common", ""},
		{"a file that imports one further up", "sites/*", ""},
		{"a file further up", "../secret", "it is outside of the files there are"},
		{"a file that is further up in the end", "sites/../../secret", "it is outside of the files there are"},
		{"a file by its full path", "/etc/passwd", "it is outside of the files there are"},
		{"a pattern further up", "../*", "it is outside of the files there are"},
	}
	if runtime.GOOS != "windows" { // where not everybody may make a link
		require.NoError(t, os.Symlink(secret, filepath.Join(inside, "link")))
		require.NoError(t, os.Symlink("..", filepath.Join(inside, "up")))
		require.NoError(t, os.Symlink("common", filepath.Join(inside, "alias")))
		rows = append(rows,
			row{"a link within", "alias", ""},
			row{"a link", "link", "path escapes from parent"},
			row{"a file in a linked folder", "up/secret", "path escapes from parent"},
			row{"a pattern in a linked folder", "up/*", "path escapes from parent"},
			row{"a pattern that a link fits", "lin*", "path escapes from parent"})
	}
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			f, err := caddyfile.Parse("Caddyfile", []byte("a.com\nimport "+tt.file), caddyfile.ParseConfig{FS: root.FS()})
			if tt.want != "" {
				require.ErrorContains(t, err, `Caddyfile:2:8: cannot import "`)
				require.ErrorContains(t, err, tt.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "a.com {gzip}", showFile(f))
		})
	}
}
