// Package directive is the little that a layer's package needs to know of the
// Caddyfile: a directive is a line of words, perhaps with a block of further
// lines, and belongs to a site.
//
// A Setup reads its lines through methods that keep account, and that record
// what is wrong rather than return it: like a test, it goes on, and so reports
// every mistake at once. What it never asked for is a mistake, too.
//
//	func setup(c *directive.Controller) (middleware.Middleware, error) {
//		var cfg Config
//		line := c.Once()
//		for _, arg := range line.Args(0, 1) {
//			cfg.Path = line.Path(arg)
//		}
//		for _, prop := range line.Properties("limit", "except...") {
//			switch prop.Name() {
//			case "limit":
//				cfg.Limit = prop.Size(prop.Arg())
//			case "except":
//				for _, arg := range prop.Args(1, directive.Any) {
//					cfg.Except = append(cfg.Except, prop.Path(arg))
//				}
//			}
//		}
//		return New(cfg), c.Err()
//	}
package directive

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/shallot-http/shallot/middleware"
)

// A Directive teaches the Caddyfile a word.
type Directive struct {
	Name string // the word that lines begin with

	// Setup turns the lines of a site that begin with Name into a Middleware, or
	// into nil if the directive has another purpose. It ends with the
	// controller's Err.
	Setup func(*Controller) (middleware.Middleware, error)

	// Always has Setup called for every site, even for one without such a line:
	// a site serves files and renders errors whether or not it says so.
	Always bool

	// Elsewhere is what the directive is called in other versions of Caddy, and in
	// other servers. Those names are not understood, but whoever writes them is told
	// this one.
	Elsewhere []string
}

// A Controller is what a Setup sees of the site being put together.
type Controller struct {
	site     *Site
	name     string
	lines    []*Line
	errs     []*Error
	warnings []*Error
	start    []func(context.Context) error
	stop     []func() error
	keep     []func() func(bool)
	replace  []func()
	stopping chan struct{} // nil until somebody asks
	tell     func()        // closes it
}

// NewController returns the Controller for the lines of site that begin with the
// directive called name. It copies them.
func NewController(site *Site, name string, lines ...*Line) *Controller {
	c := &Controller{site: site, name: name}
	c.lines = c.adopt(nil, lines)
	return c
}

func (c *Controller) adopt(parent *Line, lines []*Line) []*Line {
	if lines == nil {
		return nil // no block, which is not the same as an empty one
	}
	own := make([]Line, len(lines))
	adopted := make([]*Line, len(lines))
	for i, l := range lines {
		own[i] = Line{Words: l.Words, From: l.From, c: c, parent: parent}
		own[i].Block = c.adopt(&own[i], l.Block)
		adopted[i] = &own[i]
	}
	return adopted
}

// Site returns the site that the lines belong to. Directives further out have
// been set up already.
func (c *Controller) Site() *Site { return c.site }

// Lines returns the lines of a directive that may be repeated.
func (c *Controller) Lines() []*Line { return c.lines }

// Once returns the line of a directive that may not be repeated. For a site
// without one, whose Setup is called [Directive.Always], it is the bare name.
func (c *Controller) Once() *Line {
	if len(c.lines) == 0 {
		return &Line{Words: []Word{{Text: c.name}}, c: c}
	}
	first := c.lines[0]
	for _, l := range c.lines[1:] {
		l.Errorf(l.Words[0], "already given at %v", first.Words[0].Pos)
	}
	c.lines = c.lines[:1]
	return first
}

// Err returns what was found wrong so far, including all that was not read.
func (c *Controller) Err() error {
	return Join(slices.Concat(c.errs, unread(c.lines))...)
}

// Warnings returns what [Line.Warnf] recorded.
func (c *Controller) Warnings() []*Error { return c.warnings }

// OnStart has f called before the site takes requests, in the order given. The
// context is for starting only: it is done when the server is told to stop, or the
// site has been replaced and its time is over, while requests are still in flight.
// What f leaves running ends by OnStop, after them.
func (c *Controller) OnStart(f func(context.Context) error) { c.start = append(c.start, f) }

// OnStop has f called after the site's last request, or if it could not be
// started: last come, first stopped. It must bear with what never started.
func (c *Controller) OnStop(f func() error) { c.stop = append(c.stop, f) }

// Started forgets what is of no use once the site has been started, its lines among
// it, and reports whether there is anything left for Stop, Keep or Replaced to do.
func (c *Controller) Started() (remains bool) {
	c.lines, c.errs, c.start = nil, nil, nil
	return len(c.stop)+len(c.keep)+len(c.replace) > 0 || c.tell != nil
}

// Stopping returns what is closed when the context of OnStart is done, and at the
// latest before what OnStop was given is called: for connections that last as long as
// their two ends like, which net/http does not end for the server to stop.
func (c *Controller) Stopping() <-chan struct{} {
	if c.stopping != nil {
		return c.stopping
	}
	c.stopping = make(chan struct{})
	end, forget := sync.OnceFunc(func() { close(c.stopping) }), func() bool { return true }
	c.OnStart(func(ctx context.Context) error {
		forget = context.AfterFunc(ctx, end)
		return nil
	})
	c.tell = func() { forget(); end() }
	return c.stopping
}

// OnKeep has f called when another configuration is about to be set up in which the
// site stays as it is, and so will not be set up again: before all sites that are. If
// lines of several sites have to agree on something, f states what this one says. It
// returns what to call afterwards, with whether that configuration is now in force;
// or nil.
func (c *Controller) OnKeep(f func() func(loaded bool)) { c.keep = append(c.keep, f) }

// Keep calls what OnKeep was given, and returns what is to be called afterwards.
func (c *Controller) Keep() (settle []func(loaded bool)) {
	for _, f := range c.keep {
		if done := f(); done != nil {
			settle = append(settle, done)
		}
	}
	return settle
}

// OnReplace has f called once another configuration is in force in which the site is
// another one, or there is none: while it still answers the requests it has, for as
// long as they take. What is done for the sake of later ones can end then, such as to
// look for something newer. f must not wait for any of it, and bear with what never
// started or has been stopped.
func (c *Controller) OnReplace(f func()) { c.replace = append(c.replace, f) }

// Replaced calls what OnReplace was given.
func (c *Controller) Replaced() {
	for _, f := range c.replace {
		f()
	}
}

// Start calls what OnStart was given, and Stop if one of them fails.
func (c *Controller) Start(ctx context.Context) error {
	for _, f := range c.start {
		if err := f(ctx); err != nil {
			return errors.Join(err, c.Stop())
		}
	}
	return nil
}

// Stop calls what OnStop was given, all of it but only once, and returns what
// went wrong.
func (c *Controller) Stop() error {
	if c.tell != nil {
		c.tell()
	}
	var errs []error
	for _, f := range slices.Backward(c.stop) {
		errs = append(errs, f())
	}
	c.stop = nil
	return errors.Join(errs...)
}
