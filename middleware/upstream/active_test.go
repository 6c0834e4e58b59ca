package upstream_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// A checker answers what it is told to, and remembers when it was asked.
type checker struct {
	mu    sync.Mutex
	sick  map[string]bool
	asked map[string][]time.Time
}

var errSick = errors.New("status 500")

func newChecker() *checker {
	return &checker{sick: map[string]bool{}, asked: map[string][]time.Time{}}
}

func (c *checker) Check(_ context.Context, u *upstream.Upstream) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[name(u)] = append(c.asked[name(u)], time.Now())
	if c.sick[name(u)] {
		return errSick
	}
	return nil
}

func (c *checker) set(which string, sick bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sick[which] = sick
}

func (c *checker) times(which string) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked[which])
}

func TestActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seen := newChecker(), newEvents()
		c.set("b", true)
		g := start(t, upstream.Config{
			Targets: weighted(1, 1),
			Active:  upstream.Active{Checker: c, Interval: 10 * time.Second, Rise: 2, Fall: 3},
			Observe: seen.observe,
		})
		synctest.Wait()
		require.Equal(t, "a up, b down", states(g), "the first check decides")
		require.Equal(t, "status 500", g.Status().Upstreams[1].CheckError)

		c.set("a", true)
		c.set("b", false)
		checks := func(n int) { // more of each
			want := len(c.times("a")) + n
			for len(c.times("a")) < want || len(c.times("b")) < want {
				time.Sleep(time.Second)
			}
			synctest.Wait()
		}
		checks(1)
		require.Equal(t, "a up, b down", states(g))
		checks(1)
		require.Equal(t, "a up, b up", states(g), "two have succeeded")
		checks(1)
		require.Equal(t, "a down, b up", states(g), "three have failed")
		c.set("b", true)
		checks(2)
		c.set("b", false)
		checks(1)
		c.set("b", true)
		checks(2)
		require.Equal(t, "a down, b up", states(g), "two have failed, twice")
		checks(1)
		require.Equal(t, "a down, b down", states(g), "there is no limit to how many are down")
		_, err := g.Pick(t.Context(), nil, nil)
		require.ErrorIs(t, err, upstream.ErrNone)
		require.Equal(t, []string{"a down", "b down", "b down", "b up"}, seen.take())
	})
}

// TestInterval checks that checks come at an interval that varies, and not all at
// the same time.
func TestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker()
		start(t, upstream.Config{Targets: weighted(1, 1), Active: upstream.Active{Checker: c, Interval: 10 * time.Second}})
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		a, b := c.times("a"), c.times("b")
		require.InDelta(t, 120, len(a), 8)
		shortest, longest := time.Hour, time.Duration(0)
		for i := range a[1:] {
			d := a[i+1].Sub(a[i])
			shortest, longest = min(shortest, d), max(longest, d)
		}
		require.GreaterOrEqual(t, shortest, 9*time.Second)
		require.LessOrEqual(t, longest, 11*time.Second)
		require.Greater(t, longest-shortest, time.Second)
		require.NotEqual(t, a[1], b[1])
	})
}

// TestChecksTakeTheirTime checks that one that hangs is a failure, and keeps no
// other waiting.
func TestChecksTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, upstream.Config{
			Targets: weighted(1, 1),
			Active:  upstream.Active{Checker: hanging{}, Timeout: 3 * time.Second},
		})
		began := time.Now()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.Equal(t, "a down, b up", states(g))
		require.Equal(t, began.Add(3*time.Second), g.Status().Upstreams[0].Checked)
		require.Equal(t, "context deadline exceeded", g.Status().Upstreams[0].CheckError)
	})
}

type hanging struct{}

func (hanging) Check(ctx context.Context, u *upstream.Upstream) error {
	if name(u) == "a" {
		<-ctx.Done()
	}
	return ctx.Err()
}

// TestChecksFollowTheTargets checks that what joins is checked, and what leaves is
// not.
func TestChecksFollowTheTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newChecker(), newSource()
		c.set("b", true)
		s.say(nil, nil)
		g := start(t, upstream.Config{
			Targets: weighted(1), Sources: []upstream.Source{s},
			Active: upstream.Active{Checker: c, Interval: time.Second},
		})
		s.say(weighted(1, 1)[1:], nil)
		synctest.Wait()
		require.Equal(t, "a up, b down", states(g))
		s.say(nil, nil)
		synctest.Wait()
		n := len(c.times("b"))
		time.Sleep(time.Minute)
		require.Len(t, c.times("b"), n)
		require.Greater(t, len(c.times("a")), 50)
		require.NoError(t, g.Close())
		n = len(c.times("a"))
		time.Sleep(time.Minute)
		require.Len(t, c.times("a"), n)
	})
}

// TestCheckOfWhatHasLeft checks that one that was under way when its target left
// says nothing of the target when it is back.
func TestCheckOfWhatHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := saying(weighted(1))
		g := start(t, upstream.Config{Sources: []upstream.Source{s}, Active: upstream.Active{Checker: hanging{}}})
		pick(t, g, nil)
		synctest.Wait()
		s.say(nil, nil)
		synctest.Wait()
		require.Equal(t, "a left", states(g))
		s.say(weighted(1), nil)
		synctest.Wait()
		require.Equal(t, "a up", states(g))
	})
}

// TestNothingIsLeft checks that Close ends everything, in the midst of checks and
// lookups: synctest would not return otherwise.
func TestNothingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, upstream.Config{
			Targets: weighted(1, 1, 1),
			Sources: []upstream.Source{saying(weighted(1)), saying(nil)},
			Active:  upstream.Active{Checker: hanging{}},
			Passive: upstream.Passive{MaxFails: 1},
			Breaker: upstream.Breaker{Ratio: 1, Results: 1},
		})
		fail(t, g, "b", 1)
		require.NoError(t, g.Close())
		require.NoError(t, g.Close())
	})
}

func saying(targets []upstream.Target) *source {
	s := newSource()
	s.say(targets, nil)
	return s
}
