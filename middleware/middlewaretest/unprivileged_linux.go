package middlewaretest

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// Unprivileged calls f as somebody who may not read everything, as root may: in a
// container tests are often run by root. It is so for this goroutine only, and what
// f starts may be either.
func Unprivileged(t testing.TB, f func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		const nobody = 65534
		runtime.LockOSThread() // of which that is a property
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setfsuid(0)
	}
	f()
}
