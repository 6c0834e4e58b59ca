package caddyfile

import (
	"net/http"

	"github.com/shallot-http/shallot/middleware"
)

// Handler returns what serves the sites, chosen by the host, and the path, of
// their addresses. Of several that differ in their port only, it is the one on
// the port that a request came in at, or else the first in the file. Where your
// server listens is up to you: if others than this machine can reach it they can
// ask for a site named localhost as well. For sites with TLS it has to be a server
// with [Server.TLSConfig].
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			g := s.now.Load()
			if s.dispatch(g.hostsFor(r), w, r, func() bool { return s.now.Load() == g }) {
				return
			}
		}
	})
}

// serveAt answers a request that came in at k.
func (s *Server) serveAt(k *socket, w http.ResponseWriter, r *http.Request) {
	for {
		p := k.port.Load()
		if s.dispatch(&p.hosts, w, r, func() bool { return k.port.Load() == p }) {
			return
		}
	}
}

// dispatch answers a request, unless its site has ended in the meantime and there is
// another table to look it up in.
func (s *Server) dispatch(hosts *hosts, w http.ResponseWriter, r *http.Request, isCurrent func() bool) bool {
	p := hosts.find(r)
	switch {
	case p == nil || !hosts.admits(r, p):
		s.refuse(p, w, r)
		return true
	case p.site.inFlight.enter():
		defer p.site.inFlight.leave()
		if c, ok := r.Context().Value(connectionKey{}).(*connection); ok {
			c.begin(p.site, w, r)
			defer c.end(r)
		}
	case !isCurrent():
		return false
	}
	p.handler.ServeHTTP(w, r)
	return true
}

// refuse answers a request that is for no place, or not for the one it names.
func (s *Server) refuse(p *place, w http.ResponseWriter, r *http.Request) {
	unknown := s.config.UnknownHost
	if unknown == nil || p != nil {
		unknown = middleware.Status(http.StatusNotFound)
		if r.TLS != nil || p != nil {
			unknown = middleware.Status(http.StatusMisdirectedRequest)
		}
	}
	middleware.Edge{Log: s.log}.Handler(unknown).ServeHTTP(w, r)
}
