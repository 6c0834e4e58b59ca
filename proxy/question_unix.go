//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package proxy

import (
	"io"
	"net"
	"os"
	"syscall"
)

// A question is a request that is written, and the first of what is read then, by
// one turn of [syscall.RawConn]: a look whether the connection is silent, the write,
// a wait and a read. By four turns there would also be a read that is bound to come
// too early.
type question struct {
	put     func(fd uintptr) bool
	request []byte
	answer  []byte // where it goes
	sent    int
	asked   bool // all of it was written
	stale   bool // the connection was not silent, and nothing was written
}

// askFirst writes request and waits for some of the answer, unless the connection is
// stale. It returns how much was written, and read. If not all was written and there
// is no error, the rest has to be.
func (p *probe) askFirst(request, answer []byte) (sent, got int, stale bool, err error) {
	p.request, p.answer, p.sent, p.asked, p.stale = request, answer, 0, false, false
	p.n, p.err = 0, nil
	err = p.raw.Read(p.put)
	p.request, p.answer = nil, nil
	if err == nil {
		err = p.err
	}
	return p.sent, max(p.n, 0), p.stale, err
}

// ask is called once to begin with, and then whenever there may be something to read.
// What comes after the beginning is not missed: RawConn.Read forgets earlier events,
// but before the look.
func (p *probe) ask(fd uintptr) bool {
	if p.asked {
		return p.hear(fd)
	}
	if p.peek(fd); !p.sawNothing() {
		p.stale, p.n, p.err = true, 0, nil
		return true
	}
	p.n, p.err = 0, nil
	n, err := again(func() (int, error) { return syscall.Write(int(fd), p.request) })
	switch {
	case err == syscall.EAGAIN:
		return true
	case err != nil:
		p.err = failedCall("write", err)
		return true
	}
	p.sent = n
	p.asked = n == len(p.request)
	return !p.asked
}

func (p *probe) hear(fd uintptr) bool {
	n, err := again(func() (int, error) { return syscall.Read(int(fd), p.answer) })
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil:
		p.err = failedCall("read", err)
	case n == 0:
		p.err = io.EOF
	}
	p.n = n
	return true
}

func again(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); err != syscall.EINTR {
			return n, err
		}
	}
}

func failedCall(name string, err error) error {
	return &net.OpError{Op: name, Err: os.NewSyscallError(name, err)}
}
