package fastcgi

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/middleware/upstream/properties"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "fastcgi", Setup: setup, Elsewhere: []string{"php_fastcgi", "fastcgi_pass"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var (
		rules  []Config
		reader = properties.Reader{Controller: c, Policy: upstream.RoundRobin(), NoPath: " such as /fpm-ping", Taken: "has an application already"}
	)
	for _, line := range c.Lines() {
		p := newParser(c, line, reader.Line(line))
		p.read()
		rules = append(rules, p.finish())
	}
	// Layers see a request one after the other.
	slices.SortStableFunc(rules, func(a, b Config) int { return a.From.Compare(b.From) })
	layers := []middleware.Middleware{reader.Pages()}
	for _, cfg := range rules {
		layers = append(layers, New(cfg))
		c.Site().HideIf(cfg.Hide)
	}
	return middleware.Chain(layers...), c.Err()
}

// A parser makes a Config of one line.
type parser struct {
	c       *directive.Controller
	line    *directive.Line
	cfg     Config
	up      *properties.Upstreams
	client  ClientConfig
	scripts *directive.Line // the first property that is of use only for scripts
}

func newParser(c *directive.Controller, line *directive.Line, up *properties.Upstreams) *parser {
	site := c.Site()
	return &parser{
		c: c, line: line, up: up,
		cfg:    Config{From: "/", Root: site.Root, Trusted: site.Trusted, Names: namesOf(site.Addrs), StaticIndex: site.Index, Redirects: site.Accel},
		client: ClientConfig{Stderr: LogStderr},
	}
}

// namesOf returns the hosts of a site's addresses.
func namesOf(addrs []string) []string {
	var names []string
	for _, addr := range addrs {
		if _, rest, ok := strings.Cut(addr, "://"); ok {
			addr = rest
		}
		host, _, _ := strings.Cut(addr, "/")
		if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
			host = host[:i]
		}
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if host != "" && host != "*" && host != "0.0.0.0" && host != "::" {
			names = append(names, host)
		}
	}
	return names
}

func (p *parser) read() {
	args := p.line.Args(1, 3, "an address")
	addr := args[0]
	if len(args) > 1 {
		p.cfg.From = p.line.Path(args[0])
		addr = args[1]
		if addr.Text == "php" && isSocket(args[0].Text) {
			p.line.Errorf(args[0], "a path is missing in front of the address (did you mean \"fastcgi / %s php\"?)", args[0].Text)
		}
	}
	p.target(p.line, addr)
	if len(args) > 2 {
		p.line.OneOf(args[2], "preset", "php")
		preset := PHP()
		p.cfg.Ext, p.cfg.Split, p.cfg.Index = preset.Ext, preset.Split, preset.Index
	}
	p.up.From(p.cfg.From)
	p.line.ReadBlock(p.properties)
}

// isSocket reports whether text looks like the name of a socket: no path of a site's,
// nor a host.
func isSocket(text string) bool {
	return strings.HasSuffix(text, ".sock") || strings.HasSuffix(text, ".socket") ||
		strings.HasPrefix(text, "/run/") || strings.HasPrefix(text, "/var/run/")
}

// target adds one address.
func (p *parser) target(line *directive.Line, arg directive.Word) {
	if arg.Text == "" && !arg.Quoted {
		return // of which there is an error already
	}
	text := arg.Text
	scheme, rest, _ := strings.Cut(text, "://")
	socket, isUnix := strings.CutPrefix(text, "unix/") // as Caddy 2 has it
	switch {
	case isUnix && strings.HasPrefix(socket, "/"):
		line.Errorf(arg, "%q is no address (did you mean \"unix:%s\"?)", text, socket)
		return
	case scheme == text && !strings.Contains(text, ":") && isSocket(text) && text[0] != '/':
		line.Errorf(arg, "%q: a socket has to be given by its absolute path", text)
		return
	case scheme == text:
		if !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "unix:") {
			text = "fastcgi://" + text
		}
	case scheme == "tcp":
		text = "fastcgi://" + rest
	case scheme == "srv", scheme == "dns":
		source, err := upstream.ParseSource(scheme + "+fastcgi://" + rest)
		if err != nil {
			line.Errorf(arg, "%w", without(err, arg.Text))
			return
		}
		p.up.Config.Sources = append(p.up.Config.Sources, source)
		return
	case scheme != "fastcgi" && scheme != "unix":
		line.Errorf(arg, "%q: it is FastCGI that is spoken, as in fastcgi://localhost:9000", arg.Text)
		return
	}
	targets, err := upstream.Parse(text)
	if err != nil {
		line.Errorf(arg, "%w", without(err, arg.Text))
		return
	}
	if targets[0].Path != "" {
		line.Errorf(arg, "%q: an application has no path but that in its environment", arg.Text)
		return
	}
	p.warn(arg, targets[0])
	p.up.Config.Targets = append(p.up.Config.Targets, targets...)
}

// warn tells of an address in the open: whoever can connect to php-fpm can have it
// run whatever it can read, and what is sent is not encrypted.
func (p *parser) warn(arg directive.Word, t upstream.Target) {
	addr, err := netip.ParseAddrPort(t.Addr)
	if err == nil && addr.Addr().IsGlobalUnicast() && !addr.Addr().IsPrivate() {
		p.line.Warnf(arg, "FastCGI is neither encrypted nor does it ask who is there, and %s is a public address", arg.Text)
	}
}

// finish returns the Config, with what is to be started in the care of the site.
func (p *parser) finish() Config {
	if p.scripts != nil && p.cfg.Ext == nil && p.cfg.Split == nil {
		p.scripts.Errorf(p.scripts.Words[0], "there is no ext or split by which scripts could be told")
	}
	p.cfg.Client = NewClient(p.client)
	p.c.OnStop(p.cfg.Client.Close)
	p.cfg.Upstreams = p.up.Group(Ping{Path: p.up.Check.Path, Contains: p.up.Check.Contains})
	p.cfg.Except = p.up.Except
	p.cfg.TryDuration, p.cfg.TryInterval = p.up.TryDuration, p.up.TryInterval
	return p.cfg
}
