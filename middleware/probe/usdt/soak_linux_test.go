//go:build soak

package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSoakTracers has tracers come, leave and be killed, once a second, while a
// server that grows stacks and collects garbage all the time has requests from
// every side. It does not crash, and each tracer sees every id between the first
// and the last that it sees, once.
func TestSoakTracers(t *testing.T) {
	need(t, true, "bpftrace", "that tracers may come and go under load")
	const clients = 8
	s := start(t, "5") // percent of garbage
	var (
		over  atomic.Bool
		asked atomic.Int64
		wg    sync.WaitGroup
	)
	for range clients {
		wg.Go(func() {
			for !over.Load() {
				body, err := s.get("/grow")
				if err != nil || body != "1024\n" {
					t.Errorf("%q, %v", body, err)
					return
				}
				asked.Add(1)
			}
		})
	}
	deadline, seen, killed := time.Now().Add(time.Minute), 0, 0
	for n := 0; time.Now().Before(deadline) && !t.Failed(); n++ {
		ids := s.startIDs(t, time.Second, n%2 == 1)
		killed += n % 2
		checkIDs(t, ids, clients)
		seen += len(ids)
	}
	over.Store(true)
	wg.Wait()
	s.attached(0, "request__start")
	t.Logf("%d requests, of which tracers saw %d; %d of them were killed", asked.Load(), seen, killed)
	require.Positive(t, seen)
}

// startIDs returns the ids of the requests that a tracer sees begin, before it is told
// to end, or is killed.
func (s *server) startIDs(t *testing.T, d time.Duration, kill bool) (ids []uint64) {
	out := filepath.Join(t.TempDir(), "out")
	cmd := exec.Command("bpftrace", "-B", "full", "-o", out, "-e",
		"usdt:"+s.cmd.Path+`:shallot:request__start { printf("%d %d\n", cpu, arg0); }`)
	cmd.Env = append(os.Environ(), "BPFTRACE_PERF_RB_PAGES=1024")
	require.NoError(t, cmd.Start())
	s.attached(1, "request__start")
	timer := time.NewTimer(d)
	<-timer.C
	if kill {
		require.NoError(t, cmd.Process.Kill())
	} else {
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
	}
	err := cmd.Wait()
	if !kill {
		require.NoError(t, err)
	}
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.NotContains(t, string(text), "Lost")
	whole := text[:strings.LastIndexByte(string(text), '\n')+1] // of the last line, some may not have been written
	last := map[uint64]uint64{}                                 // by CPU, each of which is read in its own order
	for line := range strings.Lines(string(whole)) {
		var cpu, id uint64
		if n, _ := fmt.Sscanf(line, "%d %d", &cpu, &id); n == 2 {
			ids = append(ids, id)
			last[cpu] = max(last[cpu], id)
		}
	}
	if !kill || len(ids) == 0 {
		return ids
	}
	// What a tracer that is killed has taken from one CPU, and not from another, is
	// from after the last that it has seen.
	end := slices.Min(slices.Collect(maps.Values(last)))
	return slices.DeleteFunc(ids, func(id uint64) bool { return id > end })
}

// checkIDs checks that none is there twice, and none missing between the first and
// the last. Requests have their number a moment before the tracer is told: what is
// in between as it attaches or leaves, at most one for each client, is seen or not.
func checkIDs(t *testing.T, ids []uint64, clients int) {
	t.Helper()
	slices.Sort(ids)
	missing := 0
	for i := 1; i < len(ids); i++ {
		gap := int(ids[i]-ids[i-1]) - 1
		missing += gap
		switch {
		case gap < 0:
			t.Errorf("%d was seen twice", ids[i])
		case gap > 0 && i > len(ids)/4 && i < len(ids)*3/4:
			t.Errorf("after %d, in the middle, %d are missing", ids[i-1], gap)
		}
	}
	if missing > 2*clients {
		t.Errorf("%d of %d are missing", missing, len(ids)+missing)
	}
}
