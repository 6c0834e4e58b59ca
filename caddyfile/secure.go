package caddyfile

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"strings"
)

// secure has server make each connection as the table of hosts says that is current
// by then.
func secure(server *http.Server, current func() *hosts) {
	server.TLSConfig = choosing(func(net.Conn) *hosts { return current() })
	server.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, madeKey{}, new(made))
	}
}

func choosing(of func(net.Conn) *hosts) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, // of no meaning but to who reads it
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			return of(hello.Conn).configFor(hello)
		},
	}
}

// TLSConfig returns what a server of your own, which serves [Server.Handler], makes
// connections by: for each site as it demands, and for no others.
func (s *Server) TLSConfig() *tls.Config {
	return choosing(func(conn net.Conn) *hosts { return s.now.Load().hostsAt(conn.LocalAddr()) })
}

// made is how a connection was made. The handshake has the context of its
// requests.
type made struct{ config *tls.Config }

type madeKey struct{}

// configFor returns how a connection is to be made to the site that a client asks
// for by name. No other site's certificate will do for who asks for none of them
// (CVE-2018-19148).
func (h *hosts) configFor(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	p := h.asked(hello)
	if p == nil || p.tls == nil {
		return nobody, nil
	}
	if made, ok := hello.Context().Value(madeKey{}).(*made); ok {
		made.config = p.tls
	}
	if p.tls.GetConfigForClient != nil {
		if c, err := p.tls.GetConfigForClient(hello); c != nil || err != nil {
			return c, err
		}
	}
	return p.tls, nil
}

// asked returns a place at the host that a client asks for, or else, for clients
// know of addresses that they are no names (RFC 6066, section 3), at the address
// that it came to.
func (h *hosts) asked(hello *tls.ClientHelloInfo) *place {
	v := arrival{local: hello.Conn.LocalAddr()}
	if hello.ServerName == "" {
		return h.lookup(v.localHost(), v)
	}
	host, ok := requestHost(hello.ServerName)
	if !ok || strings.Contains(hello.ServerName, ":") {
		return nil
	}
	return h.lookup(host, v)
}

// nobody has no certificate, which is what makes crypto/tls end a handshake with
// the alert unrecognized_name (RFC 6066, section 3). Any other error is an
// internal_error.
var nobody = &tls.Config{
	MinVersion:             tls.VersionTLS12,
	SessionTicketsDisabled: true,
	GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil },
}

// asksForCertificates reports whether a client may have to have one.
func (p *place) asksForCertificates() bool { return p.clientAuth() != tls.NoClientCert }

func (p *place) clientAuth() tls.ClientAuthType {
	if p.tls == nil {
		return tls.NoClientCert
	}
	return p.tls.ClientAuth
}

// admits reports whether r came to p by a connection that was made as p's site
// demands. It has to where any site asks clients for certificates: a client must
// not get to one by the name of another, nor by a connection that is older than
// the demand. Elsewhere a connection may be used for any host that its certificate
// is good for (RFC 9113, section 9.1.1).
func (h *hosts) admits(r *http.Request, p *place) bool {
	if !h.strict {
		return true
	}
	if r.TLS == nil {
		return !p.asksForCertificates()
	}
	switch p.clientAuth() {
	case tls.RequireAnyClientCert:
		if len(r.TLS.PeerCertificates) == 0 {
			return false
		}
	case tls.RequireAndVerifyClientCert:
		if len(r.TLS.VerifiedChains) == 0 {
			return false
		}
	}
	made, known := r.Context().Value(madeKey{}).(*made)
	if known && made.config != p.tls {
		return false
	}
	if r.TLS.ServerName == "" {
		return known || h.securesNameless(r, p)
	}
	name, _ := requestHost(r.TLS.ServerName)
	host, _ := requestHost(r.Host)
	return name == host
}

// securesNameless reports whether a connection for no name, at the address that r came
// to, is made as p's site demands.
func (h *hosts) securesNameless(r *http.Request, p *place) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	v := arrival{local: local}
	q := h.lookup(v.localHost(), v)
	return q != nil && q.tls == p.tls
}

// secure reports that a host is secured in another way already.
func (p *port) secure(q boundPlace) error {
	if p.keys == nil {
		p.keys = map[string][]boundPlace{}
	}
	for i, other := range p.keys[q.host] {
		switch {
		case other.tls == q.tls:
			for _, bind := range q.binds {
				if !slices.Contains(other.binds, bind) {
					other.binds = append(slices.Clip(other.binds), bind)
				}
			}
			p.keys[q.host][i] = other
			return nil
		case overlap(other.binds, q.binds), slices.Contains(other.binds, everywhere), slices.Contains(q.binds, everywhere):
			return q.errorf("port %s has other tls settings for this host, because of the site at %v", p.number, other.address.Pos)
		}
	}
	p.keys[q.host] = append(p.keys[q.host], q)
	return nil
}
