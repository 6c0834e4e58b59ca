package proxy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/middleware/upstream/properties"
)

// Directive is this package's entry in the Caddyfile's vocabulary, without the
// property accel.
var Directive = DirectiveWith(nil)

// DirectiveWith is Directive with what another package serves the files of a folder
// by, for the property accel: a Handler for a site and a folder that need not lie in
// its root.
func DirectiveWith(files func(*directive.Site, *middleware.Root) middleware.Handler) directive.Directive {
	return directive.Directive{
		Name:      "proxy",
		Setup:     func(c *directive.Controller) (middleware.Middleware, error) { return setup(c, files) },
		Elsewhere: []string{"reverse_proxy", "proxy_pass"},
	}
}

func setup(c *directive.Controller, files func(*directive.Site, *middleware.Root) middleware.Handler) (middleware.Middleware, error) {
	var (
		rules  []Config
		reader = properties.Reader{Controller: c, Policy: upstream.Random(), NoPath: ": it has to begin with a slash", Taken: "is sent on already"}
	)
	for _, line := range c.Lines() {
		p := &parser{c: c, line: line, cfg: Config{From: "/", Trusted: c.Site().Trusted}, up: reader.Line(line), files: files}
		p.read()
		rules = append(rules, p.finish())
	}
	// Layers see a request one after the other.
	slices.SortStableFunc(rules, func(a, b Config) int { return a.From.Compare(b.From) })
	layers := []middleware.Middleware{reader.Pages()}
	for _, cfg := range rules {
		layers = append(layers, New(cfg))
	}
	return middleware.Chain(layers...), c.Err()
}

// A parser makes a Config of one line.
type parser struct {
	c          *directive.Controller
	line       *directive.Line
	cfg        Config
	up         *properties.Upstreams
	given      bool // some TO, good or bad
	files      func(*directive.Site, *middleware.Root) middleware.Handler
	mirror     MirrorConfig
	mirrors    upstream.Config
	transport  TransportConfig
	check      upstream.HTTPCheck
	forUpgrade directive.Word // the first property that is of use only with an upgrade
}

func (p *parser) read() {
	args := p.line.Args(1, directive.Any)
	p.cfg.From = p.line.Path(args[0])
	for _, arg := range args[1:] {
		p.given = true
		p.target(&p.up.Config, p.line, arg, 0)
	}
	p.up.From(p.cfg.From)
	p.line.ReadBlock(p.properties)
}

// target adds one TO to those of c.
func (p *parser) target(c *upstream.Config, line *directive.Line, arg directive.Word, tier int) {
	if arg.Text == "" && !arg.Quoted {
		return // of which there is an error already
	}
	scheme, _, _ := strings.Cut(arg.Text, "://")
	if kind, _, _ := strings.Cut(strings.ToLower(scheme), "+"); scheme != arg.Text && (kind == "srv" || kind == "dns") {
		source, err := upstream.ParseSource(arg.Text)
		switch {
		case err != nil:
			line.Errorf(arg, "%w", err)
		case tier > 0:
			line.Errorf(arg, "%q: what is looked up cannot be a backup", arg.Text)
		}
		c.Sources = append(c.Sources, source)
		return
	}
	targets, err := upstream.Parse(arg.Text)
	if err == nil && targets[0].Scheme == "fastcgi" {
		err = fmt.Errorf("%q: FastCGI is not spoken here", arg.Text)
	}
	if err != nil {
		line.Errorf(arg, "%w", err)
		return
	}
	for i := range targets {
		targets[i].Tier = tier
	}
	c.Targets = append(c.Targets, targets...)
}

// finish returns the Config, with what is to be started in the care of the site.
func (p *parser) finish() Config {
	if !p.given {
		p.line.Errorf(p.line.Words[0], "no server is given to send requests to")
	}
	if p.forUpgrade.Text != "" && len(p.cfg.Upgrade) == 0 {
		p.line.Errorf(p.forUpgrade, "there is no websocket, or other upgrade, that this could be for")
	}
	transport := NewTransport(p.transport)
	p.c.OnStop(transport.Close)
	p.cfg.Upstreams, p.cfg.Transport = p.up.Group(p.checker()), transport
	p.cfg.Except = p.up.Except
	p.cfg.TryDuration, p.cfg.TryInterval = p.up.TryDuration, p.up.TryInterval
	p.cfg.Drain = p.c.Stopping()
	if group, m := p.cfg.Upstreams, p.finishMirror(transport); m != nil {
		p.cfg.Mirror = m
		p.up.Status = func() any {
			return struct {
				upstream.Status
				Mirror MirrorStatus `json:"mirror"`
			}{group.Status(), m.Status()}
		}
	}
	return p.cfg
}

// checker returns what a health_check is made by.
func (p *parser) checker() upstream.Checker {
	p.check.URI, p.check.TLS = p.up.Check.Path, p.transport.TLS
	if text := p.up.Check.Contains; text != "" {
		p.check.Body = regexp.MustCompile(regexp.QuoteMeta(text))
	}
	return p.check
}

// transparent adds what the word stands for in Caddy 1.0.5 and is not told anyway.
func (p *parser) transparent(prop *directive.Line) {
	prop.Args(0, 0)
	p.cfg.PreserveHost = true
	p.cfg.Up = append(p.cfg.Up,
		HeaderOp{Name: "X-Real-Ip", Value: compile("{remote}")},
		HeaderOp{Name: "X-Forwarded-Port", Value: compile("{server_port}")},
	)
}
