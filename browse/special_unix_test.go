//go:build unix

package browse_test

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestSpecialFiles checks that nothing but files and folders is listed.
func TestSpecialFiles(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": ""})
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	require.Equal(t, []string{"a.txt"}, serve(t, in(t, dir)).names("/"))
}

// TestUnreadableFolder is told by its status, not passed off as empty.
func TestUnreadableFolder(t *testing.T) {
	dir := folder(t, map[string]string{"locked/x": ""})
	locked := filepath.Join(dir, "locked")
	require.NoError(t, os.Chmod(locked, 0))
	t.Cleanup(func() { os.Chmod(locked, 0o700) })
	h := browse.NewHandler(middleware.Status(404), in(t, dir))
	middlewaretest.Unprivileged(t, func() {
		status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/locked/", nil))
		require.ErrorIs(t, err, fs.ErrPermission)
		require.Equal(t, 403, status)
	})
}
