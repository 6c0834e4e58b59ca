package upstream

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// An Error is why there is no upstream for a request.
type Error string

// What Pick fails with, other than with the error of its context.
const (
	ErrNone         Error = "upstream: no target is fit"
	ErrTried        Error = "upstream: all targets that are fit have been tried"
	ErrFull         Error = "upstream: all targets are full, and so is the queue"
	ErrQueueTimeout Error = "upstream: all targets are full, and none was free in time"
	ErrClosed       Error = "upstream: the group is closed"
)

func (e Error) Error() string { return string(e) }

// StatusCode returns 503.
func (e Error) StatusCode() int { return http.StatusServiceUnavailable }

// SetRetryAfter tells a client that gets 503 when it may be worth asking again, if err
// is an Error that says so: soon, if it is only that all targets are full, and else
// after what one is out for at first.
func SetRetryAfter(header http.Header, err error) {
	switch e, _ := errors.AsType[Error](err); e {
	case ErrFull, ErrQueueTimeout:
		header.Set("Retry-After", "1")
	case ErrNone, ErrClosed:
		header.Set("Retry-After", "10")
	}
}

// A Pick is an upstream that a request may be sent to. Done must be called when
// that is over.
type Pick struct {
	Upstream *Upstream

	group   *Group
	turn    int64
	ejected bool // the upstream was, when it was picked
}

// A Result is what became of a request.
type Result struct {
	// Err is why there was no response, or why it was cut off. It is a failure of the
	// upstream's unless it is context.Canceled, which is the client's doing: what else
	// the client has done must not be put here.
	Err error

	// Status of the response; 0 if there was none.
	Status int

	// Latency is how long it took to begin. 0 is that this is not known.
	Latency time.Duration
}

// Pick selects an upstream for r other than those tried. It waits for one if all
// are full, until ctx ends. A request that has tried none counts for the budget of
// retries. r is not used after Pick has returned, and may be nil where the policy
// does not look at it.
func (g *Group) Pick(ctx context.Context, r *http.Request, tried []*Upstream) (Pick, error) {
	if len(tried) == 0 {
		g.budget.request(g.now())
	}
	if g.queue.waiting.Load() == 0 { // lest others be overtaken
		pick, released, err := g.try(r, tried)
		if released {
			g.serve()
		}
		if err != ErrFull || g.queue.max == 0 {
			return pick, err
		}
	}
	return g.wait(ctx, r, tried)
}

// try is Pick without waiting. It also returns whether it has released an upstream
// that others may wait for.
func (g *Group) try(r *http.Request, tried []*Upstream) (pick Pick, released bool, err error) {
	for {
		p := g.pool.Load()
		pick := g.tryPool(p, r, tried)
		if pick.Upstream == nil {
			err := p.excuse(tried)
			if len(tried) > 0 && (err == ErrTried || err == ErrNone) {
				pick = g.tryEjected(p, tried)
			}
			if pick.Upstream == nil {
				return Pick{}, released, err
			}
		}
		// Whoever makes a new snapshot then looks at what is under way. So either they
		// know of this request, or it knows of the snapshot.
		if g.pool.Load() == p {
			return pick, released, nil
		}
		pick.Upstream.active.Add(-1)
		released = true
	}
}

func (g *Group) tryPool(p *pool, r *http.Request, tried []*Upstream) Pick {
	for i := range p.tiers {
		c := Candidates{group: g, pool: p, tier: &p.tiers[i], tried: tried}
		// What the policy selects may be taken by others meanwhile.
		for range 3 {
			u := g.config.Policy.Select(c, r)
			if u == nil {
				break
			}
			if pick, ok := g.take(u); ok {
				return pick
			}
		}
		for _, u := range p.tiers[i].ups {
			if c.Open(u) {
				if pick, ok := g.take(u); ok {
					return pick
				}
			}
		}
	}
	return Pick{}
}

// tryEjected picks what may have recovered by now, for a request that all others have
// failed.
func (g *Group) tryEjected(p *pool, tried []*Upstream) Pick {
	c := Candidates{tried: tried}
	for _, u := range p.ejected {
		if c.Open(u) {
			if pick, ok := g.take(u); ok {
				pick.ejected = true
				return pick
			}
		}
	}
	return Pick{}
}

func (g *Group) take(u *Upstream) (Pick, bool) {
	turn := u.turn.Load()
	if !u.acquire() {
		return Pick{}, false
	}
	return Pick{Upstream: u, group: g, turn: turn}, true
}

// excuse returns why none of p could be taken.
func (p *pool) excuse(tried []*Upstream) error {
	if p.closed {
		return ErrClosed
	}
	err := ErrNone
	for _, t := range p.tiers {
		for _, u := range t.ups {
			if !slices.ContainsFunc(tried, func(t *Upstream) bool { return t.state == u.state }) {
				return ErrFull
			}
			err = ErrTried
		}
	}
	return err
}

// Done says that a request is over. Only the first call counts.
func (p *Pick) Done(result Result) {
	g, u := p.group, p.Upstream
	if g == nil {
		return
	}
	p.group = nil
	u.done.Add(1)
	failed := g.config.Passive.failed(result)
	if failed {
		u.failed.Add(1)
	} else if result.Latency > 0 {
		u.latency.observe(g.now(), float64(result.Latency))
	}
	if canceled := errors.Is(result.Err, context.Canceled); !canceled && u.turn.Load() == p.turn {
		if failed {
			g.fail(u, result)
		} else if p.ejected {
			g.recovered(u)
		} else if u.probation.Load() {
			u.probation.Store(false)
		}
		if g.config.Breaker.Ratio > 0 {
			g.count(u, failed)
		}
	}
	u.active.Add(-1)
	g.serve()
}

// Mark adds to the header of the response what the policy leads the client back to
// the same upstream by, if it does: a cookie, which r may have already.
func (p *Pick) Mark(header http.Header, r *http.Request) {
	if p.group == nil {
		return
	}
	type marker interface {
		Mark(header http.Header, r *http.Request, u *Upstream)
	}
	if m, ok := p.group.config.Policy.(marker); ok {
		m.Mark(header, r, p.Upstream)
	}
}
