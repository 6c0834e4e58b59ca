//go:build unix && !linux

package static_test

import (
	"os"
	"testing"
)

// unprivileged calls f as somebody who may not read everything, as root may.
func unprivileged(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	f()
}
