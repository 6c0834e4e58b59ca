package git

import (
	"fmt"
	"path/filepath"

	"github.com/shallot-http/shallot/middleware"
)

// live is a release whose root is open.
type live struct {
	name string
	root *middleware.Root
}

// Acquire returns the root of the release that is live, which stays as it is, and
// is not removed, until its Release is called. It reports false if there is no
// release that this Repo has published or found.
func (r *Repo) Acquire() (root *middleware.Root, ok bool) {
	for {
		l := r.live.Load()
		if l == nil {
			return nil, false
		}
		if l.root.Hold() {
			return l.root, true
		}
	}
}

// openRoot opens what is served of a release, which a link in the repository may
// be, but not to what is elsewhere.
func (r *Repo) openRoot(name string) (*middleware.Root, error) {
	dir, err := filepath.EvalSymlinks(filepath.Join(r.releases(), name))
	if err != nil {
		return nil, err
	}
	root, err := middleware.PinnedRoot(filepath.Join(dir, filepath.FromSlash(r.cfg.Root)))
	if err != nil {
		return nil, err
	}
	if !isWithin(root.Dir, dir) {
		_ = root.Close()
		return nil, fmt.Errorf("the site's root %q is a link that leads out of the release", r.cfg.Root)
	}
	return root, nil
}

// point publishes a release that is complete. Who calls it holds the lock of
// publishing.
func (r *Repo) point(name string) error {
	root, err := r.openRoot(name)
	if err != nil {
		return err
	}
	if err := writeCurrent(r.state, name); err != nil {
		_ = root.Close()
		return err
	}
	r.serve(name, root)
	return nil
}

// adopt serves the release that is published already: by a run of the program
// before this one, or by another program.
func (r *Repo) adopt() {
	name := r.current()
	if l := r.live.Load(); l != nil && l.name == name {
		return
	}
	if _, err := r.readRecord(name); err != nil {
		return
	}
	root, err := r.openRoot(name)
	if err != nil {
		return // it was made in another way, and is made again
	}
	r.serve(name, root)
}

// serve has requests from now on see a release.
func (r *Repo) serve(name string, root *middleware.Root) {
	r.mu.Lock()
	r.open[name]++
	r.mu.Unlock()
	r.retire(r.live.Swap(&live{name, root}))
}

// retire closes a release once the last request is done with it.
func (r *Repo) retire(l *live) {
	if l == nil {
		return
	}
	l.root.Retire(func() {
		_ = l.root.Close() // a folder that was only read from
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.open[l.name]--; r.open[l.name] == 0 {
			delete(r.open, l.name)
		}
	})
}

// isOpen reports whether somebody may still read a release.
func (r *Repo) isOpen(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[name] > 0
}
