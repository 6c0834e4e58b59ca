package caddyfile

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Config says how a Caddyfile becomes a [Server].
type Config struct {
	Vocabulary Vocabulary  // the directives there are; package standard has the usual ones
	Parse      ParseConfig // how the text is read

	// Log is told of what is of no request and, unless a site says otherwise, of
	// requests that failed. Nil is slog.Default().
	Log *slog.Logger

	// AllowExec lets directives run commands, such as startup and git's then. By
	// default they may not: a Caddyfile may come from somebody who is to configure a
	// site, and no more.
	AllowExec bool

	// HTTPPort and HTTPSPort are what is listened to for addresses of http and https
	// without a port, for a machine whose ports 80 and 443 lead to others. Empty are
	// these.
	HTTPPort, HTTPSPort string

	// UnknownHost answers requests for hosts of no site. Nil is 404 Not Found,
	// or, on a TLS listener, 421 Misdirected Request (RFC 9110, section 15.5.20).
	// Whatever it is, 421 is for what comes by another connection than its site demands.
	UnknownHost middleware.Handler

	// Grace is how long requests may take to finish once the server is told to
	// stop. Zero is 10 seconds.
	Grace time.Duration

	// Listeners are used in place of opening the addresses that they are at: what the
	// program was given when it was started, see [Inherited], or has made otherwise. An
	// Addr is taken for what its String says, HOST:PORT. What no site needs is left
	// alone, as it may be needed after a reload. All are closed with the Server that
	// listens.
	Listeners []net.Listener

	// Drain is how long requests, and connections such as WebSockets, may go on at a
	// site that [Server.Reload] has replaced. Then WebSockets that are proxied are
	// told to end, and the rest is cut off. Zero is an hour; negative is no time.
	Drain time.Duration
}

// Load reads the Caddyfile called name and builds it.
func Load(name string, c Config) (*Server, error) {
	c.Parse.Directives = c.directives()
	f, _, err := parseToBuild(name, c.Parse)
	if err != nil {
		return nil, err
	}
	return Build(f, c)
}

// directives returns the words that cannot be addresses.
func (c Config) directives() []string {
	if c.Parse.Directives != nil {
		return c.Parse.Directives
	}
	return c.Vocabulary.Names()
}

// Build makes a Server of f. Nothing is started or opened yet, but everything is
// checked: its error says all that is wrong with all the sites. If there is none,
// warnings are logged, which are f's and those of directives.
func Build(f *File, c Config) (*Server, error) {
	s := newServer(c)
	g, err := s.generation(f, nil)
	if err != nil {
		return nil, err
	}
	s.now.Store(g)
	s.inputs.Store(cmp.Or(f.inputs, new(inputs)))
	warn(s.log, g.warnings)
	return s, nil
}

// generation makes sites of f, those that old has left as they are excepted.
func (s *Server) generation(f *File, old *generation) (*generation, error) {
	b := builder{Config: s.config, file: f.explainer(), pool: s.pool, ports: map[string]*port{}}
	b.order, b.lines = make(map[string]int, len(b.Vocabulary)), make([][]*directive.Line, len(b.Vocabulary))
	for i, d := range b.Vocabulary {
		b.order[d.Name] = i
	}
	for _, err := range f.mended {
		b.fail(err)
	}
	for _, line := range f.Options {
		b.fail(&directive.Error{Pos: line.Words[0].Pos, Path: line.Name(), Err: errors.New("there are no global options")})
	}
	for _, route := range f.Routes {
		b.fail(&directive.Error{Pos: route.Pos, From: route.From, Path: "&(" + route.Name + ")", Err: errors.New("there are no named routes")})
	}
	g := &generation{file: b.file, all: new(hosts), by: map[string]*hosts{}, own: &directive.Site{Shared: b.pool}}
	g.declare(f.Sites)
	for _, name := range f.Files {
		g.own.Hide(name)
	}
	g.sites = old.keep(g)
	settle := keep(g.sites)
	for i, decl := range f.Sites {
		switch {
		case g.sites[i] != nil:
		case old == nil:
			g.sites[i] = b.site(g.decls[i], decl.Lines)
		default: // so that the site does not hold on to all of f
			g.sites[i] = b.site(g.decls[i], detached(decl.Lines))
		}
	}
	b.place(g)
	if len(b.errs) > 0 {
		settle(false)
		return nil, f.Explain(errors.Join(append(b.errs, g.discard(old))...))
	}
	g.settle, g.warnings = settle, slices.Concat(f.Warnings, b.warnings)
	return g, nil
}

type builder struct {
	Config
	file  *File
	pool  *directive.Pool
	order map[string]int      // of the vocabulary
	lines [][]*directive.Line // of the site that is being built, by their place in it
	ports map[string]*port    // by number
	errs  []error

	warnings []*directive.Error
}

// fail records what is wrong, up to a number of errors that nobody reads.
func (b *builder) fail(err error) {
	if len(b.errs) < 10_000 {
		b.errs = append(b.errs, err)
	}
}

func (b *builder) site(decl *Site, declared []*directive.Line) *site {
	conf := directive.NewSite()
	named := map[string]bool{}
	for _, a := range decl.Addrs {
		conf.Addrs = append(conf.Addrs, strings.Clone(a.Text))
		if a.Scheme == "http" || a.Port == b.HTTPPort {
			continue
		}
		if host := a.host(); !named[host] {
			named[host] = true
			conf.Hosts = append(conf.Hosts, strings.Clone(host))
		}
	}
	conf.Shared, conf.AllowExec = b.pool, b.AllowExec
	conf.Level = new(middleware.LogLevel)
	conf.Log = slog.New(conf.Level.Handler(b.Log.Handler()))
	s := &site{file: b.file, decl: decl, conf: conf, root: conf.Root, inFlight: newInFlight()}

	for i := range b.lines {
		b.lines[i] = b.lines[i][:0]
	}
	for _, line := range declared {
		i, ok := b.order[line.Name()]
		if !ok {
			b.fail(b.unknownDirective(line))
			continue
		}
		b.lines[i] = append(b.lines[i], line)
	}
	var chain []middleware.Middleware
	for i, d := range b.Vocabulary {
		if len(b.lines[i]) == 0 && !d.Always {
			continue
		}
		c := directive.NewController(conf, d.Name, b.lines[i]...)
		s.controllers = append(s.controllers, c)
		m, err := b.setup(d, c, decl.Pos)
		if err != nil {
			b.fail(err)
		} else if m != nil {
			chain = append(chain, m)
		}
		b.warnings = append(b.warnings, c.Warnings()...)
	}
	s.chain = middleware.Chain(append(conf.Around, chain...)...)(middleware.Status(http.StatusNotFound))
	s.handler = middleware.Edge{Log: conf.Log}.Handler(s.chain)
	return s
}

// setup calls d's Setup, and makes an error of a panic: whatever a Caddyfile
// says, it must not bring down the program that reads it.
func (b *builder) setup(d directive.Directive, c *directive.Controller, at directive.Pos) (m middleware.Middleware, err error) {
	if lines := c.Lines(); len(lines) > 0 {
		at = lines[0].Words[0].Pos
	}
	defer func() {
		if v := recover(); v != nil {
			err = &directive.Error{Pos: at, Path: d.Name, Err: fmt.Errorf("setting up: panic: %v", v)}
		}
	}()
	m, err = d.Setup(c)
	if err == nil {
		err = c.Err() // in case Setup did not ask
	}
	return m, err
}

// certificateHint says where a certificate comes from, if the vocabulary has it.
func (b *builder) certificateHint() string {
	if _, ok := b.order["tls"]; ok {
		return ": a line of tls says which"
	}
	return ""
}
