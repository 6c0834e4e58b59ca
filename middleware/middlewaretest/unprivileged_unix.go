//go:build unix && !linux

package middlewaretest

import (
	"os"
	"testing"
)

// Unprivileged calls f as somebody who may not read everything. Where tests are run
// by root, who may, the test is skipped.
func Unprivileged(t testing.TB, f func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	f()
}
