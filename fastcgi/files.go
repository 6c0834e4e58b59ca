package fastcgi

import (
	"errors"
	"hash/maphash"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"weak"

	"github.com/shallot-http/shallot/middleware"
)

// A kind is what a name stands for.
type kind uint8

const (
	missing kind = iota // or not to be opened, or outside of the root
	regular
	folder
	special // a pipe, a device, a socket

	// What is outside of the root, where a link leads: no script, but the next handler
	// may have been told to follow it.
	regularBeyond
	folderBeyond
)

func (k kind) isFile() bool { return k == regular || k == regularBeyond }

func (k kind) isFolder() bool { return k == folder || k == folderBeyond }

// Files are what is known of the scripts of a site.
type files struct {
	seed  maphash.Seed
	facts [512]atomic.Pointer[fact] // by the hash of the name
}

// A fact is what was found behind a name. It is believed for factLifetime. What it
// saves is a walk from the root for each name that is tried.
type fact struct {
	root    weak.Pointer[os.Root] // weak, or it would keep an old release open
	name    string
	expires int64 // in nanoseconds since started
	kind    kind
}

const factLifetime = time.Second

var started = time.Now()

func newFiles() *files { return &files{seed: maphash.MakeSeed()} }

// A tree is the state of the files that one request sees.
type tree struct {
	files *files
	root  *os.Root // nil if there is none
	dir   string
}

func (f *files) of(root *middleware.Root) tree { return tree{f, root.FS, root.Dir} }

// look returns what is behind a name that begins with a slash. It fails only if
// that cannot be found out for now.
func (t tree) look(name string) (kind, error) {
	switch {
	case t.root == nil, len(name) > longest, strings.Count(name, "/") > deepest,
		runtime.GOOS == "windows" && !plainOnWindows(name):
		return missing, nil
	case name == "/":
		return folder, nil
	}
	slot := &t.files.facts[maphash.String(t.files.seed, name)%uint64(len(t.files.facts))]
	now := int64(time.Since(started))
	if f := slot.Load(); f != nil && now < f.expires && f.name == name && f.root.Value() == t.root {
		return f.kind, nil
	}
	k, err := t.stat(name)
	if err != nil {
		return missing, err
	}
	slot.Store(&fact{weak.Make(t.root), strings.Clone(name), now + int64(factLifetime), k})
	return k, nil
}

// Names beyond these limits are refused before any work is done for them. Most
// systems do not have longer ones, and os.Root does not walk deeper.
const (
	longest = 4096
	deepest = 255
)

func (t tree) stat(name string) (kind, error) {
	info, err := t.root.Stat(filepath.FromSlash(name[1:]))
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return missing, exhausted{err}
	case isEscape(err):
		return t.statBeyond(name), nil
	case err != nil:
		return missing, nil
	case info.IsDir():
		return folder, nil
	case info.Mode().IsRegular():
		return regular, nil
	}
	return special, nil
}

// isEscape reports whether err is that of an os.Root that was led outside, which
// has no name. So are links that are absolute, wherever they lead.
func isEscape(err error) bool {
	e, ok := errors.AsType[*fs.PathError](err)
	return ok && e.Err.Error() == "path escapes from parent"
}

func (t tree) statBeyond(name string) kind {
	info, err := os.Stat(filepath.Join(t.dir, filepath.FromSlash(name)))
	switch {
	case err != nil:
		return missing
	case info.IsDir():
		return folderBeyond
	case info.Mode().IsRegular():
		return regularBeyond
	}
	return special
}

// exhausted is the error of a process, or a machine, that cannot open any more
// files for the time being.
type exhausted struct{ error }

func (e exhausted) Unwrap() error { return e.error }

// StatusCode is for [middleware.StatusOf].
func (exhausted) StatusCode() int { return http.StatusServiceUnavailable }

// plainOnWindows reports whether every element of a name stands for the file of
// that name on Windows, which knows files by other names as well.
func plainOnWindows(name string) bool {
	if strings.ContainsAny(name, `\:`) { // a separator; a stream of a file, or a drive
		return false
	}
	for element := range strings.SplitSeq(name, "/") {
		if strings.HasSuffix(element, ".") || strings.HasSuffix(element, " ") || isShortName(element) {
			return false
		}
	}
	return filepath.IsLocal(filepath.FromSlash(name[1:])) // which a device is not
}

// isShortName reports whether an element may be an alias in the 8.3 form, such
// as INDEX~1.PHP.
func isShortName(element string) bool {
	_, after, ok := strings.Cut(element, "~")
	return ok && len(element) <= 12 && after != "" && '0' <= after[0] && after[0] <= '9'
}

// ignoresCase says whether file systems here commonly know a file by its name in
// other cases, too.
const ignoresCase = runtime.GOOS == "windows" || runtime.GOOS == "darwin"

// open opens the regular file of a name, which is relative, in root.
func open(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	if root == nil {
		return nil, nil, fs.ErrNotExist
	}
	// To open a pipe could take forever.
	info, err := root.Stat(filepath.FromSlash(name))
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}
