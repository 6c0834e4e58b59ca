package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestToolexec has go build link with the command in between.
func TestToolexec(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "server")
	buildTo(t, out, "server")
	// It is not taken for up to date.
	buildTo(t, out, "server", "-toolexec="+self+" -toolexec", "USDT_TEST_MAIN=1")
	require.Contains(t, usdt(t, "-l", out), "amd64, notes written\nshallot:request__start")
	version, err := exec.CommandContext(t.Context(), "go", "version", "-m", out).CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(version), "testdata/server")
}

// TestMain makes the test be the command, for TestToolexec.
func TestMain(m *testing.M) {
	if os.Getenv("USDT_TEST_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}
