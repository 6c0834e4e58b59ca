package git

import (
	"context"
	"fmt"
	"sync"

	"github.com/shallot-http/shallot/middleware/directive"
)

// share returns the service of a line, which all sites whose lines say the same
// have in common. Lines that differ must not be for one state.
func share(c *directive.Controller, line *directive.Line, at directive.Word, s *Service) *Service {
	state, says := s.repo.state, s.describe()
	claims := directive.Share(c, state, func() *claims { return &claims{waiting: map[*directive.Controller]string{}} })
	if !claims.add(c, says) {
		line.Errorf(at, "another line has its releases in %s, too: give one of them another state, or have them say the same", state)
	}
	c.OnKeep(func() func(bool) {
		claims.add(c, says)
		return func(bool) { claims.end(c) }
	})
	c.OnStart(func(context.Context) error { claims.end(c); return nil })
	c.OnStop(func() error { claims.end(c); return nil })
	return use(c, [2]string{state, says}, s)
}

// use returns the service that there is under a key, or s. It syncs as long as there
// is a site that uses it and has not been replaced: another one may be at work on the
// same state by then. If there is such a site again, it is as if it was started anew.
func use(c *directive.Controller, key any, s *Service) *Service {
	s = directive.Share(c, key, func() *Service { return s })
	s.enter()
	leave := sync.OnceFunc(s.leave)
	c.OnStart(s.resume)
	c.OnReplace(leave)
	c.OnStop(func() error { leave(); return nil })
	return s
}

func (s *Service) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sites++
}

// leave does not wait for a sync that it ends.
func (s *Service) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sites--; s.sites > 0 {
		return
	}
	s.unused = true
	if s.running {
		s.running = false
		s.pause()
	}
}

// resume starts what has been unused in the meantime.
func (s *Service) resume(ctx context.Context) error {
	s.mu.Lock()
	unused := s.unused
	s.mu.Unlock()
	if !unused {
		return nil
	}
	return s.Start(ctx)
}

// describe returns all that makes a service different from another.
func (s *Service) describe() string {
	c := s.repo.cfg
	c.Token, c.Log = nil, nil
	return fmt.Sprintf("%+v %+v", c, s.cfg)
}

// claims are what the lines say that have been set up for one state but not started,
// or whose site stays as it is while others are set up. All sites of a Caddyfile are
// set up before one starts.
type claims struct {
	mu      sync.Mutex
	waiting map[*directive.Controller]string
}

// add reports whether all the others say the same.
func (cl *claims) add(c *directive.Controller, says string) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if _, twice := cl.waiting[c]; twice {
		return false
	}
	cl.waiting[c] = says
	for _, other := range cl.waiting {
		if other != says {
			return false
		}
	}
	return true
}

func (cl *claims) end(c *directive.Controller) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	delete(cl.waiting, c)
}

// Start implements [directive.Resource]. There is nothing to start.
func (cl *claims) Start(context.Context) error { return nil }

// Close implements [directive.Resource].
func (cl *claims) Close() error { return nil }
