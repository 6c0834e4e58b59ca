package middleware

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Root is the folder a site is served from. Layers that read a site's files
// read them through the Root that [RootOf] gives them, so that one request sees
// one state of the site even while it is being deployed.
type Root struct {
	// Dir is the path of the folder, absolute, for those who must name files to
	// others, as a FastCGI client must. What RootOf returns has no links in it.
	Dir string

	// FS is the folder itself; nothing opened through it lies outside. It is
	// nil while there is no such folder.
	FS *os.Root

	follow *follower // nil if it is pinned

	mu      sync.Mutex
	holders int
	retired func()
}

// NewRoot returns the Root of the folder dir. The folder need not exist yet, and
// what dir means may change, as it does when a link is pointed to a new release:
// requests that come more than a second later see the new folder.
func NewRoot(dir string) *Root {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return &Root{Dir: dir, follow: new(follower)}
}

// PinnedRoot returns the Root of the folder that dir means now.
func PinnedRoot(dir string) (*Root, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return open(abs)
}

// open opens the folder dir by the name it has without links, so that Dir and FS
// mean the same even if a link is changed in between.
func open(dir string) (*Root, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	// The slash at its end has the system make sure that it is a folder: to open a
	// pipe could take forever.
	folder, err := os.OpenRoot(strings.TrimSuffix(dir, string(filepath.Separator)) + "/")
	if err != nil {
		return nil, err
	}
	return &Root{Dir: dir, FS: folder}, nil
}

type rootKey struct{}

// WithRoot returns r with root for the one its site is served from. It is a copy:
// see [CopyBack].
func WithRoot(r *http.Request, root *Root) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), rootKey{}, root))
}

// RootOf returns the Root that r is served from: the one a layer further out
// gave it with [WithRoot], or else the state that fallback is in now.
func RootOf(r *http.Request, fallback *Root) *Root {
	if root, ok := r.Context().Value(rootKey{}).(*Root); ok {
		return root
	}
	return fallback.Now()
}

// Now returns a Root of the folder that Dir means now, give or take a second,
// and that means the same for good. A nil Root has no folder, now or ever.
func (r *Root) Now() *Root {
	switch {
	case r == nil:
		return new(Root)
	case r.follow == nil:
		return r
	}
	return r.follow.now(r.Dir)
}

// Close closes the folder that r has open. It is for when no more requests come:
// to look at a Root that [NewRoot] made opens its folder again. A Root that is
// not closed has its folder open until it is garbage, which on Windows keeps
// others from renaming or removing it.
func (r *Root) Close() error {
	switch {
	case r == nil:
		return nil
	case r.follow != nil:
		return r.follow.latest.Swap(nil).Close()
	case r.FS == nil:
		return nil
	}
	return r.FS.Close()
}

// Hold keeps r from being retired until Release, and reports whether it came in
// time: a Root that is retired already must not be used.
func (r *Root) Hold() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.retired != nil {
		return false
	}
	r.holders++
	return true
}

// Release gives up what Hold returned true for.
func (r *Root) Release() {
	r.mu.Lock()
	r.holders--
	last := r.holders == 0 && r.retired != nil
	r.mu.Unlock()
	if last {
		r.retired()
	}
}

// Retire has done called once nobody holds r any more, which may be at once.
// It is for the owner of a release that another has taken the place of; only
// the first call counts.
func (r *Root) Retire(done func()) {
	r.mu.Lock()
	first := r.retired == nil
	if first {
		r.retired = done
	}
	idle := first && r.holders == 0
	r.mu.Unlock()
	if idle {
		done()
	}
}

// A follower knows the folder that a path means.
type follower struct {
	latest  atomic.Pointer[Root]
	checked atomic.Int64 // when, in nanoseconds since started
}

// followInterval is how long a Root goes without looking whether another folder
// has taken its place.
const followInterval = time.Second

var started = time.Now()

func (f *follower) now(dir string) *Root {
	latest := f.latest.Load()
	checked, now := f.checked.Load(), int64(time.Since(started))
	fresh := latest != nil && now-checked < int64(followInterval)
	if fresh || !f.checked.CompareAndSwap(checked, now) && latest != nil {
		return latest // or somebody else is looking just now
	}
	if latest != nil && latest.FS != nil && sameFolder(latest.FS, dir) {
		return latest
	}
	// The one before is closed by the runtime when the last request that works
	// with it is done.
	opened, err := open(dir)
	switch {
	case err == nil:
	case latest != nil && latest.FS != nil && (errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)):
		return latest // what can be opened is only what is open, until there is room again
	default:
		opened = &Root{Dir: dir} // missing, or not to be opened: there is nothing to serve
	}
	if latest == nil && !f.latest.CompareAndSwap(nil, opened) {
		if first := f.latest.Load(); first != nil {
			opened.Close()
			return first
		}
	}
	f.latest.Store(opened)
	return opened
}

func sameFolder(open *os.Root, dir string) bool {
	was, err := open.Stat(".")
	if err != nil {
		return false
	}
	is, err := os.Stat(dir)
	return err == nil && os.SameFile(was, is)
}
