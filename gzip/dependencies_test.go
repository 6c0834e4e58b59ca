package gzip_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDependencies checks what a program gets that imports this package, and that
// one that serves files, siblings and all, does not get a codec for it.
func TestDependencies(t *testing.T) {
	const module = "github.com/shallot-http/shallot"
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("without the go command:", err)
	}
	for pkg, want := range map[string][]string{
		"/gzip":              {"github.com/andybalholm/brotli", "github.com/klauspost/compress"},
		"/middleware/static": nil,
		"/middleware/accept": nil,
	} {
		t.Run(pkg, func(t *testing.T) {
			const format = `{{with .Module}}{{.Path}}{{end}}`
			out, err := exec.CommandContext(t.Context(), tool, "list", "-deps", "-f", format, module+pkg).Output()
			require.NoError(t, err)
			got := slices.Sorted(slices.Values(strings.Fields(string(out))))
			got = slices.DeleteFunc(slices.Compact(got), func(m string) bool { return m == module })
			require.ElementsMatch(t, want, got)
		})
	}
}
