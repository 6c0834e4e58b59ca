package caddyfile

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

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
