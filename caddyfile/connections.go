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
)

// A server is the http.Server on a socket, for as long as all it does is the same.
type server struct {
	*http.Server
	front  *front
	manner manner
	leaves atomic.Bool // another one is in its place

	mu    sync.Mutex
	conns map[net.Conn]*connection
	none  chan struct{} // has room for one; of conns, once it leaves
}

// serve has k be served by a server of its own from now on. The one before, if any,
// is no longer given connections, and each of those it has ends with its next
// response.
func (k *socket) serve(s *Server) (before *server) {
	p := k.port.Load()
	v := &server{
		manner: p.manner(),
		front:  &front{socket: k, closed: make(chan struct{})},
		conns:  map[net.Conn]*connection{},
		none:   make(chan struct{}, 1),
	}
	v.Server = p.httpServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.leaves.Load() {
			w.Header().Set("Connection", "close") // for HTTP/2, net/http makes a GOAWAY of it
		}
		s.serveAt(k, w, r)
	}))
	if p.scheme == "https" {
		secure(v.Server, func() *hosts { return &k.port.Load().hosts })
	}
	v.ConnContext = v.opened(v.ConnContext)
	v.ConnState = v.changed
	v.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
	s.running.Go(func() {
		var err error
		if v.manner.scheme == "https" {
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
	if !k.accepting {
		k.accepting = true
		s.running.Go(k.accept)
	}
	if before != nil {
		before.stepBack()
	}
	return before
}

// A manner is how connections are served, apart from what is looked up for each.
// The http.Server, once it serves, may no longer be asked.
type manner struct {
	scheme, protocols         string
	read, header, write, idle time.Duration
	maxHeader                 int
}

func (p *port) manner() manner {
	s := p.httpServer(nil)
	return manner{p.scheme, s.Protocols.String(), s.ReadTimeout, s.ReadHeaderTimeout, s.WriteTimeout, s.IdleTimeout, s.MaxHeaderBytes}
}

// opened returns a ConnContext that keeps account of connections.
func (v *server) opened(then func(context.Context, net.Conn) context.Context) func(context.Context, net.Conn) context.Context {
	return func(ctx context.Context, conn net.Conn) context.Context {
		c := &connection{Conn: conn}
		v.mu.Lock()
		v.conns[conn] = c
		v.mu.Unlock()
		ctx = context.WithValue(ctx, connectionKey{}, c)
		if then != nil {
			ctx = then(ctx, conn)
		}
		return ctx
	}
}

func (v *server) changed(conn net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.conns, conn)
	v.tellLocked()
}

func (v *server) tellLocked() {
	if len(v.conns) > 0 || !v.leaves.Load() {
		return
	}
	select {
	case v.none <- struct{}{}:
	default:
	}
}

// stepBack has v take no more connections, and tell those it has to end.
func (v *server) stepBack() {
	v.leaves.Store(true)
	v.front.closeOnce()
}

// leave waits, after stepBack, for v's connections to end with their next response, as
// long as ctx is not done. To close those at once that are idle would fail who is
// about to use them.
func (v *server) leave(ctx context.Context) {
	v.mu.Lock()
	v.tellLocked()
	v.mu.Unlock()
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

// cutOff ends what is being answered by a site.
func (v *server) cutOff(s *site) {
	v.mu.Lock()
	conns := make([]*connection, 0, len(v.conns))
	for _, c := range v.conns {
		conns = append(conns, c)
	}
	v.mu.Unlock()
	for _, c := range conns {
		c.cutOff(s)
	}
}

// A connection knows the sites that answer its requests, of which HTTP/2 may have
// several at once.
type connection struct {
	net.Conn
	mu   sync.Mutex
	busy []exchanged
}

type connectionKey struct{}

// exchanged is a request that is being answered.
type exchanged struct {
	site *site
	w    http.ResponseWriter
	r    *http.Request
}

func (c *connection) begin(s *site, w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = append(c.busy, exchanged{s, w, r})
}

func (c *connection) end(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.busy, func(e exchanged) bool { return e.r == r })
	c.busy = slices.Delete(c.busy, i, i+1)
}

// cutOff ends what a site is answering: a stream of HTTP/2, or else all of c.
func (c *connection) cutOff(s *site) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.busy {
		switch {
		case e.site != s:
		case e.r.ProtoMajor < 2:
			c.Close()
		default:
			_ = http.NewResponseController(e.w).SetWriteDeadline(time.Unix(1, 0))
		}
	}
}
