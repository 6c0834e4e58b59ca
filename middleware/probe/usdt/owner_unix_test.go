//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheOwnerStays has root write notes into a program that only its owner may run.
func TestTheOwnerStays(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away; that a program keeps its owner is not verified")
	}
	server := buildStripped(t)
	const nobody = 65534
	require.NoError(t, os.Chown(server, nobody, nobody))
	require.NoError(t, os.Chmod(server, 0o700))
	usdt(t, server)
	st, err := os.Stat(server)
	require.NoError(t, err)
	require.EqualValues(t, nobody, st.Sys().(*syscall.Stat_t).Uid)
	require.EqualValues(t, nobody, st.Sys().(*syscall.Stat_t).Gid)
	require.Equal(t, os.FileMode(0o700), st.Mode())

	usdt(t, "-o", server+".copy", server)
	st, err = os.Stat(server + ".copy")
	require.NoError(t, err)
	require.Zero(t, st.Sys().(*syscall.Stat_t).Uid, "a copy belongs to who makes it")
}

// TestOnlyFilesAreReplaced checks that what is written to is not replaced if it is no
// file, nor a program by one that others could no longer be by running it.
func TestOnlyFilesAreReplaced(t *testing.T) {
	server := buildStripped(t)
	null := filepath.Join(t.TempDir(), "null")
	require.NoError(t, os.Symlink(os.DevNull, null))
	for _, out := range []string{null, os.DevNull} {
		require.ErrorContains(t, run([]string{"-o", out, server}, nil), "is no file that could be replaced")
	}
	dir := t.TempDir()
	require.EqualError(t, run([]string{"-o", dir, server}, nil), server+": "+dir+" is no file that could be replaced")

	require.NoError(t, os.Chmod(server, 0o755|os.ModeSetuid))
	require.EqualError(t, run([]string{server}, nil), server+": is run as another user: write the notes before it is made so")
	st, err := os.Stat(server)
	require.NoError(t, err)
	require.Equal(t, 0o755|os.ModeSetuid, st.Mode())
}
