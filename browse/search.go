package browse

import (
	"context"
	"errors"
	"io/fs"
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
			err = folder.Read(func(name string, mode fs.FileMode) { n.add(lists, folder, name, mode) })
		}
		if err != nil && below != "" {
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
			if err = ctx.Err(); err != nil {
				break
			}
			if e.folder && lists.cfg.Unlist != nil {
				info, _, statErr := folder.Stat(e.name)
				if statErr != nil || lists.unlisted(folder.Name(), e.name, info) {
					continue // and so is nothing in it
				}
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

// mostSearches is how many are under way at a time; others wait.
const mostSearches = 4

// search returns what in a folder, and below it, has a name that contains part,
// and whether that is not all of it, since the budget has come to its end.
func (h *Handler) search(ctx context.Context, tree static.Tree, folder *static.Folder, part string) (found *names, truncated bool, err error) {
	select {
	case h.searching <- struct{}{}:
		defer func() { <-h.searching }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	part = foldName(part)
	found = &names{folder: folder.Info()}
	deadline := time.Now().Add(h.cfg.Search.Time)
	k := walk{h: h, tree: tree, entries: h.cfg.Search.Entries}
	k.visit = func(_ *static.Folder, name string, e entry) error {
		if contains(e.name, part) {
			e.name = name
			found.append(e)
		}
		if k.entries%64 == 0 && time.Now().After(deadline) {
			return errEnough
		}
		return nil
	}
	err = k.run(ctx, folder.Name())
	if err == errEnough {
		return found, true, nil
	}
	return found, false, err
}
