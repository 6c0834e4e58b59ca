package browse

import (
	"context"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// A listing is what is sent of a folder, in whatever format.
type listing struct {
	query
	h      *Handler
	ctx    context.Context
	folder *static.Folder
	path   string // as the client sees it, with a slash at its end

	names     *names
	page      []int32 // places in names
	truncated bool    // the search came to the end of its budget

	rows     []row // of page, if it is all made in memory
	modified time.Time
	readme   *readme
	up       bool // there is a folder above, and it is listed, too
}

// A row is one entry that has been looked at.
type row struct {
	entry
	size     int64
	modified time.Time // zero if it is not known
	mode     fs.FileMode
	target   string // of a link, if it is to be shown
}

// collect finds out what there is to send, but for what is sent as it is made.
func (h *Handler) collect(r *http.Request, tree static.Tree, folder *static.Folder, q query) (*listing, error) {
	l := &listing{query: q, h: h, ctx: r.Context(), folder: folder, path: displayed(r)}
	l.up = folder.Name() != "." && h.isListed(above(r))
	dir := ""
	if h.cfg.Files.FS == nil {
		dir = middleware.RootOf(r, h.cfg.Files.Root).Dir
	}
	var err error
	if l.names, err = h.names(folder, dir); err != nil {
		return nil, err
	}
	inFolder := l.names
	switch {
	case q.find == "":
	case h.cfg.Search.Time > 0:
		if l.names, l.truncated, err = h.search(l.ctx, tree, folder, q.find); err != nil {
			return nil, err
		}
	default:
		if l.names, err = h.find(l.ctx, folder, l.names, q.find); err != nil {
			return nil, err
		}
	}
	if err := l.choose(); err != nil {
		return nil, err
	}
	l.modified = modTime(folder.Info())
	if len(l.page) > mostOnPage {
		return l, nil
	}
	l.rows = make([]row, 0, len(l.page))
	if err := l.look(l.page, func(r row) error {
		l.rows = append(l.rows, r)
		if r.modified.After(l.modified) {
			l.modified = r.modified
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if h.cfg.Readme && q.format == formatHTML && q.find == "" && q.offset == 0 {
		l.readme = h.findReadme(tree, inFolder, folder.Name())
	}
	return l, nil
}

// displayed returns the path of a folder for people to see.
func displayed(r *http.Request) string {
	if p := path.Clean("/" + r.URL.Path); p != "/" {
		return p + "/"
	}
	return "/"
}

// above returns r as if it asked for the folder above.
func above(r *http.Request) *http.Request {
	up, url := *r, *r.URL
	url.Path = strings.TrimSuffix(path.Dir(strings.TrimSuffix(displayed(r), "/")), "/") + "/"
	up.URL = &url
	return &up
}

// choose sets the page to what has been asked for.
func (l *listing) choose() error {
	n := l.names
	lo, hi := min(l.offset, len(n.entries)), len(n.entries)
	if l.limit > 0 {
		hi = min(lo+l.limit, hi)
	}
	var facts []fact
	if l.sort.looks() {
		var err error
		if facts, err = l.facts(); err != nil {
			return err
		}
	}
	n.mu.Lock()
	for _, s := range n.selected {
		if s.sort == l.sort && s.order == l.order && s.lo == lo && s.hi == hi {
			l.page = s.page
		}
	}
	n.mu.Unlock()
	if l.page != nil {
		return nil
	}
	all := make([]int32, len(n.entries))
	for i := range all {
		all[i] = int32(i)
	}
	arrange(all, lo, hi, l.sort.compare(l.order, n.entries, facts))
	l.page = slices.Clone(all[lo:hi])
	if !l.sort.looks() && hi-lo <= mostOnPage {
		n.mu.Lock()
		n.selected = append(n.selected, selection{l.sort, l.order, lo, hi, l.page})
		n.selected = n.selected[max(0, len(n.selected)-mostSelected):]
		n.mu.Unlock()
	}
	return nil
}

// look calls use with the rows of some places in the names, until it fails. What
// is gone, or must not be seen after all, is left out.
func (l *listing) look(places []int32, use func(row) error) error {
	for i, place := range places {
		if i%256 == 0 && l.ctx.Err() != nil {
			return l.ctx.Err()
		}
		e := l.names.entries[place]
		lists := l.h
		if strings.Contains(e.name, "/") { // it was found further down
			lists = l.h.of(path.Join(l.folder.Name(), path.Dir(e.name)))
		}
		info, link, err := l.folder.Stat(e.name)
		if err != nil || lists.unlisted(path.Join(l.folder.Name(), path.Dir(e.name)), path.Base(e.name), info) {
			continue
		}
		r := row{entry: entry{e.name, info.IsDir(), link}, modified: modTime(info), mode: info.Mode()}
		if !r.folder {
			r.size = info.Size()
		}
		if link && lists.cfg.ShowTargets {
			r.target, _ = l.folder.Readlink(e.name) // which may just have become a file
		}
		if err := use(r); err != nil {
			return err
		}
	}
	return nil
}

// modTime returns when a file was modified; zero if that is not known.
func modTime(info fs.FileInfo) time.Time {
	t := info.ModTime().UTC()
	if s := t.Unix(); s == 0 || s == 1 {
		return time.Time{} // as reproducible builds have it, see package static
	}
	if year := t.Year(); year < 1 || year > 9999 {
		return time.Time{} // of which RFC 3339 and HTTP have no dates
	}
	return t
}
