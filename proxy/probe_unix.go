//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package proxy

import (
	"net"
	"syscall"
)

// resumable is whether a write whose time was up tells how much was taken.
const resumable = true

// A probe looks at a connection without reading from it. It is made once for a
// connection, so that a look allocates nothing.
type probe struct {
	raw  syscall.RawConn
	look func(fd uintptr)
	n    int
	err  error
	one  [1]byte
	question
}

func (p *probe) attach(c net.Conn) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	p.raw = raw
	p.look = p.peek
	p.put = p.ask
}

func (p *probe) peek(fd uintptr) {
	// The descriptor does not block; MSG_DONTWAIT is for whoever changed that.
	p.n, _, p.err = syscall.Recvfrom(int(fd), p.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
}

func (p *probe) sawNothing() bool {
	return p.n <= 0 && (p.err == syscall.EAGAIN || p.err == syscall.EWOULDBLOCK || p.err == syscall.EINTR)
}

// sees reports whether there is a connection that can be looked at.
func (p *probe) sees() bool { return p.raw != nil }

// silent reports whether there is neither anything to read nor an end. Control
// rather than Read, so that no deadline is in the way.
func (p *probe) silent() bool {
	if p.raw == nil {
		return true // there is no telling
	}
	if p.raw.Control(p.look) != nil {
		return false
	}
	return p.sawNothing()
}

// reset reports whether the other side has broken the connection off: then there
// is no other side any more, as there is after a mere end.
func (p *probe) reset() bool {
	if p.raw == nil {
		return false
	}
	var err error
	if p.raw.Control(func(fd uintptr) { _, err = syscall.Getpeername(int(fd)) }) != nil {
		return false
	}
	return err != nil
}
