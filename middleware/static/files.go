package static

import (
	"errors"
	"hash/maphash"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/shallot-http/shallot/middleware"
)

// Files are what of a folder may be seen, for a [Handler] and for layers that
// list or render the same files.
type Files struct {
	cfg    Config
	seed   maphash.Seed
	facts  atomic.Pointer[facts] // nil as long as there are no requests
	hashes sync.Map              // of files without a time, by their names
	rooms  sync.Pool             // of *[few]byte
}

// NewFiles returns the Files that c describes.
func NewFiles(c Config) *Files {
	return &Files{
		cfg:   c.complete(),
		seed:  maphash.MakeSeed(),
		rooms: sync.Pool{New: func() any { return new([few]byte) }},
	}
}

// A Tree is the state of [Files] that one request sees.
type Tree struct {
	files *Files
	root  *os.Root // or else
	fsys  fs.FS
	dir   string // where root is
	near  *near  // nil if nobody would close it
}

// For returns the Tree that r is to be served from.
func (f *Files) For(r *http.Request) Tree {
	if f.cfg.FS != nil {
		return Tree{files: f, fsys: f.cfg.FS}
	}
	root := middleware.RootOf(r, f.cfg.Root)
	return Tree{files: f, root: root.FS, dir: root.Dir}
}

// Visible reports whether a file of this name is not hidden. The name is
// relative to the root, separated by slashes, and "." for the root itself; info
// may be nil if it is not known, but files that are hidden for what they are can
// not be told then.
func (f *Files) Visible(name string, info fs.FileInfo) bool {
	return f.permits(name) && !f.hidden(name, info)
}

// hidden asks Hide about a file, and about the one it is a sibling of by its
// name: what compresses the files of a folder does not know which of them are
// not to be seen.
func (f *Files) hidden(name string, info fs.FileInfo) bool {
	hide := f.cfg.Hide
	if hide == nil || hide(name, info) {
		return hide != nil
	}
	for _, coding := range [...]string{"br", "zstd", "gzip"} {
		if original, ok := strings.CutSuffix(name, suffixOf(coding)); ok {
			return hide(original, nil)
		}
	}
	return false
}

// permits is Visible but for asking Hide about the file itself.
func (f *Files) permits(name string) bool {
	if name == "." {
		return true
	}
	for i := 0; i < len(name); {
		end := len(name)
		if n := strings.IndexByte(name[i:], '/'); n >= 0 {
			end = i + n
		}
		if !f.cfg.Dotfiles.permit(name[i:end]) {
			return false
		}
		if end < len(name) && f.cfg.Hide != nil && f.cfg.Hide(name[:end], nil) {
			return false
		}
		i = end + 1
	}
	return true
}

// Open opens a file or folder by a name as of [Files.Visible]. Its info is that
// of what was opened, whose links have been followed. The error is
// [fs.ErrNotExist] for whatever must not be seen, and makes for the right status
// with [middleware.StatusOf] otherwise.
func (t Tree) Open(name string) (fs.File, fs.FileInfo, error) {
	name, ok := nameOf(name)
	if !ok {
		return nil, nil, fs.ErrNotExist
	}
	f, err := t.open(name)
	if err != nil {
		return nil, nil, err
	}
	return f.File, f.info, nil
}

// Stat returns the info that Open would, without opening anything.
func (t Tree) Stat(name string) (info fs.FileInfo, err error) {
	name, ok := nameOf(name)
	f := found{name: name}
	switch {
	case !ok || !t.files.permits(name):
		return nil, fs.ErrNotExist
	case t.fsys != nil:
		info, err = fs.Stat(t.fsys, name)
	default:
		f.fact, err = t.reach(name, func(fact *fact) (err error) {
			if fact.outside {
				info, err = os.Lstat(fact.real)
			} else {
				info, err = t.root.Lstat(filepath.FromSlash(fact.real))
			}
			return err
		})
	}
	if err == nil && (!servable(info.Mode()) || t.hides(f, info)) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, failure(err)
	}
	return info, nil
}

// found is a file or folder that is open.
type found struct {
	fs.File
	info fs.FileInfo
	name string // by which it was asked for
	fact *fact  // nil if it is not in a Root
}

func (t Tree) open(name string) (found, error) {
	switch {
	case !t.files.permits(name):
		return found{}, fs.ErrNotExist
	case t.fsys != nil:
		return t.openFS(name)
	}
	var file *os.File
	fact, err := t.reach(name, func(fact *fact) (err error) {
		if fact.outside {
			file, err = os.OpenFile(fact.real, openFlags, 0)
		} else {
			root, name := t.near.inside(t.root, fact.real)
			file, err = root.OpenFile(filepath.FromSlash(name), openFlags, 0)
		}
		return err
	})
	if err != nil {
		return found{}, failure(err)
	}
	return t.check(found{File: file, name: name, fact: fact})
}

// reach calls use with what a name leads to. If that is gone it looks once more:
// the link may lead elsewhere now.
func (t Tree) reach(name string, use func(*fact) error) (*fact, error) {
	if t.root == nil {
		return nil, fs.ErrNotExist
	}
	for {
		f, cached, err := t.look(name)
		if err != nil {
			return nil, err
		}
		if !servable(f.mode) || f.real != name && !f.outside && !t.files.permits(f.real) {
			return nil, fs.ErrNotExist
		}
		if err = use(f); err == nil || !cached || failure(err) != fs.ErrNotExist {
			return f, err
		}
		t.files.forget(name)
	}
}

// openFS does not open what is no file: opening a pipe could take forever.
func (t Tree) openFS(name string) (found, error) {
	info, err := fs.Stat(t.fsys, name)
	if err == nil && !servable(info.Mode()) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return found{}, failure(err)
	}
	file, err := t.fsys.Open(name)
	if err != nil {
		return found{}, failure(err)
	}
	return t.check(found{File: file, name: name})
}

// check asks the file itself what it is, now that nobody can exchange it.
func (t Tree) check(f found) (found, error) {
	info, err := f.Stat()
	if err == nil && (!servable(info.Mode()) || t.hides(f, info)) {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return found{}, failure(err)
	}
	f.info = info
	return f, nil
}

func (t Tree) hides(f found, info fs.FileInfo) bool {
	return t.files.hidden(f.name, info) ||
		f.fact != nil && f.fact.real != f.name && !f.fact.outside && t.files.hidden(f.fact.real, info)
}

// servable reports whether there is anything to serve of such a file: opening
// a device may have effects, and reading from a pipe may never end.
func servable(mode fs.FileMode) bool { return mode.IsRegular() || mode.IsDir() }

// failure returns what is wrong with a file that could not be opened:
// fs.ErrNotExist itself if there is none, and a 503 if too many are open.
func failure(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || isEscape(err) {
		return fs.ErrNotExist
	}
	errno, _ := errors.AsType[syscall.Errno](err)
	switch {
	case isAbsent(errno):
		return fs.ErrNotExist
	case isExhausted(errno):
		return &exhausted{err}
	}
	return err
}

// isEscape reports whether err is that of an os.Root that was led outside, which
// has no name. It takes a link that was put there just now.
func isEscape(err error) bool {
	e, ok := errors.AsType[*fs.PathError](err)
	return ok && e.Err.Error() == "path escapes from parent"
}

// exhausted is the error of a process, or a machine, that cannot open any more
// files for the time being.
type exhausted struct{ error }

func (e *exhausted) Unwrap() error { return e.error }

// StatusCode is for [middleware.StatusOf].
func (e *exhausted) StatusCode() int { return http.StatusServiceUnavailable }
