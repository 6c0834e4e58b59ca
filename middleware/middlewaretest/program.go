package middlewaretest

import (
	"os"
	"os/exec"
	"testing"
)

// Lacks ends a test that needs what is not there, and says why: the test is skipped,
// but with CI=true, where everything is to be there, it fails.
func Lacks(t testing.TB, why ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why...)
	}
	t.Skip(why...)
}

// Program returns the path of a program, without which the test [Lacks] it.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Lacks(t, err)
	}
	return path
}
