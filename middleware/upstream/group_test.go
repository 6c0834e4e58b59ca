package upstream_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// policies are all there are.
func policies() map[string]upstream.Policy {
	return map[string]upstream.Policy{
		"Random": upstream.Random(), "First": upstream.First(), "LeastConn": upstream.LeastConn(),
		"PowerOfTwo": upstream.PowerOfTwo(), "RandomChoose": upstream.RandomChoose(3), "RoundRobin": upstream.RoundRobin(),
		"LeastTime": upstream.LeastTime(), "PeakEWMA": upstream.PeakEWMA(),
		"ByIP": upstream.Hash{Key: upstream.ByIP}, "ByCookie": upstream.Hash{Key: upstream.ByCookie("lb")},
		"ByQuery": upstream.Hash{Key: upstream.ByQuery("x"), Bound: 1.25},
		"Sticky":  upstream.NewSticky(upstream.Cookie{}),
	}
}

// request is one that has all that policies look at.
func request() *http.Request {
	r := get("/a?x=1")
	r.Header.Set("Cookie", "a=b; lb=0123456789012345678901")
	return r
}

// TestPickDoesNotAllocate covers tried upstreams, limits and slow starts, too.
func TestPickDoesNotAllocate(t *testing.T) {
	for name, policy := range policies() {
		for _, limit := range []int{0, 5} {
			g := newGroup(t, upstream.Config{Targets: weighted(1, 2, 3, 4), Policy: policy, MaxConns: limit, Queue: limit, Rand: rand.Uint64})
			r, ctx := request(), t.Context()
			tried := []*upstream.Upstream{only(t, g, "b").Upstream}
			allocs := testing.AllocsPerRun(100, func() {
				for _, tried := range [][]*upstream.Upstream{nil, tried} {
					p, _ := g.Pick(ctx, r, tried)
					p.Done(upstream.Result{Status: 200, Latency: time.Millisecond})
				}
			})
			require.Zero(t, allocs, name)
		}
	}
}

// TestAllAtOnce has everything happen at the same time, for the race detector: it
// checks no more than that it all ends, and that nothing is left.
func TestAllAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	for name, policy := range policies() {
		s, c := newSource(), newChecker()
		s.say(weighted(1, 2, 3, 4), nil)
		g, err := upstream.Open(t.Context(), upstream.Config{
			Sources: []upstream.Source{s},
			Policy:  policy,
			Active:  upstream.Active{Checker: c, Interval: time.Microsecond, Rise: 1, Fall: 1},
			Passive: upstream.Passive{MaxFails: 2, Eject: 10 * time.Microsecond, MaxPercent: 75},
			Breaker: upstream.Breaker{Ratio: .5, Results: 4, Open: 10 * time.Microsecond},

			SlowStart: 50 * time.Microsecond,
			MaxConns:  3,
			Queue:     8,
			Observe:   func(upstream.Event) {},
		})
		require.NoError(t, err, name)
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				r := request()
				for range 300 {
					ctx, cancel := context.WithCancel(context.Background())
					if rand.IntN(10) == 0 {
						time.AfterFunc(10*time.Microsecond, cancel)
					}
					var tried []*upstream.Upstream
					for range 3 {
						p, err := g.Pick(ctx, r, tried)
						if err != nil {
							break
						}
						p.Mark(http.Header{}, r)
						tried = append(tried, p.Upstream)
						result := upstream.Result{Status: 200, Latency: time.Duration(1 + rand.IntN(1000))}
						if rand.IntN(3) == 0 {
							result = upstream.Result{Err: errRefused}
						}
						p.Done(result)
						if result.Err == nil || !g.AllowRetry() {
							break
						}
					}
					cancel()
				}
			})
		}
		wg.Go(func() {
			for i := range 200 {
				targets := weighted(1+i%2, 2, 3, 4, 5)
				i := rand.IntN(len(targets))
				s.say(slices.Delete(targets, i, i+1), nil)
				c.set("a", rand.IntN(2) == 0)
				g.Status()
			}
		})
		wg.Wait()
		for _, u := range g.Status().Upstreams {
			require.Zero(t, u.Active, "%s: %s", name, u.Target)
		}
		require.Zero(t, g.Status().Queue.Waiting)
		require.NoError(t, g.Close())
	}
	for runtime.NumGoroutine() > before { // until the test times out, and tells which
		runtime.Gosched()
	}
}

func BenchmarkPick(b *testing.B) {
	for name, policy := range policies() {
		b.Run(name, func(b *testing.B) {
			g := newGroup(b, upstream.Config{Targets: weighted(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), Policy: policy, Rand: rand.Uint64})
			r, ctx := request(), b.Context()
			b.ReportAllocs()
			for b.Loop() {
				p, _ := g.Pick(ctx, r, nil)
				p.Done(upstream.Result{Status: 200, Latency: time.Millisecond})
			}
		})
	}
}

func BenchmarkPickParallel(b *testing.B) {
	g := newGroup(b, upstream.Config{Targets: weighted(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), Rand: rand.Uint64})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r, ctx := request(), context.Background()
		for pb.Next() {
			p, _ := g.Pick(ctx, r, nil)
			p.Done(upstream.Result{Status: 200, Latency: time.Millisecond})
		}
	})
}
