package proxy

import (
	"slices"
	"sync"
	"time"
)

// A pool holds connections that are not in use. The one that was used last is
// used next, so that those that are not needed grow old and are given up.
type pool struct {
	idleTimeout time.Duration // <= 0 is forever
	maxIdle     int           // per key

	mu     sync.Mutex
	idle   map[key][]*conn
	timer  *time.Timer // to look for those that are too old; nil if none is due
	closed bool
	habits map[key]habit
}

// get returns a connection that seems to be alive, or nil. Once is for a request
// that cannot be repeated if it turns out not to be. Unseen has the caller look
// whether it is alive, where [probe.sees].
func (p *pool) get(k key, once, unseen bool) *conn {
	for {
		c := p.pop(k)
		if c == nil {
			return nil
		}
		now := time.Now()
		c.idle = now.Sub(c.since)
		switch {
		case !c.expires.IsZero() && !now.Before(c.expires):
		case once && p.doubts(c, now):
			if !p.push(c, c.expires.Sub(now)) {
				c.Close()
			}
			return nil // the others have been idle for longer
		case unseen && c.bare() && c.probe.sees(), c.alive():
			c.reused = true
			return c
		default:
			p.foundClosed(k, c.idle)
		}
		c.Close()
	}
}

func (p *pool) pop(k key) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[k]
	if len(list) == 0 {
		return nil
	}
	last := len(list) - 1
	c := list[last]
	list[last] = nil
	p.idle[k] = list[:last] // which stays, empty, for the next to be put there
	return c
}

// put takes c, or closes it.
func (p *pool) put(c *conn) {
	c.r.reset()
	keep := p.idleTimeout
	if c.keepFor != 0 && (keep <= 0 || c.keepFor < keep) {
		keep = c.keepFor
	}
	c.since, c.expires = time.Now(), time.Time{}
	if keep > 0 {
		c.expires = c.since.Add(keep)
	}
	if !p.push(c, keep) {
		c.Close()
	}
}

func (p *pool) push(c *conn, keep time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle[c.key]) >= p.maxIdle {
		return false
	}
	if p.idle == nil {
		p.idle = map[key][]*conn{}
	}
	p.idle[c.key] = append(p.idle[c.key], c)
	if p.timer == nil && keep > 0 {
		p.timer = time.AfterFunc(sweepAfter(keep), p.sweep)
	}
	return true
}

// sweepAfter returns when to look for connections that expire in d: not right
// then, lest a busy pool be searched for each of them.
func sweepAfter(d time.Duration) time.Duration { return max(d, time.Second) }

// sweep closes what has expired. It runs only while there is something idle.
func (p *pool) sweep() {
	p.mu.Lock()
	now := time.Now()
	p.forget(now)
	var next time.Time
	var old []*conn
	for k, list := range p.idle {
		list = slices.DeleteFunc(list, func(c *conn) bool {
			if c.expires.IsZero() {
				return false
			}
			if now.Before(c.expires) {
				if next.IsZero() || c.expires.Before(next) {
					next = c.expires
				}
				return false
			}
			old = append(old, c)
			return true
		})
		if p.idle[k] = list; len(list) == 0 {
			delete(p.idle, k)
		}
	}
	p.timer = nil
	if !next.IsZero() {
		p.timer = time.AfterFunc(sweepAfter(next.Sub(now)), p.sweep)
	}
	p.mu.Unlock()
	for _, c := range old {
		c.Close()
	}
}

// clear closes what is idle; if it is for good, what is put later, too.
func (p *pool) clear(forGood bool) {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.closed = p.closed || forGood
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	p.mu.Unlock()
	for _, list := range idle {
		for _, c := range list {
			c.Close()
		}
	}
}
