package git

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Release is what a commit became.
type Release struct {
	Hash string    // of the commit, in hex
	Ref  string    // what led to it, such as refs/heads/main
	Made time.Time // when it was complete
	Dir  string    // its folder, by its absolute path
	Live bool      // it is the one that is served
}

// isZero reports whether there is none.
func (r Release) isZero() bool { return r.Hash == "" }

// record is what is known of a release that is complete.
type record struct {
	Hash   string    `json:"hash"`
	Ref    string    `json:"ref"`
	Made   time.Time `json:"made"`
	Recipe string    `json:"recipe"` // how it was made
}

// recipe tells releases of one commit apart that were made in different ways.
func (r *Repo) recipe() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %t %t", r.cfg.URL, r.cfg.Subdir, r.cfg.Under, r.cfg.Root, r.cfg.Submodules, r.cfg.LFS)
	for _, c := range r.cfg.Then {
		fmt.Fprintf(h, " %q", c.Args)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (r *Repo) releases() string { return filepath.Join(r.state, "releases") }

// Releases returns the releases there are, the newest first.
func (r *Repo) Releases() ([]Release, error) {
	entries, err := os.ReadDir(r.releases())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	current := r.current()
	var all []Release
	for _, e := range entries {
		name, isRecord := strings.CutSuffix(e.Name(), ".json")
		if !isRecord {
			continue
		}
		if release, err := r.read(name); err == nil {
			release.Live = name == current
			all = append(all, release)
		}
	}
	slices.SortFunc(all, func(a, b Release) int { return b.Made.Compare(a.Made) })
	return all, nil
}

// Current returns the release that is live.
func (r *Repo) Current() (release Release, ok bool) {
	release, err := r.read(r.current())
	release.Live = true
	return release, err == nil
}

// current returns the name of the release that is live, or "".
func (r *Repo) current() string {
	name, err := readCurrent(r.state)
	if err != nil {
		return ""
	}
	return name
}

// read returns the release called name, if it is complete.
func (r *Repo) read(name string) (Release, error) {
	rec, err := r.readRecord(name)
	if err != nil {
		return Release{}, err
	}
	return Release{Hash: rec.Hash, Ref: rec.Ref, Made: rec.Made, Dir: filepath.Join(r.releases(), name)}, nil
}

func (r *Repo) readRecord(name string) (rec record, err error) {
	hash, _, _ := strings.Cut(name, "-")
	if !isHash(hash) {
		return rec, fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	}
	text, err := os.ReadFile(filepath.Join(r.releases(), name+".json"))
	if err != nil {
		return rec, err
	}
	if err := json.Unmarshal(text, &rec); err != nil {
		return rec, err
	}
	if info, err := os.Stat(filepath.Join(r.releases(), name)); err != nil || !info.IsDir() || rec.Hash != hash {
		return rec, fmt.Errorf("release %q is damaged: %w", name, fs.ErrNotExist)
	}
	return rec, nil
}

// made returns the name of the release that was made of a commit in the way it
// would be made now.
func (r *Repo) made(hash string) (name string, ok bool) {
	recipe := r.recipe()
	for _, name := range r.names(hash) {
		if rec, err := r.readRecord(name); err == nil && rec.Recipe == recipe {
			return name, true
		}
	}
	return "", false
}

// names returns what releases of a commit are called, the newest first.
func (r *Repo) names(hash string) []string {
	entries, _ := os.ReadDir(r.releases())
	var names []string
	for _, e := range entries {
		if of, _, _ := strings.Cut(e.Name(), "-"); of == hash && e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return number(b) - number(a) })
	return names
}

// number returns that of a release among those of its commit, of which the first has
// none in its name.
func number(name string) int {
	_, n, ok := strings.Cut(name, "-")
	if !ok {
		return 1
	}
	i, _ := strconv.Atoi(n)
	return i
}

// newFolder makes the folder of a new release, with a number above that of those
// that somebody may still write to.
func (r *Repo) newFolder(hash string, above int) (name string, err error) {
	if err := os.MkdirAll(r.releases(), 0o755); err != nil {
		return "", err
	}
	for n := above + 1; ; n++ {
		name = hash
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		err := os.Mkdir(filepath.Join(r.releases(), name), 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
}
