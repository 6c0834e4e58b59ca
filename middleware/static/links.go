package static

import (
	"errors"
	"hash/maphash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
	"weak"
)

// Symlinks says which links are followed.
type Symlinks int

const (
	// SymlinksInside are those that lead to a place inside the root.
	SymlinksInside Symlinks = iota
	// SymlinksDeny are none: what can only be reached through a link does not exist.
	SymlinksDeny
	// SymlinksFollow are all. Whoever may make a link in the root can publish any
	// file that the server can read.
	SymlinksFollow
)

// A fact is where a name leads. It is believed for factLifetime; what keeps a
// request inside the root is os.Root, not a fact.
type fact struct {
	root    weak.Pointer[os.Root] // weak, or it would keep an old release open
	name    string
	expires int64  // in nanoseconds since started
	real    string // the name free of links; a path of the operating system if outside
	outside bool   // of the root
	mode    fs.FileMode

	scouted  atomic.Bool
	declined atomic.Uint64 // siblings that are missing or unfit, a bit for each of Config.Siblings
}

const factLifetime = time.Second

// facts are what is known, by the hash of the name. What falls on the same place
// as something older replaces it.
type facts [512]atomic.Pointer[fact]

var started = time.Now()

// look returns what is known of a name, and whether it was known before.
func (t Tree) look(name string) (f *fact, cached bool, err error) {
	slot, now := t.files.slot(t.dir, name), int64(time.Since(started))
	if f := slot.Load(); f != nil && f.name == name && now < f.expires && f.root.Value() == t.root {
		return f, true, nil
	}
	if f, err = t.find(name); err != nil {
		return nil, false, err
	}
	f.root, f.expires = weak.Make(t.root), now+int64(factLifetime)
	if servable(f.mode) {
		slot.Store(f)
	}
	return f, false, nil
}

func (f *Files) slot(dir, name string) *atomic.Pointer[fact] {
	known := f.facts.Load()
	for known == nil {
		f.facts.CompareAndSwap(nil, new(facts))
		known = f.facts.Load()
	}
	sum := maphash.String(f.seed, name) ^ maphash.String(f.seed, dir)
	return &known[sum%uint64(len(known))]
}

// forget makes the next look at a name a fresh one, from the root on.
func (f *Files) forget(name string) {
	known := f.facts.Load()
	for i := range known {
		if fact := known[i].Load(); fact != nil && strings.HasPrefix(name+"/", fact.name+"/") {
			known[i].CompareAndSwap(fact, nil)
		}
	}
}

// find goes on from the folder that a name is in, which is likely to be known.
func (t Tree) find(name string) (*fact, error) {
	dir, base := path.Split(name)
	if dir == "" {
		return t.walk(&fact{name: name, real: "."}, name)
	}
	for {
		parent, cached, err := t.look(dir[:len(dir)-1])
		if err != nil {
			return nil, err
		}
		f := &fact{name: name, real: parent.real}
		switch {
		case !parent.mode.IsDir():
			err = fs.ErrNotExist
		case parent.outside:
			f, err = t.findBeyond(f, filepath.Join(parent.real, base))
		default:
			f, err = t.walk(f, base)
		}
		changed := !parent.mode.IsDir() || parent.real != parent.name // since it was looked at, perhaps
		if err == nil || !cached || !changed || failure(err) != fs.ErrNotExist {
			return f, err
		}
		t.files.forget(parent.name)
	}
}

// walk completes f, starting in the folder f.real with what is left of a name.
func (t Tree) walk(f *fact, rest string) (*fact, error) {
	known := false // f.mode is that of f.real
	for links := 0; rest != ""; {
		var element string
		element, rest, _ = strings.Cut(rest, "/")
		switch element {
		case "", ".":
			continue
		case "..":
			if f.real == "." {
				return t.findBeyond(f, before(t.realDir()+"/..", rest))
			}
			f.real, known = path.Dir(f.real), false
			continue
		}
		next := path.Join(f.real, element)
		info, err := t.lstat(next)
		if err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			f.real, f.mode, known = next, info.Mode(), true
			continue
		}
		if links++; links > maxLinks || t.files.cfg.Symlinks == SymlinksDeny {
			return nil, fs.ErrNotExist
		}
		target, err := t.root.Readlink(filepath.FromSlash(next))
		switch {
		case err != nil:
			return nil, err
		case filepath.IsAbs(target) || os.IsPathSeparator(target[0]):
			return t.findBeyond(f, before(target, rest))
		}
		rest = before(filepath.ToSlash(target), rest)
	}
	if known {
		return f, nil
	}
	return t.stat(f)
}

// before is path.Join without path.Clean, which does not know that link/.. may
// be elsewhere.
func before(a, b string) string {
	if b == "" {
		return a
	}
	return a + "/" + b
}

// maxLinks is as many as Linux follows before it takes them for a loop.
const maxLinks = 40

// findBeyond goes on with a link that says where it leads in terms of the
// operating system. That can be a place in the root all the same, which os.Root
// would not find.
func (t Tree) findBeyond(f *fact, target string) (*fact, error) {
	real, err := filepath.EvalSymlinks(target)
	if err == nil {
		var name string
		if name, err = filepath.Rel(t.realDir(), real); err == nil && filepath.IsLocal(name) {
			f.real = filepath.ToSlash(name)
			return t.stat(f)
		}
	}
	switch {
	case t.files.cfg.Symlinks != SymlinksFollow: // whatever is there, it is nobody's business
		return nil, fs.ErrNotExist
	case errors.Is(err, fs.ErrPermission):
		return nil, err
	case err != nil: // of which one that says "too many links" has no name
		return nil, fs.ErrNotExist
	}
	info, err := os.Lstat(real)
	if err != nil {
		return nil, err
	}
	f.real, f.outside, f.mode = real, true, info.Mode()
	return f, nil
}

// stat sets f.mode to that of f.real, which is in the root.
func (t Tree) stat(f *fact) (*fact, error) {
	info, err := t.root.Lstat(filepath.FromSlash(f.real))
	if err != nil {
		return nil, err
	}
	f.mode = info.Mode()
	return f, nil
}

// lstat walks to the folder that a file is in but once a request.
func (t Tree) lstat(name string) (fs.FileInfo, error) {
	if dir, _ := path.Split(name); dir != "" && t.near != nil && t.near.root == nil {
		if err := t.near.open(t.root, dir); err != nil {
			return nil, err
		}
	}
	root, name := t.near.inside(t.root, name)
	return root.Lstat(filepath.FromSlash(name))
}

// realDir is where the root is, free of links.
func (t Tree) realDir() string {
	if real, err := filepath.EvalSymlinks(t.dir); err == nil {
		return real
	}
	return t.dir
}
