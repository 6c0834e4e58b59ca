package browse

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"time"

	"github.com/shallot-http/shallot/middleware/static"
)

// A walk goes through a folder and all below it, level by level, as far as they
// are listed: through no link, and into no folder with an index page, for which
// they are not. What it meets has a name that is relative to where it began.
type walk struct {
	h       *Handler
	tree    static.Tree
	entries int // that it may meet; negative when there were more

	deadline time.Time // zero if there is none

	// visit is called in the folder that something is in. An error ends the walk.
	visit func(folder *static.Folder, name string, e entry) error
}

// errEnough ends a walk that has reached the end of its budget.
var errEnough = errors.New("there is more below this folder than may be looked at")

// run walks through a folder. Folders below that cannot be read are left out, for
// there is a reason why they cannot.
func (k *walk) run(ctx context.Context, from string) error {
	for todo := []string{""}; len(todo) > 0; todo = todo[1:] {
		below := todo[0]
		folder, err := k.tree.OpenFolder(path.Join(from, below))
		if err != nil {
			if below == "" {
				return err
			}
			continue
		}
		lists, n := k.h.of(folder.Name()), &names{}
		if lists.index(folder) == "" {
			read := 0
			err = folder.Read(func(name string, mode fs.FileMode) error {
				n.add(lists, folder, name, mode)
				if read++; read%256 == 0 {
					return k.check(ctx)
				}
				if len(n.entries) > k.entries {
					return errTruncated // what there is of it will do
				}
				return nil
			})
		}
		if err == errTruncated || err != nil && err != errEnough && ctx.Err() == nil && below != "" {
			err = nil
		}
		for _, e := range n.entries {
			if err != nil {
				break
			}
			if k.entries--; k.entries < 0 {
				err = errEnough
				break
			}
			if err = k.check(ctx); err != nil {
				break
			}
			if e.folder && !lists.shows(folder, e.name) {
				continue // nor is what is in it
			}
			name := path.Join(below, e.name)
			if err = k.visit(folder, name, e); err == nil && e.folder && !e.link {
				todo = append(todo, name)
			}
		}
		folder.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// errTruncated ends the reading of a folder that has more in it than a walk may meet.
var errTruncated = errors.New("there is more in this folder than may be looked at")

// check returns why a walk has to end now.
func (k *walk) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !k.deadline.IsZero() && time.Now().After(k.deadline) {
		return errEnough
	}
	return nil
}

// mostSearches is how many walks through folders are under way at a time; others
// wait, but no longer than one may take.
const mostSearches = 4

// errBusy is the outcome of a walk that could not begin.
var errBusy = busy{}

type busy struct{}

func (busy) Error() string   { return "browse: there are many searches and archives under way" }
func (busy) StatusCode() int { return http.StatusServiceUnavailable }

// takeTurn waits until a walk may begin, and returns what is to be called when it
// is over.
func (h *Handler) takeTurn(ctx context.Context, most time.Duration) (done func(), err error) {
	patience := time.NewTimer(most)
	defer patience.Stop()
	select {
	case h.searching <- struct{}{}:
		return func() { <-h.searching }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-patience.C:
		return nil, errBusy
	}
}

// search returns what in a folder, and below it, has a name that contains part,
// and whether that is not all of it, since the budget has come to its end.
func (h *Handler) search(ctx context.Context, tree static.Tree, folder *static.Folder, part string) (found *names, truncated bool, err error) {
	done, err := h.takeTurn(ctx, h.cfg.Search.Time)
	if err != nil {
		return nil, false, err
	}
	defer done()
	part = foldName(part)
	found = new(names)
	k := walk{h: h, tree: tree, entries: h.cfg.Search.Entries, deadline: time.Now().Add(h.cfg.Search.Time)}
	k.visit = func(folder *static.Folder, name string, e entry) error {
		if contains(e.name, part) && (len(found.entries) >= mostOnPage || h.of(folder.Name()).shows(folder, e.name)) {
			e.name = name
			found.append(e)
		}
		return nil
	}
	err = k.run(ctx, folder.Name())
	if err == errEnough {
		return found, true, nil
	}
	return found, false, err
}

// find returns the names that contain part.
func (h *Handler) find(ctx context.Context, folder *static.Folder, n *names, part string) (*names, error) {
	part = foldName(part)
	found := new(names)
	for _, e := range n.entries {
		if !contains(e.name, part) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(found.entries) >= mostOnPage || h.shows(folder, e.name) {
			found.append(e)
		}
	}
	return found, nil
}

// shows reports whether something is listed that is hidden perhaps for what it is.
// The number of what is found must not tell that there is such a name; but of more
// than are on a page nobody learns one.
func (h *Handler) shows(folder *static.Folder, base string) bool {
	if h.cfg.Files.Hide == nil && h.cfg.Unlist == nil {
		return true
	}
	info, _, err := folder.Stat(base)
	return err == nil && !h.unlisted(folder.Name(), base, info)
}
