package caddyfile

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// An endpoint is an address to listen on. The host is one of port.listen, but for
// localhost, in whose place are its addresses.
type endpoint struct{ host, number string }

func (e endpoint) String() string { return net.JoinHostPort(e.host, e.number) }

// A socket is what listens on an endpoint, for as long as there is a site there.
// What is served on it may change: requests look up what it is.
type socket struct {
	net.Listener
	at   endpoint
	port atomic.Pointer[port]

	// Connections go to whichever server is there, so that one can follow another
	// while nobody is turned away.
	accepted chan accepted
	closed   chan struct{}
	closing  sync.Once
	server   *server
}

type accepted struct {
	net.Conn
	err error
}

func newSocket(l net.Listener, at endpoint, p *port) *socket {
	k := &socket{Listener: l, at: at, accepted: make(chan accepted), closed: make(chan struct{})}
	k.port.Store(p)
	return k
}

func (k *socket) accept() {
	for {
		conn, err := k.Listener.Accept()
		select {
		case k.accepted <- accepted{conn, err}:
		case <-k.closed:
			if err == nil {
				conn.Close()
			}
			return
		}
		if e, ok := errors.AsType[net.Error](err); err != nil && !(ok && e.Timeout()) && !isTemporary(err) {
			return
		}
	}
}

// isTemporary reports whether it is of use to accept again, as net/http has it.
func isTemporary(err error) bool {
	e, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && e.Temporary()
}

// Close stops listening. What has been accepted goes on.
func (k *socket) Close() error {
	err := net.ErrClosed
	k.closing.Do(func() {
		close(k.closed)
		err = k.Listener.Close()
	})
	return err
}

// A server is the http.Server on a socket, for as long as all it does is the same.
type server struct {
	*http.Server
	front  *front
	leaves atomic.Bool // another one is in its place
	conns  atomic.Int64
	none   chan struct{} // has room for one; of conns, once it leaves
}

// serve has k served by a server of its own from now on. The one before, if any, is
// no longer given connections, and each of those it has ends with its next response.
func (k *socket) serve(s *Server) (before *server) {
	v := &server{front: &front{socket: k, closed: make(chan struct{})}, none: make(chan struct{}, 1)}
	v.Server = k.port.Load().httpServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.leaves.Load() {
			w.Header().Set("Connection", "close") // for HTTP/2, net/http makes a GOAWAY of it
		}
		s.serveAt(k, w, r)
	}))
	v.ConnState = v.count
	v.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
	if k.port.Load().scheme == "https" {
		secure(v.Server, func() *hosts { return &k.port.Load().hosts })
	}
	s.running.Go(func() {
		var err error
		if v.TLSConfig != nil {
			err = v.ServeTLS(v.front, "", "")
		} else {
			err = v.Serve(v.front)
		}
		if !errors.Is(err, http.ErrServerClosed) && !v.front.isClosed() {
			select {
			case s.failed <- err:
			default: // one is enough
			}
		}
	})
	s.servers.Store(v, nil)
	before, k.server = k.server, v
	if before == nil {
		s.running.Go(k.accept)
	} else {
		before.front.closeOnce()
	}
	return before
}

func (v *server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		v.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		if v.conns.Add(-1) == 0 && v.leaves.Load() {
			v.tell()
		}
	}
}

func (v *server) tell() {
	select {
	case v.none <- struct{}{}:
	default:
	}
}

// leave lets v's connections end with their next response, as long as ctx is not
// done. To close those at once that are idle would fail who is about to use them.
func (v *server) leave(ctx context.Context) {
	v.leaves.Store(true)
	if v.conns.Load() == 0 {
		v.tell()
	}
	select {
	case <-v.none:
	case <-ctx.Done():
	}
	v.shutdown(ctx)
}

// shutdown lets the requests finish that v has, until ctx is done, and reports
// whether they did.
func (v *server) shutdown(ctx context.Context) bool {
	if v.Shutdown(ctx) == nil {
		return true
	}
	v.Server.Close() // who is late has had its grace
	return false
}

// does reports whether v serves as p has it done, apart from what is looked up.
func (v *server) does(p *port) bool {
	w := p.httpServer(nil)
	return v.ReadTimeout == w.ReadTimeout && v.ReadHeaderTimeout == w.ReadHeaderTimeout &&
		v.WriteTimeout == w.WriteTimeout && v.IdleTimeout == w.IdleTimeout && v.MaxHeaderBytes == w.MaxHeaderBytes &&
		(v.TLSConfig != nil) == (p.scheme == "https") && v.Protocols.String() == w.Protocols.String()
}

// A front is a socket as one server sees it, which closes it for itself only.
type front struct {
	*socket
	closed chan struct{}
	once   sync.Once
}

// Accept implements [net.Listener].
func (f *front) Accept() (net.Conn, error) {
	select {
	case a := <-f.accepted:
		return a.Conn, a.err
	case <-f.closed:
	case <-f.socket.closed:
	}
	return nil, net.ErrClosed
}

// Close implements [net.Listener].
func (f *front) Close() error {
	f.closeOnce()
	return nil
}

func (f *front) closeOnce() { f.once.Do(func() { close(f.closed) }) }

func (f *front) isClosed() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}
