package fastcgi

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
	idle   map[key][]*conn // the oldest first
	timer  *time.Timer     // to look for those that are too old; nil if none is due
	closed bool
}

// settled is how long a connection must have been idle for a request that cannot
// be repeated. PHP closes a connection after pm.max_requests, but only when it has
// said that the last of them ended: php-src#1421.
const settled = 20 * time.Millisecond

// get returns a connection that seems to be alive, or nil. Once is for a request
// that cannot be repeated if it turns out not to be.
func (p *pool) get(k key, once bool) *conn {
	for {
		c := p.pop(k, once)
		if c == nil {
			return nil
		}
		idle := time.Since(c.since)
		switch {
		case p.idleTimeout > 0 && idle >= p.idleTimeout:
		case once && idle < settled:
			// In exchange for another, so that no further process is occupied.
			c.Close()
			return nil
		case c.peek.silent():
			c.reused = true
			return c
		}
		c.Close()
	}
}

// pop returns the one used last, or once, the last that has settled since, if any.
func (p *pool) pop(k key, once bool) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[k]
	if len(list) == 0 {
		return nil
	}
	at := len(list) - 1
	if once {
		for at > 0 && time.Since(list[at].since) < settled {
			at--
		}
	}
	c := list[at]
	p.idle[k] = slices.Delete(list, at, at+1) // which stays, empty, for the next to be put there
	return c
}

// put takes c, or closes it.
func (p *pool) put(c *conn) {
	c.since = time.Now()
	if !p.push(c) {
		c.Close()
	}
}

func (p *pool) push(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle[c.key]) >= p.maxIdle {
		return false
	}
	if p.idle == nil {
		p.idle = map[key][]*conn{}
	}
	p.idle[c.key] = append(p.idle[c.key], c)
	if p.timer == nil && p.idleTimeout > 0 {
		p.timer = time.AfterFunc(p.idleTimeout, p.sweep)
	}
	return true
}

// shortestSweep keeps a busy pool from being searched for each connection.
const shortestSweep = 20 * time.Millisecond

// sweep closes what was idle for too long. It runs only while something is idle.
func (p *pool) sweep() {
	p.mu.Lock()
	now := time.Now()
	var next time.Time
	var old []*conn
	for k, list := range p.idle {
		list = slices.DeleteFunc(list, func(c *conn) bool {
			expires := c.since.Add(p.idleTimeout)
			if now.Before(expires) {
				if next.IsZero() || expires.Before(next) {
					next = expires
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
		p.timer = time.AfterFunc(max(next.Sub(now), shortestSweep), p.sweep)
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
