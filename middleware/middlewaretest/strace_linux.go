package middlewaretest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Traced runs the test that t is, or is part of, once more in a process of its own,
// with a variable in its environment by which it tells: "NAME=value". It returns how
// many bytes the kernel moved there by the system call given, which is sendfile or
// splice. Where strace is missing or may not trace the test is skipped; with CI=true
// it fails.
func Traced(t *testing.T, call, variable string) (moved int) {
	t.Helper()
	strace := Program(t, "strace")
	if out, err := exec.CommandContext(t.Context(), strace, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		Lacks(t, "strace may not trace here: ", string(out))
	}
	calls := filepath.Join(t.TempDir(), "calls")
	name, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-e", "trace=sendfile,splice", "-o", calls,
		os.Args[0], "-test.run=^"+name+"$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), variable)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", text)
		}
	})
	for _, found := range regexp.MustCompile(`(?m)\b`+call+`.* = (\d+)$`).FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		moved += n
	}
	return moved
}
