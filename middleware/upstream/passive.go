package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A failure is one of a request. done is how many were over by then.
type failure struct {
	at   time.Time
	done uint64
}

// failed reports whether r is a failure of the upstream.
func (p *Passive) failed(r Result) bool {
	if r.Err != nil {
		return !errors.Is(r.Err, context.Canceled)
	}
	return slices.Contains(p.Statuses, r.Status) || p.Latency > 0 && r.Latency >= p.Latency
}

// reason returns r, which failed, as an error.
func (r Result) reason() error {
	switch {
	case r.Err != nil:
		return r.Err
	case r.Latency > 0:
		return fmt.Errorf("status %d after %v", r.Status, r.Latency)
	}
	return fmt.Errorf("status %d", r.Status)
}

// fail counts a failed request, and ejects u if it was one too many.
func (g *Group) fail(u *Upstream, result Result) {
	g.mu.Lock()
	defer g.unlock()
	p, now := &g.config.Passive, time.Now()
	u.lastError = result.reason()
	if p.MaxFails < 0 || u.ejected || !u.present {
		return
	}
	if n := len(u.failures); n >= p.MaxFails {
		u.failures = append(u.failures[:0], u.failures[n-p.MaxFails+1:]...)
	}
	u.failures = append(u.failures, failure{now, u.done.Load()})
	if !u.probation.Load() && !p.tooMany(u.failures) || !g.mayEject(u) {
		return
	}
	g.eject(u, now)
}

// tooMany reports whether the last failures, of which no more than MaxFails are
// remembered, are a reason to eject.
func (p *Passive) tooMany(failures []failure) bool {
	if len(failures) < p.MaxFails {
		return false
	}
	first, last := failures[0], failures[len(failures)-1]
	requests := float64(max(last.done-first.done+1, uint64(p.MaxFails)))
	return last.at.Sub(first.at) <= p.Window && float64(p.MaxFails) >= p.Ratio*requests
}

// mayEject reports whether enough of u's tier is left without it. u is fit, or out
// already for another reason.
func (g *Group) mayEject(u *Upstream) bool {
	all, out := 0, 1
	for _, v := range g.order {
		if v.Tier != u.Tier {
			continue
		}
		all++
		if v.state != u.state && !v.fit() {
			out++
		}
	}
	return out*100 <= all*g.config.Passive.MaxPercent
}

// eject takes out u for a while.
func (g *Group) eject(u *Upstream, now time.Time) {
	p := &g.config.Passive
	if !u.returned.IsZero() {
		forgotten := now.Sub(u.returned) / p.Eject
		u.ejections = max(u.ejections-int(min(forgotten, 1<<20)), 0)
	}
	u.ejections++
	out := min(p.Eject*time.Duration(u.ejections), p.MaxEject)
	if out < p.Eject {
		out = p.MaxEject // of so many times that they overflowed
	}
	u.ejected, u.until, u.failures = true, now.Add(out), nil
	u.timer = time.AfterFunc(out, func() { g.readmit(u) })
	g.publish()
	g.tell(u, Ejected, u.lastError, out)
}

// readmit ends an ejection.
func (g *Group) readmit(u *Upstream) {
	g.mu.Lock()
	defer g.unlock()
	if now := time.Now(); !g.closed && u.ejected && !now.Before(u.until) {
		g.readmitLocked(u, now)
	}
}

// recovered ends an ejection early.
func (g *Group) recovered(u *Upstream) {
	g.mu.Lock()
	defer g.unlock()
	if g.closed || !u.ejected {
		return
	}
	u.timer.Stop()
	g.readmitLocked(u, time.Now())
	u.probation.Store(false)
}

func (g *Group) readmitLocked(u *Upstream, now time.Time) {
	u.ejected, u.returned = false, now
	u.probation.Store(true)
	u.turn.Add(1)
	g.slowStart(u.state)
	g.publish()
	g.tell(u, Readmitted, nil, 0)
}

func (h *health) stopTimers() {
	for _, t := range [...]*time.Timer{h.timer, h.circuitTimer} {
		if t != nil {
			t.Stop()
		}
	}
}
