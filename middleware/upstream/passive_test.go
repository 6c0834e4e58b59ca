package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

func TestPassive(t *testing.T) {
	bad, good := upstream.Result{Err: errRefused}, upstream.Result{Status: 200}
	for _, tt := range []struct {
		name    string
		passive upstream.Passive
		results []upstream.Result // of a, a second apart
		want    string
	}{
		{"three failures", upstream.Passive{}, []upstream.Result{bad, bad, bad}, "ejected"},
		{"two failures", upstream.Passive{}, []upstream.Result{bad, bad}, "up"},
		{"half of the requests", upstream.Passive{}, []upstream.Result{bad, good, good, bad, good, bad}, "ejected"},
		{"less than half", upstream.Passive{}, []upstream.Result{bad, good, good, good, good, bad, bad}, "up"},
		{"less than half, but only the number counts", upstream.Passive{Ratio: -1}, []upstream.Result{bad, good, good, good, good, bad, bad}, "ejected"},
		{"one is enough", upstream.Passive{MaxFails: 1}, []upstream.Result{bad}, "ejected"},
		{"one never is", upstream.Passive{MaxFails: -1}, []upstream.Result{bad, bad, bad, bad, bad}, "up"},
		{"too far apart", upstream.Passive{Window: 1900 * time.Millisecond}, []upstream.Result{bad, bad, bad, bad}, "up"},
		{"just near enough", upstream.Passive{Window: 2 * time.Second}, []upstream.Result{bad, bad, bad}, "ejected"},
		{"an old failure does not matter", upstream.Passive{MaxFails: 2, Window: time.Second, Ratio: -1}, []upstream.Result{bad, good, good, bad, bad}, "ejected"},
		{"a status", upstream.Passive{MaxFails: 1, Statuses: []int{503}}, []upstream.Result{{Status: 503}}, "ejected"},
		{"another status", upstream.Passive{MaxFails: 1, Statuses: []int{503}}, []upstream.Result{{Status: 500}}, "up"},
		{"slow", upstream.Passive{MaxFails: 1, Latency: time.Second}, []upstream.Result{{Status: 200, Latency: time.Second}}, "ejected"},
		{"not slow", upstream.Passive{MaxFails: 1, Latency: time.Second}, []upstream.Result{{Status: 200, Latency: 999 * time.Millisecond}}, "up"},
		{"the client left", upstream.Passive{MaxFails: 1}, []upstream.Result{{Err: fmt.Errorf("reading: %w", context.Canceled)}}, "up"},
		{"it took too long", upstream.Passive{MaxFails: 1}, []upstream.Result{{Err: context.DeadlineExceeded}}, "ejected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGroup(t, upstream.Config{Targets: weighted(1, 1), Passive: tt.passive})
				for i, result := range tt.results {
					if i > 0 {
						time.Sleep(time.Second)
					}
					only(t, g, "a").Done(result)
				}
				require.Equal(t, "a "+tt.want+", b up", states(g))
			})
		})
	}
}

// TestEjectionsGrow checks that what fails again and again is out for longer and
// longer, and that this is forgotten while it does not.
func TestEjectionsGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{
			Targets: weighted(1, 1),
			Passive: upstream.Passive{Eject: 10 * time.Second, MaxEject: 25 * time.Second},
		})
		out := func() time.Duration {
			began := time.Now()
			require.Equal(t, "a ejected, b up", states(g))
			until := g.Status().Upstreams[0].Until
			time.Sleep(until.Sub(began) - 1)
			require.Equal(t, "a ejected, b up", states(g))
			time.Sleep(1)
			synctest.Wait()
			require.Equal(t, "a up, b up", states(g))
			return time.Since(began)
		}
		fail(t, g, "a", 3)
		require.Equal(t, 10*time.Second, out())
		fail(t, g, "a", 1) // one is enough now
		require.Equal(t, 20*time.Second, out())
		fail(t, g, "a", 1)
		require.Equal(t, 25*time.Second, out())

		only(t, g, "a").Done(upstream.Result{Status: 200})
		time.Sleep(20 * time.Second)
		fail(t, g, "a", 2) // three are needed again
		require.Equal(t, "a up, b up", states(g))
		fail(t, g, "a", 1)
		require.Equal(t, 20*time.Second, out(), "of three, two were forgotten")
		time.Sleep(time.Hour)
		fail(t, g, "a", 1)
		require.Equal(t, 10*time.Second, out())
	})
}

// TestResultsFromBefore checks that what was under way when a target was ejected
// says nothing about how it is since it returned.
func TestResultsFromBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1)})
		early, late := only(t, g, "a"), only(t, g, "a")
		fail(t, g, "a", 3)
		early.Done(upstream.Result{Err: errRefused})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		late.Done(upstream.Result{Err: errRefused}) // one would be enough
		require.Equal(t, "a up, b up", states(g))
		fail(t, g, "a", 1)
		require.Equal(t, "a ejected, b up", states(g))
	})
}

func TestMaxPercent(t *testing.T) {
	for _, tt := range []struct {
		targets, percent int
		want             int // ejected, when all fail
	}{
		{1, 0, 0}, {2, 0, 1}, {3, 0, 1}, {4, 0, 2}, {10, 0, 5}, {10, 10, 1}, {9, 10, 0}, {3, 100, 3}, {1, 100, 1},
	} {
		t.Run(fmt.Sprint(tt.percent, " % of ", tt.targets), func(t *testing.T) {
			g := newGroup(t, upstream.Config{
				Targets: weighted(make([]int, tt.targets)...),
				Policy:  upstream.RoundRobin(),
				Passive: upstream.Passive{MaxFails: 1, MaxPercent: tt.percent},
			})
			for range 10 * tt.targets {
				p, err := g.Pick(t.Context(), nil, nil)
				if err == nil {
					p.Done(upstream.Result{Err: errRefused})
				}
			}
			out := 0
			for _, u := range g.Status().Upstreams {
				if !u.Fit {
					out++
				}
			}
			require.Equal(t, tt.want, out)
			_, err := g.Pick(t.Context(), nil, nil)
			if tt.want == tt.targets {
				require.ErrorIs(t, err, upstream.ErrNone)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// TestMaxPercentIsOfATier checks that backups do not make it easier to eject, and
// that what is out for another reason counts.
func TestMaxPercentIsOfATier(t *testing.T) {
	targets := weighted(1, 1, 1, 1)
	targets[2].Tier, targets[3].Tier = 1, 1
	g := newGroup(t, upstream.Config{Targets: targets, Passive: upstream.Passive{MaxFails: 1}})
	fail(t, g, "a", 1)
	fail(t, g, "b", 1)
	require.Equal(t, "a ejected, b up, c up, d up", states(g))
}

func TestWhatIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := newEvents()
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1), Passive: upstream.Passive{MaxFails: 1}, Observe: seen.observe})
		require.Empty(t, seen.take())
		fail(t, g, "a", 1)
		require.Equal(t, []string{"a ejected"}, seen.take())
		u := g.Status().Upstreams[0]
		require.Equal(t, "connection refused", u.LastError)
		require.Equal(t, time.Now().Add(10*time.Second), u.Until)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"a readmitted"}, seen.take())
	})
}

// TestDoneTwice checks that only the first call counts.
func TestDoneTwice(t *testing.T) {
	g := newGroup(t, upstream.Config{Targets: weighted(1)})
	other := pick(t, g, nil)
	p := pick(t, g, nil)
	p.Done(upstream.Result{Err: errors.New("reset")})
	p.Done(upstream.Result{})
	u := g.Status().Upstreams[0]
	require.Equal(t, 1, u.Active)
	require.EqualValues(t, 1, u.Requests)
	require.EqualValues(t, 1, u.Failures)
	other.Done(upstream.Result{})
}

// TestTheEjectedAreTriedLast checks that a request which all others have failed goes to
// a target that is ejected, which is back if it succeeds there, and to no other.
func TestTheEjectedAreTriedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1, 1), Passive: upstream.Passive{MaxFails: 1}, MaxConns: 1})
		fail(t, g, "a", 1)
		require.Equal(t, "a ejected, b up, c up", states(g))
		b, c := only(t, g, "b"), only(t, g, "c")
		_, err := g.Pick(t.Context(), nil, []*upstream.Upstream{b.Upstream})
		require.ErrorIs(t, err, upstream.ErrFull, "c may be free in a moment")
		tried := []*upstream.Upstream{b.Upstream, c.Upstream}

		last := pick(t, g, nil, tried...)
		require.Equal(t, "a", name(last.Upstream))
		_, err = g.Pick(t.Context(), nil, tried)
		require.ErrorIs(t, err, upstream.ErrTried, "a is full")
		last.Done(upstream.Result{Err: errRefused})
		require.Equal(t, "a ejected, b full, c full", states(g))
		_, err = g.Pick(t.Context(), nil, append(tried, last.Upstream))
		require.ErrorIs(t, err, upstream.ErrTried)

		last = pick(t, g, nil, tried...)
		last.Done(upstream.Result{Err: context.Canceled})
		require.Equal(t, "a ejected, b full, c full", states(g), "that the client left says nothing")
		last = pick(t, g, nil, tried...)
		last.Done(upstream.Result{Status: 200})
		require.Equal(t, "a up, b full, c full", states(g))
		fail(t, g, "a", 1)
		require.Equal(t, "a ejected, b full, c full", states(g))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Equal(t, "a up, b full, c full", states(g), "the second time, it is out for twice as long")
	})
	t.Run("none that is down", func(t *testing.T) {
		g := newGroup(t, upstream.Config{
			Targets: weighted(1, 1),
			Passive: upstream.Passive{MaxFails: 1},
			Breaker: upstream.Breaker{Ratio: .1, Results: 1},
		})
		fail(t, g, "a", 1)
		require.Equal(t, "a ejected, b up", states(g))
		_, err := g.Pick(t.Context(), nil, []*upstream.Upstream{only(t, g, "b").Upstream})
		require.ErrorIs(t, err, upstream.ErrTried, "its circuit is open")
	})
}
