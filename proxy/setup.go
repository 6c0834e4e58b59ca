package proxy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "proxy", Setup: setup, Elsewhere: []string{"reverse_proxy", "proxy_pass"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var rules []Config
	places := map[middleware.Path]directive.Pos{}
	for _, line := range c.Lines() {
		p := newParser(c, line)
		p.read()
		at := line.Words[min(1, len(line.Words)-1)]
		if first, again := places[p.cfg.From]; again {
			line.Errorf(at, "%s is sent on already, by the line at %v", p.cfg.From, first)
		}
		places[p.cfg.From] = at.Pos
		rules = append(rules, p.finish())
	}
	// Layers see a request one after the other.
	slices.SortStableFunc(rules, func(a, b Config) int { return len(b.From) - len(a.From) })
	layers := make([]middleware.Middleware, len(rules))
	for i, cfg := range rules {
		layers[i] = New(cfg)
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
	transport TransportConfig
	check     upstream.HTTPCheck
	checked   bool
	checkOf   directive.Word // the first property that is of use only if checked
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
		p.target(p.line, arg)
	}
	for _, prop := range p.line.Properties("upstream...", "policy", "fail_timeout", "max_fails", "max_conns", "try_duration", "try_interval",
		"health_check", "health_check_interval", "health_check_timeout", "health_check_port", "health_check_contains",
		"header_upstream...", "proxy_header...", "header_downstream...", "transparent", "websocket", "without", "except...",
		"keepalive", "timeout", "fallback_delay", "insecure_skip_verify", "ca_certificates...", "tls_client") {
		switch name := prop.Name(); name {
		case "upstream":
			for _, arg := range prop.Args(1, directive.Any) {
				p.target(prop, arg)
			}
		case "policy":
			p.policy(prop)
		case "fail_timeout", "max_fails", "max_conns", "try_duration", "try_interval":
			p.limit(prop)
		case "header_upstream", "proxy_header":
			p.cfg.Up = append(p.cfg.Up, p.headerOp(prop)...)
		case "header_downstream":
			p.cfg.Down = append(p.cfg.Down, p.headerOp(prop)...)
		case "transparent":
			prop.Args(0, 0)
			p.transparent()
		case "websocket":
			prop.Args(0, 0)
			p.cfg.Upgrade = []string{"websocket"}
		case "without":
			p.cfg.Without = string(prop.Path(prop.Arg()))
		case "except":
			for _, arg := range prop.Args(1, directive.Any) {
				p.cfg.Except = append(p.cfg.Except, p.except(prop, arg))
			}
		default:
			if strings.HasPrefix(name, "health_check") {
				p.health(prop)
			} else {
				p.reach(prop)
			}
		}
	}
}

// target adds one TO.
func (p *parser) target(line *directive.Line, arg directive.Word) {
	p.given = true
	if arg.Text == "" && !arg.Quoted {
		return // of which there is an error already
	}
	scheme, _, _ := strings.Cut(arg.Text, "://")
	if kind, _, _ := strings.Cut(strings.ToLower(scheme), "+"); scheme != arg.Text && (kind == "srv" || kind == "dns") {
		source, err := upstream.ParseSource(arg.Text)
		if err != nil {
			line.Errorf(arg, "%w", err)
			return
		}
		p.up.Sources = append(p.up.Sources, source)
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
	p.up.Targets = append(p.up.Targets, targets...)
}

// limit reads what says when to give a backend, or a request, up.
func (p *parser) limit(prop *directive.Line) {
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
	from := strings.TrimSuffix(strings.TrimSuffix(string(p.cfg.From), "*"), "/")
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
	group := upstream.New(p.up)
	transport := NewTransport(p.transport)
	p.c.OnStop(transport.Close)
	p.c.OnStop(group.Close)
	drain, forget := make(chan struct{}), func() bool { return true }
	p.c.OnStop(func() error { forget(); return nil })
	p.c.OnStart(func(ctx context.Context) error {
		forget = context.AfterFunc(ctx, func() { close(drain) })
		return group.Start(ctx)
	})
	p.cfg.Drain = drain
	p.cfg.Upstreams, p.cfg.Transport = group, transport
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
