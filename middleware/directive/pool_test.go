package directive_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A thing is a resource that notes down what becomes of it.
type thing struct {
	name     string
	fail     error // of Start
	events   []string
	mu       sync.Mutex
	starting chan struct{} // if not nil, Start waits for it
}

func (th *thing) note(event string) {
	th.mu.Lock()
	defer th.mu.Unlock()
	th.events = append(th.events, event)
}

func (th *thing) Start(ctx context.Context) error {
	if th.starting != nil {
		<-th.starting
	}
	th.note("start")
	return th.fail
}

func (th *thing) Close() error {
	th.note("close")
	return nil
}

// controllers returns the controllers of n sites that share what they can.
func controllers(n int) []*directive.Controller {
	pool := new(directive.Pool)
	all := make([]*directive.Controller, n)
	for i := range all {
		site := directive.NewSite()
		site.Shared = pool
		all[i] = directive.NewController(site, "x")
	}
	return all
}

func TestShare(t *testing.T) {
	sites := controllers(3)
	var th *thing
	for _, c := range sites {
		got := directive.Share(c, "key", func() *thing {
			require.Nil(t, th, "made once")
			th = &thing{name: "key"}
			return th
		})
		require.Same(t, th, got)
	}
	require.Empty(t, th.events, "to share is not to start")
	for _, c := range sites {
		require.NoError(t, c.Start(t.Context()))
	}
	require.Equal(t, []string{"start"}, th.events, "once")
	for _, c := range sites[:2] {
		require.NoError(t, c.Stop())
		require.NoError(t, c.Stop(), "again, which is not to count")
	}
	require.Equal(t, []string{"start"}, th.events, "still used")
	require.NoError(t, sites[2].Stop())
	require.Equal(t, []string{"start", "close"}, th.events)
}

// TestShareAcrossAReload checks that what the new sites use too lives on.
func TestShareAcrossAReload(t *testing.T) {
	sites := controllers(3)
	first := directive.Share(sites[0], "key", func() *thing { return new(thing) })
	require.NoError(t, sites[0].Start(t.Context()))

	second := directive.Share(sites[1], "key", func() *thing { return new(thing) })
	require.Same(t, first, second)
	require.NoError(t, sites[1].Start(t.Context()))
	require.NoError(t, sites[0].Stop())
	require.Equal(t, []string{"start"}, first.events)
	require.NoError(t, sites[1].Stop())
	require.Equal(t, []string{"start", "close"}, first.events)

	third := directive.Share(sites[2], "key", func() *thing { return new(thing) })
	require.NotSame(t, first, third, "nobody was left to use the first")
	require.NoError(t, sites[2].Start(t.Context()))
	require.NoError(t, sites[2].Stop())
	require.Equal(t, []string{"start", "close"}, third.events)
}

func TestShareTwiceInASite(t *testing.T) {
	c := controllers(1)[0]
	th := directive.Share(c, "key", func() *thing { return new(thing) })
	directive.Share(c, "key", func() *thing { panic("there is one") })
	require.NoError(t, c.Start(t.Context()))
	require.NoError(t, c.Stop())
	require.Equal(t, []string{"start", "close"}, th.events)
}

// TestShareByKeyAndType checks that nobody gets what another package put there
// under a key of its own that happens to be equal.
func TestShareByKeyAndType(t *testing.T) {
	type other struct{ *thing }
	c := controllers(1)[0]
	a := directive.Share(c, "key", func() *thing { return &thing{name: "a"} })
	b := directive.Share(c, "key", func() other { return other{&thing{name: "b"}} })
	d := directive.Share(c, "another key", func() *thing { return &thing{name: "d"} })
	type key string
	e := directive.Share(c, key("key"), func() *thing { return &thing{name: "e"} })
	require.Equal(t, "a b d e", fmt.Sprint(a.name, " ", b.name, " ", d.name, " ", e.name))

	var names []string
	c.Site().Shared.Each(func(r directive.Resource) {
		if th, ok := r.(*thing); ok {
			names = append(names, th.name)
		}
	})
	require.ElementsMatch(t, []string{"a", "d", "e"}, names)
	require.NoError(t, c.Stop())
	c.Site().Shared.Each(func(directive.Resource) { t.Error("nothing is in use") })
}

func TestShareThatDoesNotStart(t *testing.T) {
	boom := errors.New("boom")
	sites := controllers(2)
	var th *thing
	for _, c := range sites {
		th = directive.Share(c, "key", func() *thing { return &thing{fail: boom} })
	}
	require.ErrorIs(t, sites[0].Start(t.Context()), boom)
	require.Equal(t, []string{"start"}, th.events, "the other may still want it")
	th.fail = nil
	require.NoError(t, sites[1].Start(t.Context()), "a second attempt")
	require.NoError(t, sites[0].Stop())
	require.NoError(t, sites[1].Stop())
	require.Equal(t, []string{"start", "start", "close"}, th.events)
}

// TestShareThatNeverStarts checks that it is closed all the same: it may hold what
// it was made with.
func TestShareThatNeverStarts(t *testing.T) {
	sites := controllers(2)
	var th *thing
	for _, c := range sites {
		th = directive.Share(c, "key", func() *thing { return new(thing) })
	}
	require.NoError(t, sites[0].Stop())
	require.Empty(t, th.events)
	require.NoError(t, sites[1].Stop())
	require.Equal(t, []string{"close"}, th.events)
}

// TestShareIsStartedBeforeAnyoneRuns checks that a site which finds another one
// starting the resource waits for it.
func TestShareIsStartedBeforeAnyoneRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := &thing{starting: make(chan struct{})}
		var running atomic.Int32
		for _, c := range controllers(3) {
			directive.Share(c, "key", func() *thing { return th })
			go func() {
				if err := c.Start(context.Background()); err != nil {
					t.Error(err)
				}
				running.Add(1)
			}()
		}
		// The others wait for a mutex, which a bubble does not take for idle.
		for range 100 {
			runtime.Gosched()
			require.Zero(t, running.Load())
		}
		close(th.starting)
		synctest.Wait()
		require.EqualValues(t, 3, running.Load())
		require.Equal(t, []string{"start"}, th.events)
	})
}

// TestShareAtOnce has many sites come and go: whatever one of them uses is
// started, and each is closed once.
func TestShareAtOnce(t *testing.T) {
	var (
		mu   sync.Mutex
		made []*thing
		wg   sync.WaitGroup
	)
	for _, c := range controllers(200) {
		wg.Go(func() {
			th := directive.Share(c, "key", func() *thing {
				mu.Lock()
				defer mu.Unlock()
				made = append(made, new(thing))
				return made[len(made)-1]
			})
			if err := c.Start(t.Context()); err != nil {
				t.Error(err)
			}
			th.mu.Lock()
			if fmt.Sprint(th.events) != "[start]" {
				t.Errorf("in use after %v", th.events)
			}
			th.mu.Unlock()
			if err := c.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, th := range made {
		require.Equal(t, []string{"start", "close"}, th.events)
	}
}
