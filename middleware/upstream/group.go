package upstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unique"
)

// A Group is several upstreams that do the same work. All its methods may be
// called at any time and by several goroutines at once.
type Group struct {
	config Config
	epoch  time.Time
	rand   func() uint64

	pool   atomic.Pointer[pool]
	queue  queue
	budget budget

	ctx    context.Context // of what runs in the background
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	started bool // what joins from now on has to be checked
	settled bool // and is new
	closed  bool
	feeds   []feed
	order   []*Upstream                      // those present, in the order they were given in
	known   map[unique.Handle[Target]]*state // those that are present or have requests under way
	events  []Event                          // to be told of once mu is free
}

// New returns the group of c. It starts nothing: there are no active checks, and no
// targets from sources, before Start.
func New(c Config) *Group {
	c = c.filled()
	g := &Group{config: c, epoch: time.Now(), rand: c.Rand, known: map[unique.Handle[Target]]*state{}}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.queue.max = int64(c.Queue)
	g.budget.Budget = c.Retries
	for _, source := range c.Sources {
		g.feeds = append(g.feeds, feed{source: source})
	}
	g.mu.Lock()
	g.arrange()
	g.events = nil // nobody needs to be told what is in the Config
	g.mu.Unlock()
	return g
}

// Open is New and Start.
func Open(ctx context.Context, c Config) (*Group, error) {
	g := New(c)
	if err := g.Start(ctx); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// Start begins to check targets, and asks the sources for theirs. It returns once
// all of them have answered, if only that they do not know: a name server that is
// down for a moment is no reason not to begin. It fails if there is nothing to
// begin with, or if ctx ends first, and then the group is to be closed; after that,
// ctx does not matter.
func (g *Group) Start(ctx context.Context) error {
	if len(g.config.Targets) == 0 && len(g.feeds) == 0 {
		return errors.New("upstream: there are neither targets nor sources")
	}
	g.mu.Lock()
	if g.started || g.closed {
		defer g.mu.Unlock()
		if g.closed {
			return ErrClosed
		}
		return errors.New("upstream: the group was started before")
	}
	g.started = true
	for _, u := range g.order {
		g.startChecks(u.state)
	}
	said := make([]chan struct{}, len(g.feeds))
	for i := range g.feeds {
		said[i] = make(chan struct{})
		g.wg.Go(func() { g.watch(i, sync.OnceFunc(func() { close(said[i]) })) })
	}
	g.mu.Unlock()
	for i := range said {
		select {
		case <-said[i]:
		case <-ctx.Done():
			return fmt.Errorf("upstream: waiting for targets: %w", context.Cause(ctx))
		}
	}
	g.mu.Lock()
	g.settled = true
	g.mu.Unlock()
	return nil
}

// Close ends what Start began, and returns when it has ended. Requests that wait,
// and those that come, get ErrClosed; those under way are not touched.
func (g *Group) Close() error {
	g.mu.Lock()
	g.closed = true
	g.cancel()
	for _, s := range g.known {
		s.stopTimers()
	}
	g.pool.Store(&pool{closed: true})
	g.mu.Unlock()
	g.serve()
	g.wg.Wait()
	return nil
}

// arrange makes the targets of the sources present and all others not. Group.mu is
// held.
func (g *Group) arrange() {
	lists := [][]Target{g.config.Targets}
	for i := range g.feeds {
		lists = append(lists, g.feeds[i].targets)
	}
	before := g.order
	g.order = nil
	for _, u := range before {
		u.present = false
	}
	for _, t := range merge(lists...) {
		g.order = append(g.order, g.join(t))
	}
	for _, u := range before {
		if !u.present {
			g.leave(u)
		}
	}
	g.publish()
	g.sweep() // only now, for until now they could be picked
}

// join makes a target present, if it is not yet.
func (g *Group) join(t Target) *Upstream {
	id := unique.Make(t.identity())
	s := g.known[id]
	if s == nil {
		s = &state{}
		g.known[id] = s
	}
	if s.handle == nil || s.handle.Target != t { // which may be for its weight alone
		s.handle = &Upstream{Target: t, state: s, hash: mix(Sum(t.identity().key()))}
	}
	s.present = true
	if s.joined {
		return s.handle
	}
	s.joined = true
	s.limit.Store(int64(g.config.MaxConns))
	if g.settled {
		g.slowStart(s)
	}
	if g.started {
		g.startChecks(s)
	}
	g.tell(s.handle, Joined, nil, 0)
	return s.handle
}

// leave forgets a target but for the requests under way, which still count should
// it come back.
func (g *Group) leave(u *Upstream) {
	u.stopTimers()
	u.stopChecks()
	u.health = health{}
	u.probation.Store(false)
	u.breaker.reset(false)
	u.turn.Add(1)
	g.tell(u, Left, nil, 0)
}

// sweep drops what has left and is done with.
func (g *Group) sweep() {
	for id, s := range g.known {
		if !s.present && s.active.Load() == 0 {
			delete(g.known, id)
		}
	}
}

// publish makes a new snapshot. Group.mu is held.
func (g *Group) publish() {
	if !g.closed {
		g.pool.Store(newPool(g.order))
	}
}

// unlock releases mu, and does what must not be done while it is held.
func (g *Group) unlock() {
	events := g.events
	g.events = nil
	g.mu.Unlock()
	g.serve() // to whom there may be somebody now, or nobody any more
	for _, e := range events {
		e.trace()
		g.config.Observe(e)
	}
}

// now is a time that is never 0, and cheaper than a time.Time.
func (g *Group) now() int64 { return int64(time.Since(g.epoch)) + 1 }

// slowStart has s begin with a small share.
func (g *Group) slowStart(s *state) {
	if g.config.SlowStart > 0 {
		s.ramp.Store(g.now())
	}
}

// share returns what part of its weight s has.
func (g *Group) share(s *state) float64 {
	began := s.ramp.Load()
	if began == 0 {
		return 1
	}
	elapsed, all := g.now()-began, int64(g.config.SlowStart)
	if elapsed >= all {
		s.ramp.CompareAndSwap(began, 0)
		return 1
	}
	return max(float64(elapsed)/float64(all), 0.05)
}
