//go:build unix

package static

import (
	"errors"
	"os"
	"syscall"
)

// openFlags keep the opening of a pipe or a terminal, should one have taken the
// place of a file just now, from having consequences.
const openFlags = syscall.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY

// isAbsent reports whether errno says that there is no such file, or that there
// cannot be one: the last three are of sockets and devices.
func isAbsent(errno syscall.Errno) bool {
	switch errno {
	case syscall.ENOENT, syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.EINVAL, syscall.EILSEQ,
		syscall.ENXIO, syscall.ENODEV, syscall.EOPNOTSUPP:
		return true
	}
	return false
}

func isExhausted(errno syscall.Errno) bool {
	return errno == syscall.EMFILE || errno == syscall.ENFILE
}

// isClientGone reports whether err is that of a connection nobody reads from.
func isClientGone(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// unrooted returns a file of the same folder. Since Go 1.26.1 the ReadDir of one
// that was opened in an [os.Root] looks at every entry, which takes as long as all
// the rest. It is safe as long as nobody asks an entry for its Info.
func unrooted(dir *os.File) (*os.File, error) {
	conn, err := dir.SyscallConn()
	if err != nil {
		return nil, err
	}
	var (
		fd     int
		failed error
	)
	err = conn.Control(func(old uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, failed = syscall.Dup(int(old)); failed == nil {
			syscall.CloseOnExec(fd)
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), dir.Name()), nil
}
