package middlewaretest

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// NoLeaks fails the test if there are more goroutines or open sockets at its end than
// now. It is called before anything is started. Sockets are counted where /proc tells
// of them; other descriptors are not, as package net keeps pipes for splice(2).
func NoLeaks(t testing.TB) {
	t.Helper()
	goroutines, open := runtime.NumGoroutine(), sockets()
	t.Cleanup(func() {
		t.Helper()
		Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines && sockets() <= open })
		if t.Failed() {
			t.Logf("goroutines: %d, then %d; sockets: %d, then %d", goroutines, runtime.NumGoroutine(), open, sockets())
		}
	})
}

// Eventually fails the test if something does not come true within some ten seconds.
// It asks on the goroutine of the test and starts none, so that they can be counted.
func Eventually(t testing.TB, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		if is() {
			return
		}
		<-tick.C
	}
	t.Error("never came true")
}

func sockets() (n int) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
