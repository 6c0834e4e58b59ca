//go:build unix

package caddyfile_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// TestImportSpecial checks that nothing is opened that might never end.
func TestImportSpecial(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for _, name := range []string{fifo, filepath.Join(filepath.Dir(fifo), "*"), "/dev/zero"} {
		_, err := caddyfile.Parse("Caddyfile", []byte("a.com\nimport "+name), caddyfile.ParseConfig{})
		require.ErrorContains(t, err, `Caddyfile:2:8: cannot import "`)
		require.ErrorContains(t, err, `": it is not a regular file`)
	}
}

// TestImportFromSpecial checks that what is no directory is not opened to look
// for files in it.
func TestImportFromSpecial(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for _, name := range []string{fifo, "/dev/zero"} {
		_, err := caddyfile.Parse("Caddyfile", []byte("a.com\nimport "+name+"/*"), caddyfile.ParseConfig{})
		require.ErrorContains(t, err, `Caddyfile:2:8: cannot import "`+name+`/*": `+name+" is not a directory\n")
	}
}
