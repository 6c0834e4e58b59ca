package git

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// choice is what was decided by hand, and holds until something else is.
type choice struct {
	Hash   string `json:"hash,omitempty"`   // the commit that was chosen
	Pinned bool   `json:"pinned,omitempty"` // it stays, whatever is pushed
	Skip   string `json:"skip,omitempty"`   // it stays as long as the ref leads to this one
}

// overrules reports whether c has something else published than the commit that
// the ref leads to.
func (c choice) overrules(hash string) bool { return c.Pinned || c.Skip != "" && c.Skip == hash }

// ErrNoRelease is what Rollback and Pin return for a commit that there is no
// release of, or that is not kept any longer.
var ErrNoRelease = errors.New("there is no release of this commit")

// Rollback publishes the release of a commit that is still there, see
// [Repo.Releases]. What was live before does not come back by itself: the next
// release is made of what is pushed next.
func (r *Repo) Rollback(ctx context.Context, hash string) error {
	return r.choose(ctx, hash, func(was string) choice {
		if was == hash {
			return choice{} // it stays until there is another
		}
		return choice{Hash: hash, Skip: was}
	})
}

// Pin publishes the release of a commit that is still there, and keeps it whatever
// is pushed, until Unpin or Rollback.
func (r *Repo) Pin(ctx context.Context, hash string) error {
	return r.choose(ctx, hash, func(string) choice { return choice{Hash: hash, Pinned: true} })
}

// Unpin takes back what Pin and Rollback have said: the next Sync publishes what
// the ref leads to.
func (r *Repo) Unpin(ctx context.Context) error {
	unlock, err := r.lockPublishing(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return r.writeChoice(choice{})
}

// Pinned returns the commit that was given to Pin, or "".
func (r *Repo) Pinned() string {
	if c, _ := r.readChoice(); c.Pinned {
		return c.Hash
	}
	return ""
}

func (r *Repo) choose(ctx context.Context, hash string, decide func(was string) choice) error {
	unlock, err := r.lockPublishing(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	name, ok := r.find(hash)
	if !ok {
		return fmt.Errorf("%q: %w", clip(hash), ErrNoRelease)
	}
	was, _ := r.Current()
	// Should this end before the release is published, the next Sync does it.
	if err := r.writeChoice(decide(was.Hash)); err != nil {
		return err
	}
	if err := r.point(name); err != nil {
		return err
	}
	r.log.Info("git: release chosen by hand", "commit", hash, "was", was.Hash)
	return nil
}

// find returns the name of the release of a commit: one made as it would be made
// now, if there is one.
func (r *Repo) find(hash string) (name string, ok bool) {
	if name, ok = r.made(hash); ok {
		return name, true
	}
	for _, name := range r.names(hash) {
		if _, err := r.readRecord(name); err == nil {
			return name, true
		}
	}
	return "", false
}

func (r *Repo) readChoice() (c choice, err error) {
	text, err := os.ReadFile(filepath.Join(r.state, "choice.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

func (r *Repo) writeChoice(c choice) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(r.state, "choice.json"), text)
}
