//go:build soak

package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A span is what one tracer has seen: the ids, and the times from the first of its
// events to the last, between which it has seen all there were.
type span struct {
	first, last uint64
	ids         map[uint64]bool
}

// TestSoakTracers has tracers come, leave and be killed, once a second, while a
// server that grows stacks, collects garbage all the time, and is profiled and traced
// by its own runtime has requests from every side. It does not crash. What each tracer
// saw is compared with a journal of the server: no id was seen twice, none that there
// was not, and none is missing of a request that came to the server after the tracer's
// first event and had left before the last. Those under way at the first or the last
// may be seen or not: the probe may have been on either side of it.
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
	var spans []span
	killed := 0
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && !t.Failed(); {
		kill := len(spans)%2 == 1
		spans = append(spans, s.span(t, time.Second, kill))
		if kill {
			killed++
		}
	}
	over.Store(true)
	wg.Wait()
	s.attached(0, "request__start")
	compared, seen := s.compare(t, spans)
	t.Logf("%d requests; %d tracers, of which %d were killed, saw %d; of %d they had to", asked.Load(), len(spans), killed, seen, compared)
	require.Positive(t, killed)
	require.Greater(t, compared, seen/2)
}

// compare compares spans with the journal, and returns how many ids had to be in them,
// and how many were.
func (s *server) compare(t *testing.T, spans []span) (compared, seen int) {
	known := map[uint64]bool{}
	for line := range strings.Lines(s.mustGet("/journal")) {
		var id, before, after uint64
		_, err := fmt.Sscan(line, &id, &before, &after)
		require.NoError(t, err, line)
		require.False(t, known[id], "%d was given twice", id)
		known[id] = true
		for i, sp := range spans {
			if before > sp.first && after < sp.last {
				if compared++; !sp.ids[id] {
					t.Errorf("tracer %d, of %d to %d, has not seen %d, of %d to %d", i, sp.first, sp.last, id, before, after)
				}
			}
		}
	}
	for i, sp := range spans {
		for id := range sp.ids {
			if seen++; !known[id] {
				t.Errorf("tracer %d has seen %d, which there was not", i, id)
			}
		}
	}
	return compared, seen
}

// span returns what a tracer sees before it is told to end, or is killed.
func (s *server) span(t *testing.T, d time.Duration, kill bool) span {
	out := filepath.Join(t.TempDir(), "out")
	cmd := exec.Command("bpftrace", "-B", "full", "-o", out, "-e",
		"usdt:"+s.cmd.Path+`:shallot:request__start { printf("%d %lu %lu.\n", cpu, nsecs, arg0); }`)
	cmd.Env = append(os.Environ(), "BPFTRACE_PERF_RB_PAGES=1024")
	require.NoError(t, cmd.Start())
	s.attached(1, "request__start")
	<-time.NewTimer(d).C
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

	sp := span{first: math.MaxUint64, ids: map[uint64]bool{}}
	last := map[int]uint64{} // by CPU
	for line := range strings.Lines(string(text)) {
		var cpu int
		var at, id uint64
		if n, _ := fmt.Sscanf(line, "%d %d %d.\n", &cpu, &at, &id); n != 3 || !strings.HasSuffix(line, ".\n") {
			continue // what bpftrace says of itself, or what a killed one had not written
		}
		sp.first, last[cpu] = min(sp.first, at), max(last[cpu], at)
		if id == 0 {
			continue // it had come before the tracer was counted
		}
		require.False(t, sp.ids[id], "%d was seen twice", id)
		sp.ids[id] = true
	}
	switch {
	case !kill:
		for _, at := range last {
			sp.last = max(sp.last, at)
		}
	case len(last) == runtime.NumCPU():
		// A tracer reads the events of each CPU in their order: of the one that it
		// had read the least of when it was killed, it has not seen what came later.
		sp.last = math.MaxUint64
		for _, at := range last {
			sp.last = min(sp.last, at)
		}
	}
	return sp
}
