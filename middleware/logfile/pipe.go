package logfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"time"
)

// pipeWait is how long a pipe may take to be read by somebody: who reads it may be
// started together with who writes to it.
const pipeWait = 2 * time.Second

var errUnread = errors.New("nobody reads this pipe")

// openFile opens the file to append to it. To open a pipe that nobody reads would
// wait for good, and so would a reload and whoever is to end all of it: it fails
// if nobody does until ctx is done.
func (f *File) openFile(ctx context.Context) (*os.File, error) {
	flags := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	info, err := os.Stat(f.name)
	isPipe := err == nil && info.Mode()&fs.ModeNamedPipe != 0 && runtime.GOOS != "windows"
	if isPipe {
		flags |= syscall.O_NONBLOCK
	}
	again := time.NewTicker(pipeWait / 100)
	defer again.Stop()
	for {
		file, err := os.OpenFile(f.name, flags, f.mode)
		if !isPipe || !errors.Is(err, syscall.ENXIO) {
			return file, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, &fs.PathError{Op: "open", Path: f.name, Err: context.Cause(ctx)}
		}
	}
}
