package browse

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
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

	folder fs.FileInfo
	read   time.Time
	links  []link // also those that lead nowhere

	mu       sync.Mutex
	followed time.Time   // when links were found to lead where they did
	selected []selection // some of the last

	looking sync.Mutex // held to look
	facts   []fact     // of all entries
	looked  time.Time
}

// A link is where one in a folder was found to lead.
type link struct {
	name        string
	gone, other bool // it leads nowhere, or to no folder
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
	asked, info := time.Now(), folder.Info()
	if known := h.known.get(key); known != nil && known.is(folder, asked) {
		return known, nil
	}
	if !os.SameFile(info, info) { // it cannot be told what a file is
		return h.read(folder)
	}
	reading := h.known.enter(key)
	defer h.known.leave(key, reading)
	reading.Lock()
	defer reading.Unlock()
	if n := reading.names; n != nil && n.read.After(asked) && os.SameFile(n.folder, info) {
		return n, nil // it was read for another one, who came at the same time
	}
	if known := h.known.get(key); known != nil && known.is(folder, asked) {
		return known, nil
	}
	n, err := h.read(folder)
	if err == nil {
		reading.names = n
		h.known.put(key, n)
	}
	return n, err
}

func (h *Handler) read(folder *static.Folder) (*names, error) {
	now := time.Now()
	n := &names{folder: folder.Info(), read: now, followed: now}
	err := folder.Read(func(name string, mode fs.FileMode) error { n.add(h, folder, name, mode); return nil })
	return n, err
}

// linkLifetime is for how long links are taken to lead where they did.
const linkLifetime = time.Second

// is reports whether n is what a folder has in it.
func (n *names) is(folder *static.Folder, now time.Time) bool {
	info := folder.Info()
	if !middleware.Unchanged(n.folder, info) || !middleware.Settled(info.ModTime(), n.read) {
		return false
	}
	if len(n.links) == 0 {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.Sub(n.followed) < linkLifetime {
		return true
	}
	for _, l := range n.links {
		if l != follow(folder, l.name) {
			return false
		}
	}
	n.followed = now
	return true
}

func follow(folder *static.Folder, name string) link {
	info, _, err := folder.Stat(name)
	return link{name, err != nil, err == nil && !info.IsDir()}
}

func (n *names) add(h *Handler, folder *static.Folder, name string, mode fs.FileMode) {
	if h.unlisted(folder.Name(), name, nil) {
		return
	}
	e := entry{name: name, folder: mode.IsDir()}
	if mode&fs.ModeSymlink != 0 {
		l := follow(folder, name)
		n.links = append(n.links, l)
		if l.gone {
			return
		}
		e.folder, e.link = !l.other, true
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

func (n *names) append(e entry) {
	n.entries = append(n.entries, e)
	if e.folder {
		n.folders++
	}
}
