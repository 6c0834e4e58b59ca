package caddyfile

import (
	"io/fs"
	"maps"
	"slices"

	"github.com/shallot-http/shallot/middleware"
)

// inputs are what a Caddyfile was read from, also if that failed, as it was just
// before.
type inputs struct {
	tree    tree
	files   map[string]fs.FileInfo // nil is what was not there
	matches map[string][]string    // of patterns
}

func newInputs(t tree) *inputs {
	return &inputs{tree: t, files: map[string]fs.FileInfo{}, matches: map[string][]string{}}
}

// note records what a file is that is about to be read.
func (in *inputs) note(name string) {
	info, err := fs.Stat(in.tree.FS, name)
	if err != nil {
		info = nil
	}
	in.files[name] = info
}

// look returns what the same names stand for now. There can be limit matches of a
// pattern.
func (in *inputs) look(limit int) *inputs {
	now := newInputs(in.tree)
	for name := range in.files {
		now.note(name)
	}
	for pattern := range in.matches {
		var looked int
		now.matches[pattern], _ = in.tree.glob(pattern, limit, &looked)
	}
	return now
}

func (in *inputs) equal(other *inputs) bool {
	return maps.EqualFunc(in.files, other.files, middleware.Unchanged) && maps.EqualFunc(in.matches, other.matches, slices.Equal)
}
