package upstream_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// p99 sends requests to four targets, of which one takes ten times as long as the
// others, and returns what 99 of 100 stay below.
func p99(t *testing.T, policy upstream.Policy) (p99 time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1, 1, 1), Policy: policy})
		var mu sync.Mutex
		var all []time.Duration
		var wg sync.WaitGroup
		for range 20_000 {
			wg.Go(func() {
				p := pick(t, g, nil)
				latency := 10 * time.Millisecond
				if name(p.Upstream) == "c" {
					latency *= 10
				}
				time.Sleep(latency)
				p.Done(upstream.Result{Status: 200, Latency: latency})
				mu.Lock()
				defer mu.Unlock()
				all = append(all, latency)
			})
			time.Sleep(time.Millisecond)
		}
		wg.Wait()
		slices.Sort(all)
		p99 = all[len(all)*99/100]
	})
	return p99
}

// TestTheSlowAreAvoided checks that a slow target does not slow everybody down.
func TestTheSlowAreAvoided(t *testing.T) {
	inTurn := p99(t, upstream.RoundRobin())
	require.LessOrEqual(t, p99(t, upstream.LeastTime()), inTurn/2)
	require.LessOrEqual(t, p99(t, upstream.PeakEWMA()), inTurn/2)
}

// TestTheBusyAreAvoided checks that of those that are as fast the idle one is
// expected to answer first.
func TestTheBusyAreAvoided(t *testing.T) {
	for _, policy := range []upstream.Policy{upstream.LeastTime(), upstream.PeakEWMA()} {
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1), Policy: policy})
		only(t, g, "a").Done(upstream.Result{Status: 200, Latency: 10 * time.Millisecond})
		only(t, g, "b").Done(upstream.Result{Status: 200, Latency: 11 * time.Millisecond})
		only(t, g, "a")
		require.Equal(t, map[string]float64{"b": 1}, shares(t, g, 1000, nil))
	}
}

func TestLeastTime(t *testing.T) {
	for _, policy := range []struct {
		name string
		upstream.Policy
	}{{"least time", upstream.LeastTime()}, {"peak EWMA", upstream.PeakEWMA()}} {
		t.Run(policy.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGroup(t, upstream.Config{Targets: weighted(1, 1), Policy: policy})
				answer := func(which string, latency time.Duration) {
					only(t, g, which).Done(upstream.Result{Status: 200, Latency: latency})
				}
				pick(t, g, nil)
				pick(t, g, nil)
				for _, u := range g.Status().Upstreams {
					require.Equal(t, 1, u.Active, "each gets one, to find out")
				}
				answer("a", 100*time.Millisecond)
				answer("b", 10*time.Millisecond)
				require.Equal(t, map[string]float64{"b": 1}, shares(t, g, 1000, nil))
				require.Equal(t, 100*time.Millisecond, g.Status().Upstreams[0].Latency)

				answer("b", time.Second)
				require.Equal(t, time.Second, g.Status().Upstreams[1].Latency, "what is slow is known at once")
				require.Equal(t, map[string]float64{"a": 1}, shares(t, g, 1000, nil))

				for range 100 { // and forgotten with time
					time.Sleep(time.Second)
					answer("a", 100*time.Millisecond)
				}
				require.Equal(t, map[string]float64{"b": 1}, shares(t, g, 1000, nil))

				answer("b", 50*time.Millisecond)
				require.Less(t, g.Status().Upstreams[1].Latency, 51*time.Millisecond)
				only(t, g, "b").Done(upstream.Result{Err: errRefused, Latency: 9 * time.Second})
				require.Less(t, g.Status().Upstreams[1].Latency, 51*time.Millisecond, "of failures it is not known how long an answer takes")
			})
		})
	}
}
