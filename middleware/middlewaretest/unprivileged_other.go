//go:build !linux

package middlewaretest

import (
	"os"
	"runtime"
	"testing"
)

// Unprivileged calls f as somebody who may not read everything. Where tests are run
// by root, who may, and on Windows, where a mode hides nothing, the test is skipped.
func Unprivileged(t testing.TB, f func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the mode of a file does not keep from reading it")
	}
	f()
}
