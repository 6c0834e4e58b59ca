//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fastcgi

import (
	"net"
	"syscall"
)

// resumable is whether a write whose time was up tells how much was taken.
const resumable = true

// A peek looks at a connection without reading from it. It is made once for a
// connection, so that a look allocates nothing.
type peek struct {
	raw  syscall.RawConn
	look func(fd uintptr)
	n    int
	err  error
	one  [1]byte
}

func (p *peek) attach(c net.Conn) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	p.raw = raw
	p.look = func(fd uintptr) {
		p.n, _, p.err = syscall.Recvfrom(int(fd), p.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	}
}

// silent reports whether there is neither anything to read nor an end. Control
// rather than Read, so that no deadline is in the way.
func (p *peek) silent() bool {
	if p.raw == nil {
		return true // there is no telling
	}
	if p.raw.Control(p.look) != nil {
		return false
	}
	return p.n <= 0 && (p.err == syscall.EAGAIN || p.err == syscall.EWOULDBLOCK || p.err == syscall.EINTR)
}
