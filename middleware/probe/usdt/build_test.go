package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// build returns a program of testdata without notes, built with the flags and variables
// given.
func build(t testing.TB, program string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), program)
	buildTo(t, out, program, args...)
	return out
}

func buildTo(t testing.TB, out, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			cmd.Args = append(cmd.Args, arg)
		} else {
			cmd.Env = append(cmd.Env, arg)
		}
	}
	cmd.Args = append(cmd.Args, "./testdata/"+program)
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
}

// buildStripped returns a server without symbols nor notes.
func buildStripped(t testing.TB) string { return build(t, "server", stripped) }

const stripped = "-ldflags=-s -w"

func usdt(t testing.TB, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out))
	return out.String()
}
