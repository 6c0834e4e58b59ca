package git

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// record says that a release is complete.
func (r *Repo) record(name, hash, ref string) error {
	text, err := json.MarshalIndent(record{Hash: hash, Ref: ref, Made: time.Now().UTC(), Recipe: r.recipe()}, "", "\t")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(r.releases(), name+".json"), append(text, '\n'))
}

// prune removes the releases that are too many. What is live, what was chosen and
// what requests still read does not count.
func (r *Repo) prune() {
	all, err := r.Releases()
	if err != nil {
		r.log.Warn("git: old releases could not be removed", "error", err)
		return
	}
	chosen, _ := r.readChoice()
	others := 0
	for _, release := range all {
		name := filepath.Base(release.Dir)
		if release.Live || release.Hash == chosen.Hash || r.isOpen(name) {
			continue
		}
		if others++; others > r.cfg.Keep {
			r.log.Debug("git: removing a release", "commit", release.Hash)
			r.discard(name)
		}
	}
}

// sweep removes what somebody was about to make who was ended. It returns the
// numbers of the folders that this was in, by commit: what was started then may go
// on, and write to them by their names.
func (r *Repo) sweep() (abandoned map[string]int) {
	abandoned = map[string]int{}
	entries, err := os.ReadDir(r.releases())
	if err != nil {
		return abandoned // there are none
	}
	for _, e := range entries {
		name, isRecord := strings.CutSuffix(e.Name(), ".json")
		if _, err := r.readRecord(name); err == nil || r.isOpen(name) {
			continue
		}
		if isRecord || e.IsDir() {
			hash, _, _ := strings.Cut(name, "-")
			abandoned[hash] = max(abandoned[hash], number(name))
			r.discard(name)
		} else {
			_ = os.Remove(filepath.Join(r.releases(), e.Name()))
		}
	}
	_ = removeAll(r.trash())
	return abandoned
}

func (r *Repo) trash() string { return filepath.Join(r.state, "trash") }

// discard removes a release, or what was to become one. It is moved out of the way
// first: what somebody writes to it who was left behind ends up there.
func (r *Repo) discard(name string) {
	_ = os.Remove(filepath.Join(r.releases(), name+".json"))
	dir := filepath.Join(r.releases(), name)
	if err := os.MkdirAll(r.trash(), 0o700); err == nil {
		if temp, err := os.MkdirTemp(r.trash(), ""); err == nil {
			if moved := filepath.Join(temp, name); os.Rename(dir, moved) == nil {
				dir = moved
			}
		}
	}
	if err := removeAll(dir); err != nil {
		r.log.Warn("git: a release could not be removed yet", "error", err)
	}
}

// removeAll is os.RemoveAll for folders that somebody has made read-only, too.
func removeAll(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			return os.Chmod(name, 0o700)
		}
		return err
	})
	return os.RemoveAll(dir)
}
