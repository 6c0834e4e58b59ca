package proxy

import (
	"io"
	"syscall"
	"time"
	"unsafe"
)

// moveWithin moves the rest of the body to w, as long as the backend never takes
// longer than d to send more.
//
// A read deadline on the connection would not do: it would also pass while a slow
// client keeps w from going on, and whether it was that or another that passed
// cannot be told. So w is only ever given as much as has arrived, for which it
// need not wait, and the waiting is done here.
func (b *body) moveWithin(w io.ReaderFrom, d time.Duration) (moved int64, err error) {
	sc, ok := b.x.c.kernel.(syscall.Conn)
	if !ok {
		return b.copyTo(w.(io.Writer))
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, b.writeFailed(err)
	}
	for b.err == nil {
		b.x.readWithin(d)
		n, err := arrived(raw)
		if err != nil {
			b.ends(err)
			return moved, b.err
		}
		b.x.readWithin(0)
		m, err := b.move(w, min(n, b.rest))
		moved += m
		if err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// arrived waits until there is something to be read and returns how much. At the
// end it returns one, for a read that finds the end or the reason.
func arrived(raw syscall.RawConn) (int64, error) {
	var n int32
	asked := false
	err := raw.Read(func(fd uintptr) bool {
		var one [1]byte
		m, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if m < 0 && (err == syscall.EAGAIN || err == syscall.EINTR) {
			return false
		}
		if m > 0 {
			_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCINQ, uintptr(unsafe.Pointer(&n)))
			asked = errno == 0
		}
		return true
	})
	if err != nil {
		return 0, err
	}
	if !asked {
		n = 1
	}
	return int64(max(n, 1)), nil
}
