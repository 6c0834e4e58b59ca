package main

import (
	"context"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/probe"
)

// TestEveryToolListsEveryBuild has tools of others list all probes of a program in
// every form that go build gives it, before and after strip, and has it run. Without
// one of them, or root, the rest is verified all the same.
func TestEveryToolListsEveryBuild(t *testing.T) {
	need(t, false, "readelf", "which probes readelf lists")
	need(t, false, "strip", "that a program has its probes after strip")
	need(t, false, "gdb", "which probes gdb lists")
	profile, err := filepath.Abs("testdata/cpu.pgo") // of BenchmarkProbe; a new one would have all be compiled each time
	require.NoError(t, err)
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"plain", nil},
		{"without symbols", []string{stripped}},
		{"trimpath", []string{"-trimpath"}},
		{"PIE", []string{"-buildmode=pie"}},
		{"race", []string{"-race", "CGO_ENABLED=1"}},
		{"PGO", []string{"-pgo=" + profile}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := build(t, "server", tt.args...)
			usdt(t, server)
			checkNotes(t, server, map[elf.Machine][]byte{elf.EM_X86_64: {0x0f, 0x1f, 0x44, 0, 0, 0xc3}})
			listedByTools(t, server)
			runs(t, server)

			version := output(t, "go", "version", "-m", server)
			require.Contains(t, version, "path\tgithub.com/shallot-http/shallot/middleware/probe/usdt/testdata/server\n")
			after := server + "-stripped" // as the other one may not have ended
			output(t, "strip", "-o", after, server)
			listedByTools(t, after)
			runs(t, after)
			require.Equal(t, strings.TrimPrefix(version, server), strings.TrimPrefix(output(t, "go", "version", "-m", after), after))
		})
	}
}

func runs(t *testing.T, server string) {
	t.Helper()
	require.Equal(t, "hello\n", startProgram(t, server).mustGet("/all"))
}

// listedByTools checks that each tool there is lists all probes of a program.
func listedByTools(t *testing.T, server string) {
	t.Helper()
	for tool, list := range map[string]func(*testing.T) string{
		"readelf": func(t *testing.T) string { return output(t, "readelf", "-n", server) },
		"gdb":     func(t *testing.T) string { return output(t, "gdb", "-nx", "-batch", "-ex", "info probes stap", server) },
		"bpftrace": func(t *testing.T) string {
			if os.Geteuid() != 0 {
				middlewaretest.Lacks(t, "not root")
			}
			return output(t, "bpftrace", "-l", "usdt:"+server+":*")
		},
		"perf": func(t *testing.T) string {
			cache := t.TempDir()
			output(t, "perf", "--buildid-dir", cache, "buildid-cache", "--add", server)
			return output(t, "perf", "--buildid-dir", cache, "list", "sdt")
		},
	} {
		t.Run(tool, func(t *testing.T) {
			middlewaretest.Program(t, tool)
			listing := list(t)
			for _, p := range probe.List() {
				require.Regexp(t, `(?m)\b`+p.Name+`\b`, listing)
			}
		})
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), strconv.Quote(string(out)))
	return string(out)
}
