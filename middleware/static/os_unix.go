//go:build unix

package static

import (
	"errors"
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
