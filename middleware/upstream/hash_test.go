package upstream_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestFewKeysMove checks that of ten targets that become nine, only the keys of the
// one that left move, and that they spread over the others.
func TestFewKeysMove(t *testing.T) {
	addresses := []upstream.Target{}
	for i := range 10 {
		addresses = append(addresses, upstream.Target{Addr: "10.0.0." + strconv.Itoa(i) + ":8080"})
	}
	assign := func(targets []upstream.Target) map[int]string {
		g := newGroup(t, upstream.Config{Targets: targets, Policy: upstream.Hash{Key: upstream.ByURI}})
		got, r := map[int]string{}, get("/")
		for i := range draws {
			r.RequestURI = "/" + strconv.Itoa(i)
			p := pick(t, g, r)
			got[i] = p.Upstream.Addr
			p.Done(upstream.Result{})
		}
		return got
	}
	before := assign(addresses)
	const left = 3
	after := assign(slices.Delete(slices.Clone(addresses), left, left+1))
	moved, to := 0, map[string]int{}
	for key, addr := range before {
		if addr == after[key] {
			continue
		}
		require.Equal(t, addresses[left].Addr, addr, "others stay")
		moved++
		to[after[key]]++
	}
	require.InDelta(t, .10, float64(moved)/draws, .015)
	t.Logf("%.2f %% of the keys move", 100*float64(moved)/draws)
	require.Len(t, to, 9)
	for addr, n := range to {
		require.InDelta(t, 1./9, float64(n)/float64(moved), .02, "%s", addr)
	}
}

// TestKeysByWeight checks that keys are shared out by weight, and that a change of
// one weight moves keys only to or from it.
func TestKeysByWeight(t *testing.T) {
	assign := func(weights ...int) (map[int]string, map[string]float64) {
		g := newGroup(t, upstream.Config{Targets: weighted(weights...), Policy: upstream.Hash{Key: upstream.ByURI}})
		got, share, r := map[int]string{}, map[string]float64{}, get("/")
		for i := range draws {
			r.RequestURI = "/" + strconv.Itoa(i)
			p := pick(t, g, r)
			got[i] = name(p.Upstream)
			share[got[i]] += 1. / draws
			p.Done(upstream.Result{})
		}
		return got, share
	}
	before, share := assign(1, 2, 5)
	require.InDelta(t, .125, share["a"], .02)
	require.InDelta(t, .25, share["b"], .02)
	require.InDelta(t, .625, share["c"], .02)
	after, share := assign(4, 2, 5)
	require.InDelta(t, 4./11, share["a"], .02)
	for key, name := range before {
		if after[key] != name {
			require.Equal(t, "a", after[key])
		}
	}
}

// TestBoundedLoad checks that one key that everybody asks for does not fall upon
// one target alone, if there is a bound.
func TestBoundedLoad(t *testing.T) {
	for _, tt := range []struct {
		bound float64
		most  int
	}{{0, 1000}, {1.25, 125}, {2, 200}} {
		g := newGroup(t, upstream.Config{
			Targets: weighted(1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
			Policy:  upstream.Hash{Key: upstream.ByURI, Bound: tt.bound},
		})
		for range 1000 {
			pick(t, g, get("/popular"))
		}
		most := 0
		for _, u := range g.Status().Upstreams {
			most = max(most, u.Active)
		}
		require.Equal(t, tt.most, most)
	}
}
