//go:build linux || darwin

package middleware_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestRootIsNoPipe checks that nobody waits for the other end of a pipe that has
// taken the place of a folder.
func TestRootIsNoPipe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(dir, 0o600))
	require.Nil(t, middleware.NewRoot(dir).Now().FS)
	_, err := middleware.PinnedRoot(dir)
	require.ErrorIs(t, err, syscall.ENOTDIR)
}

// TestRootOutlastsExhaustion checks that a folder that cannot be opened for lack
// of descriptors leaves the one before it in its place.
func TestRootOutlastsExhaustion(t *testing.T) {
	dir := t.TempDir()
	for _, release := range []string{"1", "2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, release), 0o700))
	}
	current := filepath.Join(dir, "current")
	require.NoError(t, os.Symlink("1", current))
	synctest.Test(t, func(t *testing.T) {
		root := middleware.NewRoot(current)
		defer func() { require.NoError(t, root.Close()) }()
		first := root.Now()
		require.NoError(t, os.Remove(current))
		require.NoError(t, os.Symlink("2", current))

		release := exhaust(t)
		time.Sleep(time.Second)
		during := root.Now()
		release()
		require.Same(t, first, during)

		time.Sleep(time.Second)
		second := root.Now()
		require.Equal(t, "2", filepath.Base(second.Dir))
		require.NoError(t, first.Close())
	})
}

// exhaust leaves the process no descriptors until release is called.
func exhaust(t *testing.T) (release func()) {
	t.Helper()
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	next, err := os.Open(os.DevNull)
	require.NoError(t, err)
	few := before
	few.Cur = uint64(next.Fd()) + 8
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few))
	open := []*os.File{next}
	for {
		file, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		open = append(open, file)
	}
	return func() {
		for _, file := range open {
			require.NoError(t, file.Close())
		}
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before))
	}
}
