package directive

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Hide keeps a file from being served by any layer of any site that shares s's
// pool, even if it lies below its root: a log, a key, the Caddyfile. The last
// element of name may be a pattern of [path.Match]. A file without one is
// recognized by what it is, too, so that no link leads to it.
func (s *Site) Hide(name string) {
	abs, err := filepath.Abs(name)
	if err != nil {
		abs = name
	}
	s.Shared.hidden.add(abs)
}

// Hidden reports whether a file is one that [Site.Hide] was told of. Its name is
// relative to the site's root and separated by slashes; info is that of the file
// itself, not of a link to it, and may be nil if it is not known.
func (s *Site) Hidden(name string, info fs.FileInfo) bool {
	return s.Shared.hidden.hasName(s.Root.Dir, name) || info != nil && s.Shared.hidden.hasFile(info)
}

// hidden is what the sites of a pool hide. There may be as many names as sites,
// and every request asks.
type hidden struct {
	mu       sync.RWMutex
	files    map[string]bool         // absolute names
	names    map[string][]hiddenFile // by the last element, in lower case
	prefixes map[string][]hiddenFile // those that may be patterns, by what the pattern begins with
	lengths  []int                   // of those prefixes
	known    identities
	until    time.Time // when to look what the files are, again
}

type hiddenFile struct {
	dir     string
	pattern string // in lower case, for file systems may ignore it
}

func (h *hidden) add(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.files[name] {
		return
	}
	if h.files == nil {
		h.files, h.names, h.prefixes = map[string]bool{}, map[string][]hiddenFile{}, map[string][]hiddenFile{}
	}
	h.files[name] = true
	h.until = time.Time{}
	f := hiddenFile{filepath.Dir(name), strings.ToLower(filepath.Base(name))}
	// A pattern is taken for a name, too: a[1].log is a file like any other.
	h.names[f.pattern] = append(h.names[f.pattern], f)
	if n := strings.IndexAny(f.pattern, `*?[\`); n >= 0 {
		h.prefixes[f.pattern[:n]] = append(h.prefixes[f.pattern[:n]], f)
		if !slices.Contains(h.lengths, n) {
			h.lengths = append(h.lengths, n)
		}
	}
}

func (h *hidden) hasName(root, name string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	base := strings.ToLower(path.Base(name))
	isIn := func(f hiddenFile) bool { return f.isIn(filepath.Join(root, filepath.FromSlash(path.Dir(name)))) }
	if slices.ContainsFunc(h.names[base], isIn) {
		return true
	}
	for _, n := range h.lengths {
		if n > len(base) {
			continue
		}
		for _, f := range h.prefixes[base[:n]] {
			if ok, _ := path.Match(f.pattern, base); ok && isIn(f) {
				return true
			}
		}
	}
	return false
}

// isIn compares names before it asks the file system, which knows that two names
// may mean one folder.
func (f hiddenFile) isIn(dir string) bool {
	if strings.EqualFold(f.dir, dir) {
		return true
	}
	was, err := os.Stat(f.dir)
	if err != nil {
		return false
	}
	is, err := os.Stat(dir)
	return err == nil && os.SameFile(was, is)
}

// lookInterval is how old the knowledge may be of what the files are. A log is
// another file after its rotation; until that is seen its name tells.
const lookInterval = time.Second

func (h *hidden) hasFile(info fs.FileInfo) bool {
	now := time.Now()
	h.mu.RLock()
	known, fresh := h.known, now.Before(h.until)
	h.mu.RUnlock()
	if !fresh {
		known = h.look(now)
	}
	return known.has(info)
}

func (h *hidden) look(now time.Time) identities {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Before(h.until) {
		return h.known // somebody else has just looked
	}
	var known identities
	for name := range h.files {
		if info, err := os.Stat(name); err == nil {
			known.add(info)
		}
	}
	h.known, h.until = known, now.Add(lookInterval)
	return known
}

// identities tell files from each other, whatever they are called.
type identities struct {
	ids   map[fileID]bool
	infos []fs.FileInfo // of those that have no fileID
}

func (s *identities) add(info fs.FileInfo) {
	id, ok := identify(info)
	if !ok {
		s.infos = append(s.infos, info)
		return
	}
	if s.ids == nil {
		s.ids = map[fileID]bool{}
	}
	s.ids[id] = true
}

func (s *identities) has(info fs.FileInfo) bool {
	if id, ok := identify(info); ok {
		return s.ids[id]
	}
	return slices.ContainsFunc(s.infos, func(known fs.FileInfo) bool { return os.SameFile(known, info) })
}

// A fileID is what a file is on this machine.
type fileID struct{ device, inode uint64 }
