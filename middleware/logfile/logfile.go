package logfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/DeRuina/timberjack"
)

// Names of files that are none: what is written goes to the process's own output.
const (
	Stdout = "stdout"
	Stderr = "stderr"
)

// Config says which file a log is written to. The zero Config is the standard
// error output.
type Config struct {
	// Name is the path of the file, or Stdout, or Stderr. "" is Stderr; a file
	// called stdout is ./stdout. Start makes the file, and its folder, if there is
	// none, and appends to it if there is one.
	Name string

	// Mode is the mode of a file that is made, before umask. Zero is 0644, as in
	// Caddy 0.7.1.
	Mode fs.FileMode

	Rotation
}

// Rotation says when a file is put aside and another begun, and what becomes of
// it. The zero Rotation is Caddy 1's.
type Rotation struct {
	MaxSizeMB  int  // size of a file in units of 1024*1024 bytes; 0 is 100
	MaxAgeDays int  // days until a file that was put aside is removed; 0 is 14, negative is never
	Keep       int  // how many are kept; 0 is 10, negative is all
	Compress   bool // with gzip
	NoRotation bool // the file is left to grow
}

// A File is a file that a log is written to. All its methods may be called at any
// time and by several goroutines at once.
type File struct {
	name string
	mode fs.FileMode

	changing sync.Mutex // held while it is opened or closed, which may take long

	mu       sync.RWMutex   // held to read by those who write records
	w        io.WriteCloser // nil unless started
	rotation Rotation       // changed while changing is held, too

	torn atomic.Bool // the last record was written in part

	lost losses
	uses uses
}

// New returns the file of c. It opens nothing: that is for Start.
func New(c Config) *File {
	f := &File{name: cmp.Or(c.Name, Stderr), mode: cmp.Or(c.Mode, 0o644), rotation: c.Rotation}
	if !f.isStream() {
		f.name = absolute(f.name)
	}
	return f
}

// Name returns the absolute path of the file, or Stdout, or Stderr.
func (f *File) Name() string { return f.name }

// Start opens the file, so that whatever is wrong with it is known now. For a pipe it
// waits up to two seconds, or until ctx is done, for somebody to read it.
func (f *File) Start(ctx context.Context) error {
	f.changing.Lock()
	defer f.changing.Unlock()
	if f.writer() != nil {
		return nil
	}
	return f.open(ctx)
}

// Reopen opens the file again by its name, which may now be that of another one.
// If that fails, what is written still goes to the file that was open. It does
// nothing before Start.
func (f *File) Reopen() error {
	f.changing.Lock()
	defer f.changing.Unlock()
	if f.writer() == nil {
		return nil
	}
	return f.open(context.Background())
}

// Close closes the file. Its error tells of records lost, too.
func (f *File) Close() error {
	f.changing.Lock()
	defer f.changing.Unlock()
	return f.lost.report(f.name, f.replace(nil))
}

// Write appends a record. One that is written before Start or after Close is
// lost, and [os.ErrClosed] returned. One that is longer than a file may be goes on
// in the next.
func (f *File) Write(record []byte) (int, error) {
	line := record
	if f.torn.Load() && f.torn.Swap(false) { // lest what is left of one record spoils another
		line = slices.Concat([]byte("\n"), record)
	}
	n, err := f.write(line)
	if err != nil && n == 0 && !f.isStream() {
		n, err = f.writeAlone(line)
	}
	n -= len(line) - len(record)
	if err != nil {
		f.torn.Store(n != 0)
		return max(n, 0), f.lost.add(err)
	}
	return n, nil
}

// write writes while others do.
func (f *File) write(line []byte) (int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.w == nil {
		return 0, f.closed()
	}
	return f.w.Write(line)
}

// writeAlone writes what could not be written: because it is too long for a file,
// or because the file could not be rotated. Nobody else may write meanwhile, for
// what rotates neither appends nor expects others to.
func (f *File) writeAlone(line []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.w == nil {
		return 0, f.closed()
	}
	for piece := range slices.Chunk(line, f.rotation.size()<<20) {
		m, err := f.w.Write(piece)
		if err != nil && m == 0 {
			m, err = f.appendTo(piece)
		}
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (f *File) closed() error {
	return &fs.PathError{Op: "write", Path: f.name, Err: os.ErrClosed}
}

// Lost returns the number of records that could not be written.
func (f *File) Lost() int64 { return f.lost.n.Load() }

// open opens the file, again if it is open.
func (f *File) open(ctx context.Context) error {
	switch f.name {
	case Stdout:
		return f.replace(stream{os.Stdout})
	case Stderr:
		return f.replace(stream{os.Stderr})
	}
	if err := os.MkdirAll(filepath.Dir(f.name), 0o755); err != nil {
		return fmt.Errorf("opening log file: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, pipeWait, errUnread)
	defer cancel()
	for {
		file, err := f.openFile(ctx)
		if err != nil {
			return fmt.Errorf("opening log file: %w", err)
		}
		info, err := file.Stat()
		if err != nil || !info.Mode().IsRegular() || f.rotation.NoRotation { // /dev/null must not be renamed
			return errors.Join(err, f.replace(file))
		}
		moved, err := f.replaceUnlessMoved(file, info)
		if moved {
			file.Close()
			continue
		}
		// What wrote to it before has ended, so that no two of them compress or remove
		// the same files. The new one gives its files the mode of the one there is.
		return errors.Join(err, f.replace(f.rotation.writer(f.name)))
	}
}

// replace has records written to w, and closes what they were written to so far.
func (f *File) replace(w io.WriteCloser) error {
	f.mu.Lock()
	return f.replaceAndUnlock(w)
}

// replaceUnlessMoved is replace, unless file has been put aside since it was
// opened: what is written to it then would be compressed in part, and removed.
func (f *File) replaceUnlessMoved(file *os.File, opened fs.FileInfo) (moved bool, err error) {
	f.mu.Lock()
	if named, err := os.Stat(f.name); err != nil || !os.SameFile(named, opened) {
		f.mu.Unlock()
		return true, nil
	}
	return false, f.replaceAndUnlock(file)
}

func (f *File) replaceAndUnlock(w io.WriteCloser) error {
	before := f.w
	f.w = w
	f.mu.Unlock() // before what may take long
	if before == nil {
		return nil
	}
	return before.Close()
}

func (f *File) writer() io.Writer {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.w
}

func (f *File) appendTo(record []byte) (int, error) {
	now, cancel := context.WithDeadlineCause(context.Background(), time.Time{}, errUnread)
	defer cancel()
	file, err := f.openFile(now)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.Write(record)
}

func (f *File) isStream() bool { return f.name == Stdout || f.name == Stderr }

func (r Rotation) writer(name string) io.WriteCloser {
	limit := func(n, byDefault int) int { return max(cmp.Or(n, byDefault), 0) } // 0 is none
	compression := "none"
	if r.Compress {
		compression = "gzip"
	}
	return &timberjack.Logger{
		Filename:    name,
		MaxSize:     r.size(),
		MaxAge:      limit(r.MaxAgeDays, 14),
		MaxBackups:  limit(r.Keep, 10),
		Compression: compression,
	}
}

// size is that of a file in units of 1024*1024 bytes.
func (r Rotation) size() int { return max(cmp.Or(r.MaxSizeMB, 100), 1) }

// absolute returns the path of a file such that two names of one file are the
// same, as far as that can be known of a file that need not exist.
func absolute(name string) string {
	abs, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		return filepath.Join(dir, filepath.Base(abs))
	}
	return abs
}

// A stream is not for us to close.
type stream struct{ io.Writer }

func (stream) Close() error { return nil }
