package caddyfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Defaults of the http.Server that serves a port, for sites that ask for nothing
// else. There is none for the time that a body takes, either way: a slow client
// or a long stream is no fault.
const (
	defaultHeaderTimeout = 10 * time.Second
	defaultIdleTimeout   = 5 * time.Minute // as in Caddy 1
)

// A port is what is served on one number: its sites, and the addresses it is
// listened to on.
type port struct {
	number string
	places []boundPlace
	named  map[siteName][]int // of places
	hosts  hosts
	listen []string // hosts; "" is all
	server directive.Server
	scheme string
	keys   map[string][]boundPlace // one for each way that a host is secured
}

type boundPlace struct {
	*place
	host  string // the site's
	binds []string
}

func (q boundPlace) errorf(format string, args ...any) error {
	return &directive.Error{Pos: q.address.Pos, Path: q.address.Text, Err: fmt.Errorf(format, args...)}
}

// blame gives an error in listening at a host the place of a site that is there.
func (p *port) blame(host string, err error) error {
	i := slices.IndexFunc(p.places, func(q boundPlace) bool { return slices.Contains(q.binds, host) })
	q := p.places[max(i, 0)]
	if number, e := strconv.Atoi(p.number); e == nil && number < 1024 && errors.Is(err, fs.ErrPermission) {
		return q.errorf("%w (ports below 1024 are for root, or for who has CAP_NET_BIND_SERVICE)", err)
	}
	if p.scheme == "http" && q.site.conf.Server.Plain != nil {
		return q.errorf("%w (port %s is for redirects to the site, and for proofs that its name leads here)", err, p.number)
	}
	return q.errorf("%w", err)
}

// A siteName is what only sites on different addresses can have in common.
type siteName struct{ host, path string }

// Hosts to listen on that are not names.
const (
	everywhere = ""
	atHome     = "localhost"
)

// host returns the canonical form of a's host; "" is any host.
func (a Address) host() string {
	host := unbracket(a.Host)
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		return ""
	}
	return ascii(canonicalHost(host))
}

func unbracket(host string) string { return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]") }

// port returns the number of a's port. Sites that name neither port nor scheme
// are on 2015, as in Caddy 1, unless they get certificates by themselves.
func (b *builder) port(a Address, s *site) string {
	switch {
	case a.Port != "":
		return a.Port
	case a.Scheme == "https", a.Scheme == "" && s.conf.Server.Plain != nil:
		return b.HTTPSPort
	case a.Scheme == "http":
		return b.HTTPPort
	}
	return "2015"
}

// bind returns where to listen for a if its site does not say: at home for what
// only this machine can mean, at an address for that address, else everywhere,
// for the names that lead here are no business of ours.
func (a Address) bind() string {
	host := a.host()
	if host == atHome || strings.HasSuffix(host, "."+atHome) {
		return atHome
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	return everywhere
}

// canonicalBind returns the one way to write a host to listen on. Unlike that of a
// request it may have a zone.
func canonicalBind(host string) string {
	host = unbracket(host)
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return strings.ToLower(host)
	case addr.IsUnspecified():
		return everywhere
	}
	return addr.Unmap().String()
}

// add gives site a place, and returns the one that has it already, if any.
func (p *port) add(place *place) (taken *place) {
	a := place.address
	binds := place.binds()
	name := siteName{a.host(), a.Path}
	for _, i := range p.named[name] {
		if q := p.places[i]; overlap(q.binds, binds) {
			return q.place
		}
	}
	if p.named == nil {
		p.named = map[siteName][]int{}
	}
	p.named[name] = append(p.named[name], len(p.places))
	p.places = append(p.places, boundPlace{place, name.host, binds})
	return nil
}

// binds returns where to listen for p.
func (p *place) binds() []string {
	if len(p.site.conf.Server.Bind) == 0 {
		return []string{p.address.bind()}
	}
	var binds []string
	for _, host := range p.site.conf.Server.Bind {
		binds = append(binds, canonicalBind(host))
	}
	return binds
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(bind string) bool { return slices.Contains(b, bind) })
}

// settle decides where to listen and how. One listener for all addresses makes
// narrower ones on the same port impossible, so it stands in for them.
func (p *port) settle() error {
	for _, q := range p.places {
		p.listen = append(p.listen, q.binds...)
	}
	slices.Sort(p.listen)
	p.listen = slices.Compact(p.listen)
	all := p.listen[0] == everywhere
	if all {
		p.listen = p.listen[:1]
	}
	for _, q := range p.places {
		for _, bind := range q.binds {
			at := *q.place
			if len(p.listen) > 1 || all {
				local, ok := localTo(bind)
				if !ok {
					return q.errorf("port %s is listened to on %q, and elsewhere: to tell requests apart takes an IP address in place of that name", p.number, bind)
				}
				at.local = local
			}
			p.hosts.add(q.host, &at)
		}
		if err := p.adopt(q); err != nil {
			return err
		}
	}
	p.hosts.sort()
	return nil
}

// localTo returns the address that a request to what is bound to a host comes in
// at, if that is known: who resolves a name, and to what, is not.
func localTo(bind string) (local localAddr, ok bool) {
	switch bind {
	case everywhere:
		return localAddr{}, true
	case atHome:
		return localAddr{loopback: true}, true
	}
	addr, err := netip.ParseAddr(bind)
	return localAddr{addr: addr}, err == nil
}

// adopt takes over what q's site asks of the server.
func (p *port) adopt(q boundPlace) error {
	ask := q.site.conf.Server
	scheme := "http"
	if q.tls != nil {
		scheme = "https"
	}
	if p.scheme != "" && p.scheme != scheme {
		return q.errorf("port %s is one of %s, because of the site at %v", p.number, p.scheme, p.places[0].address.Pos)
	}
	if err := p.secure(q); err != nil {
		return err
	}
	p.scheme = scheme
	p.server.H2C = p.server.H2C || ask.H2C
	p.server.ReadTimeout = shorter(p.server.ReadTimeout, ask.ReadTimeout)
	p.server.ReadHeaderTimeout = shorter(p.server.ReadHeaderTimeout, ask.ReadHeaderTimeout)
	p.server.WriteTimeout = shorter(p.server.WriteTimeout, ask.WriteTimeout)
	p.server.IdleTimeout = shorter(p.server.IdleTimeout, ask.IdleTimeout)
	if n := ask.MaxHeaderBytes; n > 0 && (n < p.server.MaxHeaderBytes || p.server.MaxHeaderBytes == 0) {
		p.server.MaxHeaderBytes = n
	}
	return nil
}

// shorter returns the shorter of two times; zero is not to care, and a negative
// time is longer than any.
func shorter(a, b time.Duration) time.Duration {
	switch {
	case a == 0 || b == 0:
		return a + b
	case a < 0 || b < 0:
		return max(a, b)
	}
	return min(a, b)
}

// httpServer returns the server for the port.
func (p *port) httpServer(h http.Handler) *http.Server {
	set := func(d, otherwise time.Duration) time.Duration { return max(cmp.Or(d, otherwise), 0) }
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(p.scheme == "https")
	protocols.SetUnencryptedHTTP2(p.scheme == "http" && p.server.H2C)
	return &http.Server{
		Handler:           h,
		Protocols:         &protocols,
		ReadTimeout:       set(p.server.ReadTimeout, 0),
		ReadHeaderTimeout: set(p.server.ReadHeaderTimeout, defaultHeaderTimeout),
		WriteTimeout:      set(p.server.WriteTimeout, 0),
		IdleTimeout:       set(p.server.IdleTimeout, defaultIdleTimeout),
		MaxHeaderBytes:    p.server.MaxHeaderBytes,
	}
}
