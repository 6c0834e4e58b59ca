package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// The entries of this package in the Caddyfile's vocabulary.
var (
	Startup  = directive.Directive{Name: "startup", Setup: setup}
	Shutdown = directive.Directive{Name: "shutdown", Setup: setup}
	On       = directive.Directive{Name: "on", Setup: setup}
)

// usually is how long a command may take that is waited for.
const usually = time.Minute

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var up, down []*hook
	for _, line := range c.Lines() {
		switch h, ok := read(c, line); {
		case !ok:
		case h.event == "certrenew":
			c.Site().OnRenewal(h.renewed)
		case h.event == "shutdown":
			down = append(down, h)
		default:
			up = append(up, h)
		}
	}
	slices.Reverse(down) // what is started last is closed first
	share(c, append(up, down...))
	return nil, c.Err()
}

// share has hooks run. The same line again, of the configuration that replaces this
// one, is the same resource: it has been run.
func share(c *directive.Controller, hooks []*hook) {
	type occurrence struct {
		site, line string
		nth        int
	}
	seen := map[string]int{}
	for _, h := range hooks {
		text := fmt.Sprintf("%s %v %q %v", h.event, h.background, h.Args, h.timeout)
		seen[text]++
		directive.Share(c, occurrence{strings.Join(c.Site().Addrs, " "), text, seen[text]}, func() *hook { return h })
	}
}

func read(c *directive.Controller, line *directive.Line) (h *hook, ok bool) {
	h = &hook{event: line.Name(), timeout: usually}
	what := "a command"
	if h.event == "on" {
		what = "" // an event
	}
	words := line.Args(1, directive.Any, what)
	if h.event == "on" {
		h.event = line.OneOf(words[0], "event", "startup", "shutdown", "certrenew")
		if words = words[1:]; len(words) == 0 {
			line.Errorf(line.Words[0], "there is no command")
		}
	}
	words, h.background = background(words)
	if len(words) == 1 {
		h.Args, ok = FromWord(line, words[0])
	} else {
		h.Args, ok = FromLine(line, words)
	}
	h.Log = c.Site().Log
	for _, prop := range line.Properties("timeout") {
		h.timeout = prop.Interval(prop.Arg())
		if h.background {
			prop.Errorf(prop.Words[0], "a command with & at its end is not waited for")
		}
	}
	return h, ok
}

// A hook is a command that is run when something happens to a site.
type hook struct {
	Command
	event      string
	background bool
	timeout    time.Duration

	started bool
	end     func() // what runs in the background
}

// Start implements [directive.Resource].
func (h *hook) Start(ctx context.Context) (err error) {
	switch {
	case h.event == "shutdown":
	case h.background:
		h.end, err = h.Command.Start()
	default:
		err = h.run(ctx)
	}
	h.started = err == nil
	return err
}

// Close implements [directive.Resource].
func (h *hook) Close() error {
	switch {
	case !h.started:
		return nil
	case h.end != nil:
		h.end()
	case h.event == "shutdown" && h.background:
		return h.Leave()
	case h.event == "shutdown":
		return h.run(context.Background())
	}
	return nil
}

func (h *hook) renewed(ctx context.Context) {
	run := h.run
	if h.background {
		run = func(context.Context) error { return h.Leave() }
	}
	if err := run(ctx); err != nil {
		h.log().Error("on certrenew", "error", err)
	}
}

func (h *hook) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, h.timeout, fmt.Errorf("it took more than %v: %w", h.timeout, context.DeadlineExceeded))
	defer cancel()
	err := h.Command.Run(ctx)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: the server was told to stop", err)
	}
	return err
}
