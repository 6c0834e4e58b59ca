package caddyfile

import (
	"errors"
	"fmt"
	"slices"

	"github.com/shallot-http/shallot/middleware/directive"
)

// place finds a listener for every address and a place on it for its site.
func (b *builder) place(g *generation) {
	for i, site := range g.sites {
		for _, a := range g.decls[i].Addrs {
			if err := b.check(a, site); err != nil {
				b.fail(err)
				continue
			}
			place := newPlace(a, site)
			if b.isSecure(a, site) {
				place.tls = site.conf.Server.TLS
			}
			if taken := b.on(g, b.port(a, site)).add(place); taken != nil {
				b.fail(&directive.Error{Pos: a.Pos, Path: a.Text,
					Err: fmt.Errorf("the site at %v has this address already", taken.address.Pos)})
			}
			g.all.add(a.host(), place)
		}
	}
	b.redirect(g)
	g.all.sort()
	for _, p := range g.ports {
		if err := p.settle(); err != nil {
			b.fail(err)
		}
	}
}

// on returns the port of a number.
func (b *builder) on(g *generation, number string) *port {
	p := b.ports[number]
	if p == nil {
		p = &port{number: number}
		b.ports[number] = p
		g.ports = append(g.ports, p)
		g.by[number] = &p.hosts
	}
	return p
}

// isSecure reports whether a is served with TLS. A site that has it may have
// addresses of http, too.
func (b *builder) isSecure(a Address, s *site) bool {
	return s.conf.Server.TLS != nil && a.Scheme != "http" && b.port(a, s) != b.HTTPPort
}

// check reports what an address asks for and its site has not got.
func (b *builder) check(a Address, s *site) error {
	tls := s.conf.Server.TLS != nil
	switch {
	case tls && !slices.ContainsFunc(s.decl.Addrs, func(a Address) bool { return b.isSecure(a, s) }):
		return &directive.Error{Pos: a.Pos, Path: a.Text, Err: errors.New("the site has tls, but this address is one of http")}
	case a.Scheme == "https" && !tls:
		return &directive.Error{Pos: a.Pos, Path: a.Text, Err: fmt.Errorf("https needs a certificate, which the site has not got%s", b.certificateHint())}
	case a.Scheme == "" && a.Port == b.HTTPSPort && !tls:
		return &directive.Error{Pos: a.Pos, Path: a.Text,
			Err: fmt.Errorf("port %s is for https, which needs a certificate, and the site has not got one%s (if it is for http, write http://%s)", a.Port, b.certificateHint(), a.Text)}
	}
	return nil
}
