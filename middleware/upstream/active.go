package upstream

import (
	"context"
	"math/rand/v2"
	"time"
)

// Active says how targets are checked, whether or not requests are sent to them.
type Active struct {
	// Checker is [HTTPCheck], [TCPCheck], [GRPCCheck] or one's own. Nil is that no
	// checks are made.
	Checker Checker

	// Interval between the end of one check and the begin of the next, which is varied
	// by a tenth, lest those of many targets, or by many proxies, fall together. 0 is
	// 30 seconds, as in Caddy 0.7.1. The first is made at once.
	Interval time.Duration

	// Timeout of a check. 0 is 5 seconds.
	Timeout time.Duration

	Rise int // how many must succeed for a target that is down to be up; 0 is 1
	Fall int // how many must fail for one that is up to be down; 0 is 3
}

// A Checker finds out whether an upstream is fit. It may be asked about several at
// once.
type Checker interface {
	// Check returns why the upstream is not fit, or nil if it is.
	Check(ctx context.Context, u *Upstream) error
}

// startChecks checks s until it leaves. Group.mu is held.
func (g *Group) startChecks(s *state) {
	if g.config.Active.Checker == nil || g.closed {
		return
	}
	ctx, cancel := context.WithCancel(g.ctx)
	s.cancel = cancel
	u := s.handle
	g.wg.Go(func() {
		for {
			g.check(ctx, u)
			select {
			case <-ctx.Done():
				return
			case <-time.After(vary(g.config.Active.Interval)):
			}
		}
	})
}

func (h *health) stopChecks() {
	if h.cancel != nil {
		h.cancel()
	}
}

// check makes one check.
func (g *Group) check(ctx context.Context, u *Upstream) {
	a := g.config.Active
	limited, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	err := a.Checker.Check(limited, u)
	g.mu.Lock()
	defer g.unlock()
	if ctx.Err() != nil {
		return // so that is why
	}
	first := !u.checked
	u.checked, u.lastCheck, u.checkError = true, time.Now(), err
	if (err != nil) == u.down {
		u.streak = 0
		return
	}
	u.streak++
	switch {
	case u.down && u.streak >= a.Rise:
		u.down, u.streak = false, 0
		u.failures = nil
		g.slowStart(u.state)
		g.publish()
		g.tell(u, Up, nil, 0)
	case !u.down && (u.streak >= a.Fall || first):
		u.down, u.streak = true, 0
		g.publish()
		g.tell(u, Down, err, 0)
	}
}

// vary returns d, give or take a tenth.
func vary(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
