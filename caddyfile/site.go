package caddyfile

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// A site is one site of a Caddyfile in working order.
type site struct {
	file        *File // of decl
	decl        *Site
	conf        *directive.Site
	root        *middleware.Root        // by default
	controllers []*directive.Controller // outermost first
	chain       middleware.Handler
	handler     http.Handler // the chain, settled

	life     context.Context // from its start to its end
	end      context.CancelFunc
	inFlight *inFlight
}

// start starts what the site needs, or nothing.
func (s *site) start() error {
	for _, c := range s.controllers {
		if err := c.Start(s.life); err != nil {
			return s.file.Explain(s.blame(c, err))
		}
	}
	remaining := s.controllers[:0:0] // there may be thousands of sites with a dozen each
	for _, c := range s.controllers {
		if c.Started() {
			remaining = append(remaining, c)
		}
	}
	s.controllers = remaining
	return nil
}

// blame gives an error a place, unless it has one: that of the first line of those
// that asked for what has failed.
func (s *site) blame(c *directive.Controller, err error) error {
	if _, ok := errors.AsType[*directive.Error](err); ok {
		return err
	}
	e := &directive.Error{Pos: s.decl.Pos, Path: s.decl.Addrs[0].Text, From: s.decl.From, Err: err}
	if lines := c.Lines(); len(lines) > 0 {
		e.Pos, e.From = lines[0].Words[0].Pos, lines[0].From
		e.Path += ": " + lines[0].Name()
	}
	return e
}

// replaced tells the directives that the site is asked nothing more.
func (s *site) replaced() {
	for _, c := range s.controllers {
		c.Replaced()
	}
}

// stop gives up what the site needed, innermost first.
func (s *site) stop() error {
	if s.end != nil {
		s.end()
	}
	var errs []error
	for _, c := range slices.Backward(s.controllers) {
		errs = append(errs, c.Stop())
	}
	s.conf.Unhide()
	return errors.Join(append(errs, s.root.Close())...)
}
