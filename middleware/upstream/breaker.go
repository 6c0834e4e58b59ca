package upstream

import (
	"sync"
	"time"
)

// A circuit is the state of a breaker.
type circuit int

const (
	closed circuit = iota // requests flow
	open                  // none does
	half                  // a few do, on trial
)

// A breaker holds the last results of an upstream.
type breaker struct {
	mu       sync.Mutex
	trial    bool   // half open
	passed   int    // trials
	results  []bool // which failed; a ring
	next     int
	failures int
}

// reset forgets all results.
func (b *breaker) reset(trial bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trial, b.passed, b.results, b.next, b.failures = trial, 0, b.results[:0], 0, 0
}

// record adds a result, and returns the state that follows from it.
func (b *breaker) record(c *Breaker, failed bool) (circuit, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.trial {
		if failed {
			return open, true
		}
		b.passed++
		return closed, b.passed == c.Trials
	}
	if len(b.results) < c.Results {
		b.results = append(b.results, failed)
	} else {
		if b.results[b.next] {
			b.failures--
		}
		b.results[b.next] = failed
		b.next = (b.next + 1) % c.Results
	}
	if failed {
		b.failures++
	}
	trips := failed && len(b.results) == c.Results && float64(b.failures) >= c.Ratio*float64(c.Results)
	return open, trips
}

// count adds a result of u, and does what follows from it.
func (g *Group) count(u *Upstream, failed bool) {
	to, changed := u.breaker.record(&g.config.Breaker, failed)
	if !changed {
		return
	}
	g.mu.Lock()
	defer g.unlock()
	switch {
	case g.closed || !u.present || u.circuit == to:
	case to == open:
		g.openCircuit(u)
	case u.circuit == half:
		u.circuit = closed
		u.breaker.reset(false)
		u.limit.Store(int64(g.config.MaxConns))
		g.slowStart(u.state)
		g.publish()
		g.tell(u, Closed, nil, 0)
	}
}

func (g *Group) openCircuit(u *Upstream) {
	out := g.config.Breaker.Open
	u.circuit, u.openUntil = open, time.Now().Add(out)
	u.circuitTimer = time.AfterFunc(out, func() { g.tryCircuit(u) })
	g.publish()
	g.tell(u, Opened, u.lastError, out)
}

// tryCircuit lets a few requests through to u.
func (g *Group) tryCircuit(u *Upstream) {
	g.mu.Lock()
	defer g.unlock()
	if g.closed || u.circuit != open || time.Now().Before(u.openUntil) {
		return
	}
	trials := int64(g.config.Breaker.Trials)
	if all := int64(g.config.MaxConns); all > 0 {
		trials = min(trials, all)
	}
	u.circuit = half
	u.breaker.reset(true)
	u.limit.Store(trials)
	u.turn.Add(1)
	g.publish()
	g.tell(u, HalfOpened, nil, 0)
}
