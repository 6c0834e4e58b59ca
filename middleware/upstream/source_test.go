package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A source says what it is told to.
type source struct{ said chan said }

type said struct {
	targets []upstream.Target
	err     error
}

func newSource() *source { return &source{make(chan said, 10)} }

func (s *source) say(targets []upstream.Target, err error) { s.said <- said{targets, err} }

func (s *source) String() string { return "rumours" }

func (s *source) Watch(ctx context.Context, update func([]upstream.Target, error)) {
	for {
		select {
		case said := <-s.said:
			update(said.targets, said.err)
		case <-ctx.Done():
			return
		}
	}
}

func TestSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, s := newEvents(), newSource()
		s.say(weighted(1, 1)[1:], nil)
		g := start(t, upstream.Config{Targets: weighted(1), Sources: []upstream.Source{s}, Observe: seen.observe})
		require.Equal(t, "a up, b up", states(g))
		require.Equal(t, []string{"b joined"}, seen.take())

		s.say(weighted(1, 1, 1), nil)
		synctest.Wait()
		require.Equal(t, "a up, b up, c up", states(g))
		require.Equal(t, 2, g.Status().Upstreams[0].Weight, "of the two that name it")

		s.say(nil, errors.New("no answer"))
		s.say(nil, errors.New("no answer"))
		synctest.Wait()
		require.Equal(t, "a up, b up, c up", states(g), "what it said before stands")
		require.Equal(t, "no answer", g.Status().Sources[0].Error)

		s.say(nil, nil)
		synctest.Wait()
		require.Equal(t, "a up", states(g))
		require.Equal(t, []string{"b left", "c joined", "c left", "known", "unknown"}, seen.take())
		require.Equal(t, "rumours", g.Status().Sources[0].Source)
		require.Empty(t, g.Status().Sources[0].Error)
	})
}

// TestWhatLeavesUnderWay checks that a target that left with requests under way is
// seen until they are over, and still has them if it comes back before.
func TestWhatLeavesUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource()
		s.say(weighted(1), nil)
		g := start(t, upstream.Config{Sources: []upstream.Source{s}, MaxConns: 1})
		p := pick(t, g, nil)
		s.say(nil, nil)
		synctest.Wait()
		require.Equal(t, "a left", states(g))
		_, err := g.Pick(t.Context(), nil, nil)
		require.ErrorIs(t, err, upstream.ErrNone)

		s.say(weighted(7), nil)
		synctest.Wait()
		require.Equal(t, "a full", states(g))
		_, err = g.Pick(t.Context(), nil, nil)
		require.ErrorIs(t, err, upstream.ErrFull)

		s.say(nil, nil)
		synctest.Wait()
		p.Done(upstream.Result{Err: errRefused})
		require.Empty(t, g.Status().Upstreams)
	})
}

// TestLeavingEndsEjections checks that a target that comes back is a new one.
func TestLeavingEndsEjections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource()
		s.say(weighted(1, 1), nil)
		g := start(t, upstream.Config{Sources: []upstream.Source{s}, Passive: upstream.Passive{MaxFails: 1}})
		fail(t, g, "a", 1)
		require.Equal(t, "a ejected, b up", states(g))
		s.say(weighted(1, 1)[1:], nil)
		s.say(weighted(1, 1), nil)
		synctest.Wait()
		require.Equal(t, "a up, b up", states(g))
	})
}

// TestResultsFromBeforeLeaving checks that a request says nothing of a target that has
// left and come back meanwhile, perhaps as another server.
func TestResultsFromBeforeLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource()
		s.say(weighted(1, 1), nil)
		g := start(t, upstream.Config{
			Sources: []upstream.Source{s},
			Passive: upstream.Passive{MaxFails: 1},
			Breaker: upstream.Breaker{Ratio: 1, Results: 1},
		})
		p := only(t, g, "a")
		s.say(weighted(1, 1)[1:], nil)
		s.say(weighted(1, 1), nil)
		synctest.Wait()
		p.Done(upstream.Result{Err: errRefused})
		require.Equal(t, "a up, b up", states(g))
		fail(t, g, "a", 1)
		require.NotEqual(t, "a up, b up", states(g), "one of its own does")
	})
}

// An unsure source does not know any more when it is told to end.
type unsure struct{}

func (unsure) Watch(ctx context.Context, update func([]upstream.Target, error)) {
	update(weighted(1), nil)
	<-ctx.Done()
	update(nil, ctx.Err())
}

// TestCloseIsNoFailure checks that nobody is told that a source failed, when it is only
// that the group is closed.
func TestCloseIsNoFailure(t *testing.T) {
	seen := newEvents()
	g := start(t, upstream.Config{Sources: []upstream.Source{unsure{}}, Observe: seen.observe})
	require.Equal(t, []string{"a joined"}, seen.take())
	require.NoError(t, g.Close())
	require.Empty(t, seen.take())
	require.Empty(t, g.Status().Sources[0].Error)
}

func TestStart(t *testing.T) {
	t.Run("nothing to begin with", func(t *testing.T) {
		_, err := upstream.Open(t.Context(), upstream.Config{})
		require.EqualError(t, err, "upstream: there are neither targets nor sources")
	})
	t.Run("twice", func(t *testing.T) {
		g := start(t, upstream.Config{Targets: weighted(1)})
		require.EqualError(t, g.Start(t.Context()), "upstream: the group was started before")
	})
	t.Run("after Close", func(t *testing.T) {
		g := newGroup(t, upstream.Config{Targets: weighted(1)})
		require.NoError(t, g.Close())
		require.ErrorIs(t, g.Start(t.Context()), upstream.ErrClosed)
		_, err := g.Pick(t.Context(), nil, nil)
		require.ErrorIs(t, err, upstream.ErrClosed)
	})
	t.Run("a source that does not know is no reason not to", func(t *testing.T) {
		s := newSource()
		s.say(nil, errors.New("no answer"))
		g := start(t, upstream.Config{Sources: []upstream.Source{s}})
		_, err := g.Pick(t.Context(), nil, nil)
		require.ErrorIs(t, err, upstream.ErrNone)
	})
	t.Run("a source that does not answer is", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := upstream.Open(ctx, upstream.Config{Sources: []upstream.Source{newSource()}})
		require.EqualError(t, err, "upstream: waiting for targets: context canceled")
	})
}

// TestTiers checks that backups are used if, and only if, nothing else can be.
func TestTiers(t *testing.T) {
	targets := weighted(1, 1, 1)
	targets[0].Tier, targets[2].Tier = 7, 3
	g := newGroup(t, upstream.Config{Targets: targets, MaxConns: 1, Passive: upstream.Passive{MaxFails: 1, MaxPercent: 100}})
	var order []string
	for range 3 {
		order = append(order, name(pick(t, g, nil).Upstream))
	}
	require.Equal(t, []string{"b", "c", "a"}, order, "as those before are full")

	g = newGroup(t, upstream.Config{Targets: targets, Passive: upstream.Passive{MaxFails: 1, MaxPercent: 100}})
	require.Equal(t, map[string]float64{"b": 1}, shares(t, g, 100, nil))
	p := pick(t, g, nil)
	p.Done(upstream.Result{})
	require.Equal(t, "c", name(pick(t, g, nil, p.Upstream).Upstream), "as b was tried")
	fail(t, g, "b", 1)
	fail(t, g, "c", 1)
	require.Equal(t, map[string]float64{"a": 1}, shares(t, g, 100, nil))
}

// TestListedTwice checks that a target that is listed twice is one, of the weight
// of both.
func TestListedTwice(t *testing.T) {
	targets := append(weighted(2, 3), weighted(5)...)
	targets[0].Tier = 1
	g := newGroup(t, upstream.Config{Targets: targets})
	require.Equal(t, "a up, b up", states(g))
	require.Equal(t, 7, g.Status().Upstreams[0].Weight)
	require.Equal(t, 0, g.Status().Upstreams[0].Tier)
}

// TestChangeWhilePicking checks that a target that is taken out between the making
// of a choice and its taking is not picked.
func TestChangeWhilePicking(t *testing.T) {
	var g *upstream.Group
	var change func()
	policy := upstream.PolicyFunc(func(c upstream.Candidates, _ *http.Request) *upstream.Upstream {
		u := c.At(0)
		if do := change; do != nil {
			change = nil
			do()
		}
		return u
	})
	g = newGroup(t, upstream.Config{Targets: weighted(1, 1), Policy: policy, Passive: upstream.Passive{MaxFails: 1}})
	earlier := pick(t, g, nil)
	change = func() { earlier.Done(upstream.Result{Err: errRefused}) }
	require.Equal(t, "b", name(pick(t, g, nil).Upstream))
	require.Equal(t, "a ejected, b up", states(g))
	require.Zero(t, g.Status().Upstreams[0].Active)
}

func TestErrTried(t *testing.T) {
	g := newGroup(t, upstream.Config{Targets: weighted(1, 1)})
	a, b := only(t, g, "a").Upstream, only(t, g, "b").Upstream
	_, err := g.Pick(t.Context(), nil, []*upstream.Upstream{b, a})
	require.ErrorIs(t, err, upstream.ErrTried)
	require.EqualError(t, err, "upstream: all targets that are fit have been tried")
	require.Equal(t, 503, middleware.StatusOf(get("/"), fmt.Errorf("proxy: %w", err)))
}
