package static

import (
	"errors"
	"os"
	"syscall"
)

const openFlags = syscall.O_RDONLY

// Errors of Windows that package syscall does not name.
const (
	errTooManyOpenFiles syscall.Errno = 4
	errInvalidName      syscall.Errno = 123
	errBadPathname      syscall.Errno = 161
	errFilenameTooLong  syscall.Errno = 206
	errDirectory        syscall.Errno = 267
)

// isAbsent reports whether errno says that there is no such file, or that there
// cannot be one.
func isAbsent(errno syscall.Errno) bool {
	switch errno {
	case syscall.ERROR_FILE_NOT_FOUND, syscall.ERROR_PATH_NOT_FOUND, syscall.ELOOP, syscall.EINVAL,
		errInvalidName, errBadPathname, errFilenameTooLong, errDirectory:
		return true
	}
	return false
}

func isExhausted(errno syscall.Errno) bool { return errno == errTooManyOpenFiles }

// isClientGone reports whether err is that of a connection nobody reads from.
func isClientGone(err error) bool {
	return errors.Is(err, syscall.WSAECONNRESET) || errors.Is(err, syscall.WSAECONNABORTED)
}

// unrooted returns dir: what ReadDir gets of entries here says all there is of
// them.
func unrooted(dir *os.File) (*os.File, error) { return dir, nil }
