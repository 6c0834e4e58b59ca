package directive

import (
	"io/fs"
	"maps"
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
	s.Shared.hidden.claims.Lock()
	defer s.Shared.hidden.claims.Unlock()
	if s.hid == nil {
		s.hid = new([]string)
	}
	*s.hid = append(*s.hid, abs)
}

// Unhide takes back what [Site.Hide] was told, once the site has ended. What others
// hide stays hidden.
func (s *Site) Unhide() {
	s.Shared.hidden.claims.Lock()
	defer s.Shared.hidden.claims.Unlock()
	if s.hid == nil {
		return
	}
	for _, name := range *s.hid {
		s.Shared.hidden.remove(name)
	}
	*s.hid = nil
}

// HideIf keeps files of s from being served for which a function returns true of
// what [Site.Hidden] is asked: the scripts, to which somebody else gives an answer.
func (s *Site) HideIf(is func(name string, info fs.FileInfo) bool) { s.hides = append(s.hides, is) }

// Hidden reports whether a file is one that [Site.Hide] or [Site.HideIf] was told of. Its name is
// relative to the site's root and separated by slashes; info is that of the file
// itself, not of a link to it, and may be nil if it is not known.
func (s *Site) Hidden(name string, info fs.FileInfo) bool {
	return slices.ContainsFunc(s.hides, func(is func(string, fs.FileInfo) bool) bool { return is(name, info) }) || s.Shared.hidden.hasName(s.Root.Dir, name) || info != nil && s.Shared.hidden.files.has(info)
}

// hidden is what the sites of a pool hide. There may be as many names as sites,
// which may all end in access.log, and every request asks.
type hidden struct {
	claims   sync.Mutex // of what each site hides
	mu       sync.RWMutex
	files    group
	names    map[string]*group            // the folders of files, by the last elements of their names in lower case
	patterns map[string]map[string]*group // the same by patterns of these, which are by what they begin with
	lengths  []int                        // of such beginnings
}

func (h *hidden) add(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.files.add(name) {
		return
	}
	if h.names == nil {
		h.names, h.patterns = map[string]*group{}, map[string]map[string]*group{}
	}
	add := func(groups map[string]*group, key string) {
		if groups[key] == nil {
			groups[key] = new(group)
		}
		groups[key].add(filepath.Dir(name))
	}
	base := strings.ToLower(filepath.Base(name)) // for file systems may ignore case
	// A pattern is taken for a name, too: a[1].log is a file like any other.
	add(h.names, base)
	if n := strings.IndexAny(base, wildcards); n >= 0 {
		if h.patterns[base[:n]] == nil {
			h.patterns[base[:n]] = map[string]*group{}
		}
		add(h.patterns[base[:n]], base)
		if !slices.Contains(h.lengths, n) {
			h.lengths = append(h.lengths, n)
		}
	}
}

const wildcards = `*?[\`

// remove takes back one add.
func (h *hidden) remove(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.files.remove(name) {
		return
	}
	remove := func(groups map[string]*group, key string) {
		if groups[key].remove(filepath.Dir(name)); groups[key].isEmpty() {
			delete(groups, key)
		}
	}
	base := strings.ToLower(filepath.Base(name))
	remove(h.names, base)
	if n := strings.IndexAny(base, wildcards); n >= 0 {
		if remove(h.patterns[base[:n]], base); len(h.patterns[base[:n]]) == 0 {
			delete(h.patterns, base[:n])
		}
	}
}

func (h *hidden) hasName(root, name string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	base := strings.ToLower(path.Base(name))
	isIn := func(g *group) bool {
		return g.hasFolder(filepath.Join(root, filepath.FromSlash(path.Dir(name))))
	}
	if g := h.names[base]; g != nil && isIn(g) {
		return true
	}
	for _, n := range h.lengths {
		if n > len(base) {
			continue
		}
		for pattern, g := range h.patterns[base[:n]] {
			if ok, _ := path.Match(pattern, base); ok && isIn(g) {
				return true
			}
		}
	}
	return false
}

// A group is files, or folders, known by their names and by what they are.
type group struct {
	mu      sync.RWMutex
	names   map[string]int // absolute, and how many times they were added
	lower   map[string]int // the same in lower case
	version uint64         // of names
	known   identities
	until   time.Time // when to look what they are, again

	looking sync.Mutex // held meanwhile
}

// add reports whether name is new.
func (g *group) add(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.names == nil {
		g.names, g.lower = map[string]int{}, map[string]int{}
	}
	g.names[name]++
	g.lower[strings.ToLower(name)]++
	if g.names[name] > 1 {
		return false
	}
	g.changed()
	return true
}

// remove takes back one add, and reports whether name is gone.
func (g *group) remove(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	lower := strings.ToLower(name)
	if g.lower[lower]--; g.lower[lower] == 0 {
		delete(g.lower, lower)
	}
	if g.names[name]--; g.names[name] > 0 {
		return false
	}
	delete(g.names, name)
	g.changed()
	return true
}

// changed has whoever asks next look what the names stand for.
func (g *group) changed() {
	g.until = time.Time{}
	g.version++
}

func (g *group) isEmpty() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.names) == 0
}

// hasFolder compares names before it asks the file system, which knows that two
// names may mean one folder.
func (g *group) hasFolder(name string) bool {
	g.mu.RLock()
	named := g.lower[strings.ToLower(name)] > 0
	g.mu.RUnlock()
	if named {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && g.has(info)
}

// lookInterval is how old the knowledge may be of what files and folders are. A
// log is another file after its rotation; until that is seen its name tells.
const lookInterval = time.Second

func (g *group) has(info fs.FileInfo) bool {
	g.mu.RLock()
	known, until := g.known, g.until
	g.mu.RUnlock()
	if now := time.Now(); !now.Before(until) {
		known = g.look(now, until)
	}
	return known.has(info)
}

// look finds out what there is, unless it is known by now. There may be thousands
// of names on a slow disk, so that nobody else waits for it who has but something
// old to go by.
func (g *group) look(now, until time.Time) identities {
	if until.IsZero() { // there are names that nobody has looked at
		g.looking.Lock()
	} else if !g.looking.TryLock() {
		g.mu.RLock()
		defer g.mu.RUnlock()
		return g.known
	}
	defer g.looking.Unlock()

	g.mu.RLock()
	names, version, known, fresh := slices.Collect(maps.Keys(g.names)), g.version, g.known, now.Before(g.until)
	g.mu.RUnlock()
	if fresh {
		return known
	}
	known = identities{}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			known.add(info)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = known
	if g.version == version { // else there are others by now
		g.until = now.Add(lookInterval)
	}
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
