package probe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe"
)

func TestList(t *testing.T) {
	names, semaphores := map[string]bool{}, map[int]bool{}
	for _, p := range probe.List() {
		words := 0
		for _, a := range p.Args {
			words += a.Words()
		}
		require.LessOrEqual(t, words, 6, "%s: more than tracers read", p.Name)
		require.False(t, names[p.Name], p.Name)
		require.False(t, semaphores[p.SemaphoreOffset()], p.Name)
		require.Less(t, p.SemaphoreOffset(), probe.Semaphores)
		require.NotEqual(t, 6, p.SemaphoreOffset()%8, "%s: has the count of those who watch", p.Name)
		require.True(t, strings.HasPrefix(p.Doc, p.Func+" "), p.Name)
		names[p.Name], semaphores[p.SemaphoreOffset()] = true, true
	}
	probe.List()[0].Args[0].Name = "changed"
	require.Equal(t, "id", probe.List()[0].Args[0].Name)
}

// TestOrder holds the order in which probes were added: what is further on in the
// list may be appended to, and nothing else be changed.
func TestOrder(t *testing.T) {
	var got []string
	for _, p := range probe.List() {
		var args []string
		for _, a := range p.Args {
			args = append(args, a.Name+":"+a.Type)
		}
		got = append(got, p.Name+" "+strings.Join(args, " "))
	}
	require.Equal(t, []string{
		"request__start id:uint64 method:string uri:string r:*Request",
		"request__done id:uint64 status:int64 bytes:int64 ns:int64 r:*Request",
		"request__header id:uint64 name:string value:string",
		"layer__enter id:uint64 name:string",
		"layer__exit id:uint64 name:string status:int64 ns:int64",
		"error id:uint64 layer:string msg:string",
		"upstream__start id:uint64 attempt:int64 addr:string",
		"upstream__done id:uint64 status:int64 totalNS:int64 firstByteNS:int64 connectNS:int64 u:*Upstream",
		"compress__done id:uint64 coding:string in:int64 out:int64 ns:int64",
		"fastcgi__stderr id:uint64 app:string line:string",
		"fastcgi__done id:uint64 app:string appStatus:int64 protoStatus:int64 ns:int64",
		"git__pull ns:int64 status:int64 repo:string rev:string",
		"health__change up:int64 addr:string reason:string",
		"reload ns:int64 status:int64 file:string",
		"log__record level:int64 msg:string attrs:string",
	}, got[:15])
}

func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "run", "./generate", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 5)
	for _, f := range files {
		want, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		have, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		require.Equal(t, string(want), string(have), "%s: run go generate", f.Name())
	}
}

// TestNoProbe checks that with the tag noprobe a program has none of the functions,
// nor calls of them; and that one has them without it.
func TestNoProbe(t *testing.T) {
	for tags, want := range map[string]bool{"": true, "noprobe": false} {
		server := filepath.Join(t.TempDir(), "server")
		cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", server, "./usdt/testdata/server")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		code, err := exec.CommandContext(t.Context(), "go", "tool", "objdump", "-s", `shallot/middleware\.|^main\.`, server).CombinedOutput()
		require.NoError(t, err, string(code))
		symbols, err := exec.CommandContext(t.Context(), "go", "tool", "nm", server).CombinedOutput()
		require.NoError(t, err, string(symbols))
		require.Contains(t, string(code), "TEXT github.com/shallot-http/shallot/middleware.")
		for _, p := range probe.List() {
			name := "middleware/probe." + p.Func + ".abi0"
			require.Equal(t, want, strings.Contains(string(symbols), name), "%q: %s", tags, name)
			call := "CALL github.com/shallot-http/shallot/middleware/probe." + p.Func
			require.Equal(t, want, strings.Contains(string(code), call), "%q: %s", tags, call)
		}
		require.Equal(t, want, strings.Contains(string(symbols), "middleware/probe.semaphores"), tags)
	}
}
