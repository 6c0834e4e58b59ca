package proxy

import (
	"maps"
	"slices"
	"time"
)

// A habit is what is known of how a backend treats connections that are not used,
// as far as it does not announce that. It may close one just as a request arrives
// there. What can be repeated then is; all else is sent only on connections that
// have been idle for clearly less than others were left open for, and than others
// were closed after.
type habit struct {
	kept   time.Duration // for how long one was seen to be left open
	closed time.Duration // after how long one was found to be closed; 0 is not yet
	until  time.Time     // when to forget it: the backend may be another by then
}

const (
	unsuspicious    = 500 * time.Millisecond // hardly any server gives up a connection so soon
	shortestClosing = 200 * time.Millisecond // below, it was not for being idle
	rememberHabit   = 5 * time.Minute
)

// safely is what part of a time is clearly less than it.
func safely(d time.Duration) time.Duration { return d - d/5 }

// known returns the habit of a backend. Pool.mu is held.
func (p *pool) known(k key, now time.Time) habit {
	if h, ok := p.habits[k]; ok && now.Before(h.until) {
		return h
	}
	return habit{until: now.Add(rememberHabit)}
}

func (p *pool) remember(k key, h habit) {
	if p.habits == nil {
		p.habits = map[key]habit{}
	}
	p.habits[k] = h
}

// forget drops what is too old to count. Pool.mu is held.
func (p *pool) forget(now time.Time) {
	maps.DeleteFunc(p.habits, func(_ key, h habit) bool { return !now.Before(h.until) })
}

// foundClosed notes that a connection had been closed after it was idle for so
// long.
func (p *pool) foundClosed(k key, idle time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.foundClosedLocked(k, idle)
}

func (p *pool) foundClosedLocked(k key, idle time.Duration) {
	if idle < shortestClosing {
		return
	}
	now := time.Now()
	h := p.known(k, now)
	h.kept = min(h.kept, idle)
	if h.closed == 0 || idle < h.closed {
		h.closed, h.until = idle, now.Add(rememberHabit)
	}
	p.remember(k, h)
}

// foundKept notes that a connection still served after it was idle for so long.
func (p *pool) foundKept(k key, idle time.Duration) {
	if idle < unsuspicious {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.known(k, now); idle > h.kept {
		h.kept = idle
		p.remember(k, h)
	}
}

// doubts reports whether c, which is taken out of the pool, may be about to be
// closed. If too little is known, the connection that has been idle for longest
// tells how long that may be.
func (p *pool) doubts(c *conn, now time.Time) bool {
	if c.idle < shortestClosing/2 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.known(c.key, now)
	switch {
	case h.closed != 0 && c.idle >= safely(h.closed):
		return true
	case c.keepFor > 0 || c.idle <= max(unsuspicious, safely(h.kept)):
		return false
	}
	list := p.idle[c.key]
	if len(list) == 0 || !c.probe.sees() {
		return true
	}
	oldest := list[0]
	idle := now.Sub(oldest.since)
	if !oldest.alive() {
		p.idle[c.key] = slices.Delete(list, 0, 1)
		oldest.Close()
		p.foundClosedLocked(c.key, idle)
		return true
	}
	h.kept = max(h.kept, idle)
	p.remember(c.key, h)
	return c.idle > safely(h.kept)
}
