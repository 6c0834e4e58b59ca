package caddyfile

import (
	"errors"
	"net"
	"net/netip"
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
	at    endpoint
	port  atomic.Pointer[port]
	given bool // by Config.Listeners; it is not to be closed before all is

	// Connections go to whichever server is there, so that one can follow another
	// while nobody is turned away.
	accepted  chan accepted
	accepting bool
	closed    chan struct{}
	closing   sync.Once
	server    *server // nil if it is not served
}

type accepted struct {
	net.Conn
	err error
}

func newSocket(l net.Listener, at endpoint) *socket {
	return &socket{Listener: l, at: at, accepted: make(chan accepted), closed: make(chan struct{})}
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

// isAt reports whether what was given to be listened on is an endpoint.
func (k *socket) isAt(e endpoint) bool {
	host, number, err := net.SplitHostPort(k.Addr().String())
	if err != nil || number != e.number {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = everywhere
	}
	return canonicalBind(host) == e.host
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
