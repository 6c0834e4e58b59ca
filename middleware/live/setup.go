package live

import (
	"context"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "introspect", Setup: setup}

// DefaultPath is where the pages are unless configured.
const DefaultPath = "/debug"

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var (
		line   = c.Once()
		site   = c.Site()
		shared = directive.Share(c, nil, func() *shared { return &shared{newRecorder()} })
		cfg    = Config{Recorder: shared.Recorder, Site: strings.Join(site.Addrs, " "), Level: site.Level}
		access middleware.Access
		pages  = PagesConfig{Path: DefaultPath, Recorder: shared.Recorder, Upstreams: func() []*upstream.Group { return groups(site.Shared) }}
		file   directive.Word // of the socket
		onSite = true
	)
	args := line.Args(0, 1)
	for _, arg := range args {
		pages.Path = string(line.Path(arg))
	}
	for _, prop := range line.Properties(append(directive.AccessProperties(), "socket", "slow", "trace", "sensitive")...) {
		switch prop.Name() {
		case "allow", "host":
			prop.Access(&access)
		case "socket":
			file = prop.Arg("a socket")
			onSite = len(args) > 0
			checkSocket(prop, file)
		case "slow":
			cfg.Slow = prop.Interval(prop.Arg())
		case "trace":
			cfg.Trace = prop.Interval(prop.Arg())
		case "sensitive":
			prop.Args(0, 0)
			pages.Sensitive = true
		}
	}
	if access != (middleware.Access{}) { // else it is this machine
		line.NeedsAccess(access)
		if !onSite {
			line.Errorf(line.Words[0], "allow is for the site, and the pages are on a socket only: give a path such as %s as well", DefaultPath)
		}
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	pages.Drain = c.Stopping()
	if cfg.Trace > 0 {
		directive.Share(c, nil, func() *tracing { return &tracing{shared.Recorder, func() {}} })
	}
	if file.Text != "" {
		onSocket := pages
		s := directive.Share(c, file.Text, func() *socket { return newSocket(file.Text) })
		c.OnStart(func(context.Context) error { s.show(Pages(onSocket)); return nil })
		site.Hide(file.Text)
	}
	layer := New(cfg)
	c.OnStop(func() error {
		if site.Level != nil {
			shared.levels.release(cfg.Site, site.Level)
		}
		return nil
	})
	site.Around = append(site.Around, layer)
	if !onSite {
		return nil, nil
	}
	pages.Access = access
	return middleware.When(middleware.Path(pages.Path).Within, func(middleware.Handler) middleware.Handler {
		return middleware.FromHTTP(Pages(pages))
	}), nil
}

// Shared is the recorder of all sites. It is opened before the first of them is
// started.
type shared struct{ *Recorder }

// Start implements [directive.Resource].
func (s *shared) Start(context.Context) error { s.watch(); return nil }

// Tracing is what those sites share that have a trace kept.
type tracing struct {
	recorder *Recorder
	stop     func()
}

// Start implements [directive.Resource].
func (t *tracing) Start(context.Context) error {
	stop, err := t.recorder.TraceExecution()
	if err == nil {
		t.stop = stop
	}
	return err
}

// Close implements [directive.Resource].
func (t *tracing) Close() error { t.stop(); return nil }

// groups returns all upstreams of a Caddyfile, and of the one before as long as it has
// requests under way.
func groups(p *directive.Pool) (all []*upstream.Group) {
	p.Each(func(r directive.Resource) {
		if g, ok := r.(*upstream.Group); ok {
			all = append(all, g)
		}
	})
	return all
}
