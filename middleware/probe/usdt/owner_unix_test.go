//go:build unix

package main

import (
	"os"
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
