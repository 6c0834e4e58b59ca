package proxy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
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
		layers []middleware.Middleware
		places = map[middleware.Path]directive.Pos{}
		shown  = map[string]directive.Pos{}
	)
	for _, line := range c.Lines() {
		p := newParser(c, line)
		p.files = files
		p.read()
		at := line.Words[min(1, len(line.Words)-1)]
		if first, again := places[p.cfg.From]; again {
			line.Errorf(at, "%s is sent on already, by the line at %v", p.cfg.From, first)
		}
		places[p.cfg.From] = at.Pos
		rules = append(rules, p.finish())
		if page := p.page; page != nil {
			if first, again := shown[page.path.Text]; again {
				line.Errorf(page.path, "%s shows another status already, by the line at %v", page.path.Text, first)
			}
			shown[page.path.Text] = page.path.Pos
			layers = append(layers, page.layer)
		}
	}
	// Layers see a request one after the other.
	slices.SortStableFunc(rules, func(a, b Config) int { return a.From.Compare(b.From) })
	for _, cfg := range rules {
		layers = append(layers, New(cfg))
	}
	return middleware.Chain(layers...), c.Err()
}

// A parser makes a Config of one line.
type parser struct {
	c         *directive.Controller
	line      *directive.Line
	cfg       Config
	up        upstream.Config
	given     bool // some TO, good or bad
	files     func(*directive.Site, *middleware.Root) middleware.Handler
	mirror    MirrorConfig
	mirrors   upstream.Config
	page      *statusPage // nil is none
	transport TransportConfig
	check     upstream.HTTPCheck
	checked   bool
	checkOf   directive.Word // the first property that is of use only if checked
	queue     directive.Word // that requests are to wait in
	upgrades  directive.Word // the first property that is of use only with an upgrade
}

func newParser(c *directive.Controller, line *directive.Line) *parser {
	return &parser{
		c: c, line: line,
		cfg: Config{From: "/", Trusted: c.Site().Trusted},
		up:  upstream.Config{Policy: upstream.Random(), Observe: upstream.LogTo(c.Site().Log)},
	}
}

func (p *parser) read() {
	args := p.line.Args(1, directive.Any)
	p.cfg.From = p.line.Path(args[0])
	for _, arg := range args[1:] {
		p.given = true
		p.target(&p.up, p.line, arg, 0)
	}
	table := p.properties()
	names := make([]string, len(table))
	readers := make(map[string]func(*directive.Line), len(table))
	for i, property := range table {
		names[i] = property.name
		readers[strings.TrimSuffix(property.name, "...")] = property.read
	}
	p.hint()
	for _, prop := range p.line.Properties(names...) {
		readers[prop.Name()](prop)
	}
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

// limit reads what says when to give a backend, or a request, up.
func (p *parser) limit(prop *directive.Line) {
	if prop.Name() == "queue" {
		args := prop.Args(1, 2)
		p.queue = prop.Words[0]
		p.up.Queue = prop.Int(args[0], 1, 1<<20)
		if len(args) > 1 {
			p.up.QueueTimeout = prop.Interval(args[1])
		}
		return
	}
	arg := prop.Arg()
	passive := &p.up.Passive
	switch prop.Name() {
	case "fail_timeout":
		d := prop.Duration(arg)
		passive.Window, passive.Eject, passive.MaxEject = d, d, d
		if d == 0 {
			passive.MaxFails = -1
		}
		p.countAll()
	case "max_fails":
		n := prop.Int(arg, 0, 1<<20)
		if n == 0 {
			n = -1
		}
		if passive.MaxFails == 0 {
			passive.MaxFails = n
		}
		p.countAll()
	case "max_conns":
		p.up.MaxConns = prop.Int(arg, 0, 1<<20)
	case "slow_start":
		p.up.SlowStart = prop.Duration(arg)
	case "try_duration":
		p.cfg.TryDuration = prop.Duration(arg)
	case "try_interval":
		p.cfg.TryInterval = prop.Duration(arg)
	}
}

// countAll has failures count as in Caddy 0.7.1: whatever else succeeds, and
// whoever else is out.
func (p *parser) countAll() { p.up.Passive.Ratio, p.up.Passive.MaxPercent = -1, 100 }

// except returns a path of the property, which is relative to FROM unless it lies
// below it.
func (p *parser) except(prop *directive.Line, arg directive.Word) middleware.Path {
	path := prop.Path(arg)
	from := strings.TrimSuffix(p.cfg.From.Prefix(), "/")
	if from == "" || isBelow(string(path), from) {
		return path
	}
	return middleware.Path(from) + path
}

// finish returns the Config, with what is to be started in the care of the site.
func (p *parser) finish() Config {
	if !p.given {
		p.line.Errorf(p.line.Words[0], "no server is given to send requests to")
	}
	if p.up.Passive.Ratio < 0 && p.up.Passive.MaxFails == 0 {
		p.up.Passive.MaxFails = 1
	}
	p.finishHealth()
	p.finishUpgrades()
	if p.queue.Text != "" && p.up.MaxConns == 0 {
		p.line.Errorf(p.queue, "there is no max_conns, so that nobody ever waits")
	}
	p.up.Name = strings.Join(append(slices.Clip(p.c.Site().Addrs), "proxy", string(p.cfg.From)), " ")
	group := upstream.New(p.up)
	transport := NewTransport(p.transport)
	p.c.OnStop(transport.Close)
	directive.Share(p.c, group, func() *upstream.Group { return group }) // for those who show what goes on
	p.cfg.Drain = p.c.Stopping()
	p.cfg.Mirror = p.finishMirror(transport)
	p.cfg.Upstreams, p.cfg.Transport = group, transport
	if p.page != nil {
		p.page.group, p.page.mirror = group, p.cfg.Mirror
	}
	return p.cfg
}

// transparent adds what the word stands for in Caddy 1.0.5 and is not told anyway.
func (p *parser) transparent() {
	p.cfg.PreserveHost = true
	p.cfg.Up = append(p.cfg.Up,
		HeaderOp{Name: "X-Real-Ip", Value: compile("{remote}")},
		HeaderOp{Name: "X-Forwarded-Port", Value: compile("{server_port}")},
	)
}
