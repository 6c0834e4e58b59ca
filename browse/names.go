package browse

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware/static"
)

// An entry is what is known of something in a folder without looking at it.
type entry struct {
	name   string
	folder bool // or a link to one
	link   bool
}

// names are what a folder listed when it was read. The entries are never changed.
type names struct {
	entries []entry
	folders int // of them
	links   bool

	folder fs.FileInfo
	read   time.Time

	mu       sync.Mutex
	selected []selection // some of the last

	looking sync.Mutex // held to look
	facts   []fact     // of all entries
	looked  time.Time
}

// A selection is what is on a page.
type selection struct {
	sort   Sort
	order  Order
	lo, hi int
	page   []int32 // places in entries
}

// mostSelected is how many selections are remembered of a folder.
const mostSelected = 4

// names returns what a folder lists, from memory if it is as it was.
func (h *Handler) names(folder *static.Folder, dir string) (*names, error) {
	key := dir + "\x00" + folder.Name()
	now, info := time.Now(), folder.Info()
	known := h.known.get(key)
	if known != nil && known.is(info, now) {
		return known, nil
	}
	n := &names{folder: info, read: now}
	err := folder.Read(func(name string, mode fs.FileMode) { n.add(h, folder, name, mode) })
	if err != nil {
		return nil, err
	}
	if os.SameFile(info, info) { // which it is not if it cannot be told what a file is
		h.known.put(key, n)
	}
	return n, nil
}

// settling is how long a folder has to be left alone before its time tells whether
// it has changed: it may be no finer than that, as on FAT.
const settling = 2 * time.Second

// linkLifetime is for how long links are taken to lead where they did.
const linkLifetime = time.Second

// is reports whether n is what a folder has in it.
func (n *names) is(folder fs.FileInfo, now time.Time) bool {
	return os.SameFile(n.folder, folder) && n.folder.ModTime().Equal(folder.ModTime()) &&
		n.read.Sub(folder.ModTime()) > settling &&
		(!n.links || now.Sub(n.read) < linkLifetime)
}

func (n *names) add(h *Handler, folder *static.Folder, name string, mode fs.FileMode) {
	if h.unlisted(folder.Name(), name, nil) {
		return
	}
	e := entry{name: name, folder: mode.IsDir()}
	if mode&fs.ModeSymlink != 0 {
		n.links = true
		info, _, err := folder.Stat(name)
		if err != nil {
			return
		}
		e.folder, e.link = info.IsDir(), true
	}
	if e.folder {
		n.folders++
	}
	n.entries = append(n.entries, e)
}

// unlisted reports whether a file that there is does not appear.
func (h *Handler) unlisted(dir, name string, info fs.FileInfo) bool {
	return !h.cfg.ShowDotfiles && strings.HasPrefix(name, ".") ||
		h.cfg.Unlist != nil && h.cfg.Unlist(path.Join(dir, name), info)
}

// find returns the names that contain part.
func (n *names) find(part string) *names {
	part = foldName(part)
	found := &names{folder: n.folder, links: n.links}
	for _, e := range n.entries {
		if contains(e.name, part) {
			found.append(e)
		}
	}
	return found
}

func (n *names) append(e entry) {
	n.entries = append(n.entries, e)
	if e.folder {
		n.folders++
	}
}

// A cache has the names of folders, up to a number of names in all.
type cache struct {
	most int

	mu    sync.Mutex
	names map[string]*names
	order []string // the one used last is the last
	total int
}

// mostKnown is a number of names, which take some 50 bytes each; and every folder
// counts for some, so that there are not too many.
const mostKnown, costOfFolder = 400_000, 400

func newCache(most int) *cache { return &cache{most: most, names: map[string]*names{}} }

func (c *cache) get(key string) *names {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.names[key]
	if n != nil {
		c.use(key)
	}
	return n
}

// use has key be the last in the order.
func (c *cache) use(key string) {
	c.remove(key)
	c.order = append(c.order, key)
}

func (c *cache) remove(key string) {
	for i, k := range c.order {
		if k == key {
			c.order = append(c.order[:i], c.order[i+1:]...)
			return
		}
	}
}

// put remembers n, unless it is more than everything else together may be.
func (c *cache) put(key string, n *names) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.names[key]; old != nil {
		c.drop(key, old)
	}
	if cost(n) > c.most {
		return
	}
	c.names[key] = n
	c.total += cost(n)
	c.use(key)
	for c.total > c.most {
		c.drop(c.order[0], c.names[c.order[0]])
	}
}

func (c *cache) drop(key string, n *names) {
	c.total -= cost(n)
	delete(c.names, key)
	c.remove(key)
}

func cost(n *names) int { return len(n.entries) + costOfFolder }
