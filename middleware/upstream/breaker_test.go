package upstream_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

func breaking(t *testing.T, observe func(upstream.Event)) *upstream.Group {
	return newGroup(t, upstream.Config{
		Targets:  weighted(1, 1),
		Passive:  upstream.Passive{MaxFails: -1},
		Breaker:  upstream.Breaker{Ratio: .5, Results: 10, Open: 20 * time.Second, Trials: 2},
		MaxConns: 100,
		Observe:  observe,
	})
}

func succeed(t *testing.T, g *upstream.Group, which string, times int) {
	t.Helper()
	for range times {
		only(t, g, which).Done(upstream.Result{Status: 200})
	}
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := newEvents()
		g := breaking(t, seen.observe)
		fail(t, g, "a", 4)
		succeed(t, g, "a", 10) // so that the four are forgotten
		fail(t, g, "a", 4)
		require.Equal(t, "a up, b up", states(g))
		fail(t, g, "a", 1)
		require.Equal(t, "a open, b up", states(g), "five of the last ten failed")
		require.Equal(t, []string{"a opened"}, seen.take())

		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Equal(t, "a half open, b up", states(g))
		fail(t, g, "a", 1)
		require.Equal(t, "a open, b up", states(g))

		time.Sleep(20 * time.Second)
		synctest.Wait()
		succeed(t, g, "a", 1)
		require.Equal(t, "a half open, b up", states(g))
		succeed(t, g, "a", 1)
		require.Equal(t, "a up, b up", states(g))
		require.Equal(t, []string{"a closed", "a half opened", "a half opened", "a opened"}, seen.take())

		for range 5 {
			p := only(t, g, "a") // no longer two at a time
			defer p.Done(upstream.Result{})
		}
		fail(t, g, "a", 5)
		require.Equal(t, "a up, b up", states(g), "ten results are needed again")
	})
}

// TestTrials checks that no more requests are let through on trial than Trials, and
// that what was under way before does not decide.
func TestTrials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := breaking(t, nil)
		before := []*upstream.Pick{only(t, g, "a"), only(t, g, "a"), only(t, g, "a")}
		fail(t, g, "a", 10)
		b := only(t, g, "b").Upstream
		time.Sleep(20 * time.Second)
		synctest.Wait()
		_, err := g.Pick(t.Context(), nil, []*upstream.Upstream{b})
		require.ErrorIs(t, err, upstream.ErrFull, "three are under way still")
		before[0].Done(upstream.Result{Err: errRefused})
		before[1].Done(upstream.Result{Status: 200})
		require.Equal(t, "a half open, b up", states(g))
		only(t, g, "a")
		_, err = g.Pick(t.Context(), nil, []*upstream.Upstream{b})
		require.ErrorIs(t, err, upstream.ErrFull)
	})
}

// TestBreakerOfAll checks that, other than ejections, it may leave nobody.
func TestBreakerOfAll(t *testing.T) {
	g := breaking(t, nil)
	fail(t, g, "a", 10)
	fail(t, g, "b", 10)
	_, err := g.Pick(t.Context(), nil, nil)
	require.ErrorIs(t, err, upstream.ErrNone)
}
