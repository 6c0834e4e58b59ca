package caddyfile

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// A Server is the sites of a Caddyfile. Use it either as it is, by Serve, or
// have Handler served by a server of your own between Open and Close.
type Server struct {
	sites   []*site
	ports   []*port
	all     *hosts // of every port
	unknown middleware.Handler
	pool    *directive.Pool
	log     *slog.Logger
	grace   time.Duration

	mu       sync.Mutex
	open     bool
	closed   bool
	ended    chan struct{} // closed once all has been closed
	serving  []*http.Server
	inFlight *inFlight
	listened []listened
}

type listened struct {
	*port
	net.Listener
}

// ErrClosed is returned when a Server is used after Close.
var ErrClosed = errors.New("caddyfile: server is closed")

// Handler returns what serves the sites, chosen by the host, and the path, of
// their addresses. Of several that differ in their port only, it is the one on
// the port that a request came in at, or else the first in the file. Where your
// server listens is up to you: if others than this machine can reach it they can
// ask for a site named localhost as well.
func (s *Server) Handler() http.Handler {
	numbers := map[string]*hosts{}
	for _, p := range s.ports {
		numbers[p.number] = &p.hosts
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && len(numbers) > 1 {
			if _, number, err := net.SplitHostPort(addr.String()); err == nil && numbers[number] != nil {
				s.dispatch(numbers[number], w, r)
				return
			}
		}
		s.dispatch(s.all, w, r)
	})
}

func (s *Server) dispatch(hosts *hosts, w http.ResponseWriter, r *http.Request) {
	p := hosts.find(r)
	if p != nil && hosts.admits(r, p) {
		p.handler.ServeHTTP(w, r)
		return
	}
	unknown := s.unknown
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
// replaces it without a loss by the next one: open that, send it the requests from
// then on, cancel the old one's ctx, wait for the requests it has, and close it.
func (s *Server) Open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.openLocked(ctx)
}

func (s *Server) openLocked(ctx context.Context) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.open:
		return nil
	}
	for _, site := range s.sites {
		if err := site.start(ctx); err != nil {
			return errors.Join(err, s.closeLocked())
		}
	}
	s.open = true
	return nil
}

// Listen opens the sites and the addresses they are on, or nothing. Requests wait
// until Serve is called. Listening twice does nothing.
func (s *Server) Listen(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.openLocked(ctx); err != nil || s.listened != nil {
		return err
	}
	for _, p := range s.ports {
		listeners, err := p.open(ctx)
		if err != nil {
			return errors.Join(err, s.closeLocked())
		}
		for _, l := range listeners {
			s.listened = append(s.listened, listened{p, l})
		}
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
	for _, l := range s.listened {
		out := Listener{Scheme: l.scheme, Addr: l.Addr()}
		for _, q := range l.places {
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
	var running sync.WaitGroup
	failed, err := s.serve(&running)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	case <-s.ended:
		running.Wait()
		return nil
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	err = errors.Join(err, s.Shutdown(grace))
	running.Wait()
	return err
}

// serve starts a server for each listener. What makes one of them end before it
// is told to can be received from failed.
func (s *Server) serve(running *sync.WaitGroup) (failed <-chan error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	failures := make(chan error, len(s.listened))
	for _, l := range s.listened {
		server := l.httpServer(s.listenerHandler(&l.hosts))
		if l.scheme == "https" {
			secure(server, func() *hosts { return &l.hosts })
		}
		server.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
		s.serving = append(s.serving, server)
		running.Go(func() {
			var err error
			if server.TLSConfig != nil {
				err = server.ServeTLS(l.Listener, "", "")
			} else {
				err = server.Serve(l.Listener)
			}
			if !errors.Is(err, http.ErrServerClosed) {
				failures <- err
			}
		})
	}
	return failures, nil
}

func (s *Server) listenerHandler(hosts *hosts) http.Handler {
	return s.inFlight.count(func(w http.ResponseWriter, r *http.Request) { s.dispatch(hosts, w, r) })
}

// Shutdown takes no more requests, lets those in flight finish until ctx is
// done, cuts off the rest and closes s.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	serving := s.serving
	s.mu.Unlock()
	var (
		all  sync.WaitGroup
		late atomic.Bool
	)
	for _, server := range serving {
		all.Go(func() {
			if server.Shutdown(ctx) != nil {
				server.Close() // who is late has had its grace
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
	for _, server := range s.serving {
		server.Close()
	}
	for _, l := range s.listened {
		l.Close()
	}
	s.listened = nil
	s.inFlight.wait()
	var errs []error
	for _, site := range slices.Backward(s.sites) {
		errs = append(errs, site.stop())
	}
	return errors.Join(errs...)
}
