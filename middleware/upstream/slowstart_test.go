package upstream_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestSlowStart checks that a target that returns gets more and more, from next to
// nothing to its fair share.
func TestSlowStart(t *testing.T) {
	for _, policy := range []struct {
		name string
		upstream.Policy
	}{
		{"random", upstream.Random()},
		{"round robin", upstream.RoundRobin()},
		{"least conn", upstream.LeastConn()},
		{"power of two", upstream.PowerOfTwo()},
		{"hash", upstream.Hash{Key: upstream.ByURI}},
	} {
		t.Run(policy.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGroup(t, upstream.Config{
					Targets:   weighted(1, 1, 1, 1),
					Policy:    policy,
					Passive:   upstream.Passive{MaxFails: 1},
					SlowStart: 100 * time.Second,
				})
				fail(t, g, "a", 1)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				require.Equal(t, "a slow start, b up, c up, d up", states(g))
				var got []float64
				const n = 20_000
				r := get("/")
				for range 11 {
					share := 0.0
					for i := range n {
						r.RequestURI = "/" + strconv.Itoa(i)
						p := pick(t, g, r)
						if name(p.Upstream) == "a" {
							share += 1. / n
						}
						p.Done(upstream.Result{})
					}
					got = append(got, share)
					time.Sleep(10 * time.Second)
				}
				require.Less(t, got[0], .1)
				require.IsIncreasing(t, got, "with %d draws, what chance does is less than a step", n)
				require.InDelta(t, .25, got[10], .03)
				require.Equal(t, "a up, b up, c up, d up", states(g))
			})
		})
	}
}

// TestSlowStartOfAll checks that if all are new nobody waits.
func TestSlowStartOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newSource()
		g := newGroup(t, upstream.Config{Sources: []upstream.Source{source}, SlowStart: time.Minute, Policy: upstream.RoundRobin()})
		source.say(nil, nil)
		require.NoError(t, g.Start(t.Context()))
		source.say(weighted(1, 1, 1), nil)
		synctest.Wait()
		require.Equal(t, "a slow start, b slow start, c slow start", states(g))
		for name, share := range shares(t, g, 30_000, nil) {
			require.InDelta(t, 1./3, share, .02, name)
		}
	})
}

// TestNoSlowStartAtFirst checks that what is there when the group starts is not
// new.
func TestNoSlowStartAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newSource()
		source.say(weighted(1, 1), nil)
		g := start(t, upstream.Config{Sources: []upstream.Source{source}, SlowStart: time.Minute})
		require.Equal(t, "a up, b up", states(g))
	})
}
