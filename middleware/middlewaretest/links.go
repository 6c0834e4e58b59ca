package middlewaretest

import (
	"os"
	"runtime"
	"testing"
)

// Symlink makes a link called name to target. On Windows, where not everybody may, the
// test is skipped if it cannot be made; elsewhere it fails.
func Symlink(t testing.TB, target, name string) {
	t.Helper()
	made(t, os.Symlink(target, name), "windows")
}

// Link makes name another name of the file target. The test is skipped if that cannot
// be on Windows, which has file systems without, or on Android, where apps may not;
// elsewhere it fails.
func Link(t testing.TB, target, name string) {
	t.Helper()
	made(t, os.Link(target, name), "windows", "android")
}

func made(t testing.TB, err error, unless ...string) {
	t.Helper()
	if err == nil {
		return
	}
	for _, system := range unless {
		if runtime.GOOS == system {
			t.Skip("links cannot be made:", err)
		}
	}
	t.Fatal(err)
}
