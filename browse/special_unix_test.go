//go:build unix

package browse_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// pipe makes a named pipe, which to open for reading takes forever.
func pipe(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, syscall.Mkfifo(name, 0o600))
}
