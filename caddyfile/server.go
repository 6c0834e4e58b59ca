package caddyfile

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// A Server is the sites of a Caddyfile. Use it either as it is, by Serve, or
// have Handler served by a server of your own between Open and Close.
type Server struct {
	config Config // without what is left to its defaults
	pool   *directive.Pool
	log    *slog.Logger
	now    atomic.Pointer[generation]
	inputs atomic.Pointer[inputs] // of the Caddyfile that was read last, whether or not it counts

	changing chan struct{} // has an element while sites are being opened or replaced

	mu       sync.Mutex
	life     context.Context // of the sites: Open's
	open     bool
	stopping bool
	closed   bool
	ended    chan struct{} // closed once all has been closed
	sockets  []*socket     // nil until there is something to listen on
	spare    []*socket     // given, and not needed
	serving  bool
	servers  sync.Map // *server: those that have not ended
	former   sync.Map // *site: those that have been replaced, and have not ended

	running sync.WaitGroup // what accepts connections
	failed  chan error     // why one of them ended
	leaving sync.WaitGroup // what is of old generations
	hurry   context.Context
	hasten  context.CancelFunc
}

func newServer(c Config) *Server {
	c.Parse.Directives = c.directives()
	c.Log = cmp.Or(c.Log, slog.Default())
	c.HTTPPort, c.HTTPSPort = cmp.Or(c.HTTPPort, "80"), cmp.Or(c.HTTPSPort, "443")
	c.Grace = cmp.Or(c.Grace, 10*time.Second)
	c.Drain = cmp.Or(c.Drain, time.Hour)
	s := &Server{
		config:   c,
		pool:     new(directive.Pool),
		log:      c.Log,
		changing: make(chan struct{}, 1),
		ended:    make(chan struct{}),
		failed:   make(chan error, 1),
	}
	s.hurry, s.hasten = context.WithCancel(context.Background())
	for _, l := range c.Listeners {
		k := newSocket(l, endpoint{})
		k.given = true
		s.spare = append(s.spare, k)
	}
	return s
}

// ErrClosed is returned when a Server is used after Close.
var ErrClosed = errors.New("caddyfile: server is closed")

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

// Open starts what the sites need: it opens their log files, for example. If
// something cannot be started, nothing is. Opening twice does nothing. Once ctx is
// done, WebSockets that are proxied are told to end. So whoever serves the Handler
// tells them by that, waits for the requests there are, and closes s. To have other
// sites in its place, see [Server.Reload].
func (s *Server) Open(ctx context.Context) error {
	defer s.change()()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.openLocked(ctx)
}

// change waits for its turn to open or replace sites. Whoever holds mu must not.
func (s *Server) change() (done func()) {
	s.changing <- struct{}{}
	return func() { <-s.changing }
}

func (s *Server) openLocked(ctx context.Context) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.open:
		return nil
	}
	if err := start(ctx, nil, s.now.Load().sites); err != nil {
		return errors.Join(err, s.closeLocked())
	}
	s.life, s.open = ctx, true
	return nil
}

// Listen opens the sites and the addresses they are on, or nothing. Requests wait
// until Serve is called. Listening twice does nothing.
func (s *Server) Listen(ctx context.Context) error {
	defer s.change()()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.openLocked(ctx); err != nil || s.sockets != nil {
		return err
	}
	g := s.now.Load()
	wanted := g.wanted()
	s.sockets, s.spare = wanted.take(nil, s.spare)
	for _, p := range g.ports {
		opened, err := p.open(ctx, s.sockets)
		if err != nil {
			return errors.Join(g.file.Explain(err), s.closeLocked())
		}
		s.sockets = append(s.sockets, opened...)
	}
	for _, k := range s.sockets {
		k.port.Store(wanted[k.at])
	}
	for _, k := range s.spare {
		s.log.Warn("there is no site where it was given a listener", "address", k.Addr().String())
	}
	return nil
}

// A Listener is an address that a Server listens on.
type Listener struct {
	Scheme string   // http or https
	Addr   net.Addr // where
	Sites  []string // whose addresses led there, as written
}

// Listeners returns where s listens, once it does.
func (s *Server) Listeners() []Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Listener
	for _, k := range s.sockets {
		p := k.port.Load()
		out := Listener{Scheme: p.scheme, Addr: k.Addr()}
		for _, q := range p.places {
			out.Sites = append(out.Sites, q.address.Text)
		}
		all = append(all, out)
	}
	return all
}

// Serve listens, if that was not done before, and serves until ctx is done. Then
// it takes no more requests, lets those in flight finish for a time of grace,
// closes s and returns nil, or what went wrong in doing so. It returns as well
// once s has been closed by [Server.Shutdown] or [Server.Close].
func (s *Server) Serve(ctx context.Context) error {
	if err := s.Listen(ctx); err != nil {
		return err
	}
	if err := s.serve(); err != nil {
		return err
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	case <-s.ended:
		s.running.Wait()
		return nil
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Grace)
	defer cancel()
	err = errors.Join(err, s.Shutdown(grace))
	s.running.Wait()
	return err
}

// serve starts a server for each socket.
func (s *Server) serve() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.stopping:
		return ErrClosed
	case s.serving:
		return nil
	}
	s.serving = true
	for _, k := range s.sockets {
		k.serve(s)
	}
	return nil
}

// Shutdown takes no more requests, lets those in flight finish until ctx is
// done, cuts off the rest and closes s.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	closeAll(s.sockets)
	closeAll(s.spare)
	s.mu.Unlock()
	var (
		all  sync.WaitGroup
		late atomic.Bool
	)
	for v := range s.servers.Range {
		all.Go(func() {
			if !v.(*server).shutdown(ctx) {
				late.Store(true)
			}
		})
	}
	all.Wait()
	if late.Load() {
		s.log.Warn("stopping: requests were cut off that took longer than they were given")
	}
	return s.Close()
}

// Close ends everything at once: it stops listening, cuts off what is in flight
// and, once that has come to its end or after a second, stops what the sites
// needed. Closing twice does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	return s.closeLocked()
}

func (s *Server) closeLocked() error {
	s.closed = true
	defer close(s.ended)
	for v := range s.servers.Range {
		v.(*server).Server.Close()
	}
	closeAll(s.sockets)
	closeAll(s.spare)
	s.sockets, s.spare = nil, nil
	s.hasten()
	last, cancel := context.WithTimeout(context.Background(), lastMoment)
	defer cancel()
	sites := s.now.Load().sites
	for _, site := range sites {
		site.inFlight.end()
	}
	for _, site := range sites {
		site.inFlight.wait(last)
	}
	err := stop(sites)
	s.leaving.Wait()
	return err
}
