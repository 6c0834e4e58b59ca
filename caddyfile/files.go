package caddyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// importFiles returns the files that a word stands for, which is a path or a
// pattern, relative to the file the word is in.
func (w *walker) importFiles(word directive.Word) (bodies []*body) {
	names, err := w.match(word.Text)
	if err != nil {
		w.p.fail(word.Pos, w.from, "cannot import %q: %w", clip(word.Text), err)
		return nil
	}
	if len(names) == 0 && !w.p.hinted(word.Pos) {
		hint := fmt.Sprintf("there is no file %q", clip(word.Text))
		w.p.warn(word.Pos, w.from, hint, "%s", hint)
	}
	from := &directive.Import{Pos: word.Pos, From: w.from}
	for _, name := range names {
		s, err := w.p.load(name, from)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			w.p.fail(word.Pos, w.from, "there is neither a snippet nor a file %q%s", clip(word.Text), w.p.suggestSnippet(word.Text))
		case err != nil:
			w.p.fail(word.Pos, w.from, "cannot import %q: %w", clip(name), err)
		default:
			bodies = append(bodies, s.whole)
		}
	}
	return bodies
}

// match returns the paths that a path or pattern stands for.
func (w *walker) match(name string) ([]string, error) {
	p, limit := w.p, w.p.limits.Matches
	file := p.tree.resolve(name, w.src.name)
	if !p.tree.local && (!fs.ValidPath(file) || strings.HasPrefix(name, "/")) {
		return nil, errors.New("it is outside of the files there are")
	}
	switch strings.Count(name, "*") {
	case 0:
		return []string{file}, nil
	case 1:
		matches, err := p.tree.glob(file, limit, &p.entries)
		p.file.inputs.matches[file] = matches
		if err == errTooMany {
			err = fmt.Errorf("it stands for more than %d files, or there are a hundred times as many to choose from (Limits.Matches)", limit)
		}
		return matches, err
	}
	return nil, errors.New("a pattern must not have more than one * (caddy#2096)")
}

// load reads a file, unless that was done before.
func (p *parser) load(name string, from *directive.Import) (*source, error) {
	key := p.tree.key(name)
	if s := p.loaded[key]; s != nil {
		return s, nil
	}
	p.file.inputs.note(name)
	if err := p.tree.regular(name); err != nil {
		return nil, err
	}
	text, err := p.tree.readAll(name, p.limits.FileSize)
	if err != nil {
		return nil, err
	}
	p.file.Files = append(p.file.Files, key)
	s := p.read(name, text, from)
	p.loaded[key] = s
	return s, nil
}

// suggestSnippet returns a hint for a mistyped name; not for very many of them,
// since few will be read.
func (p *parser) suggestSnippet(name string) string {
	if p.failures() > maxReported {
		return ""
	}
	return directive.Suggest(name, slices.Sorted(maps.Keys(p.snippets))...)
}

// define makes the snippets and routes of s known. It does so once.
func (p *parser) define(s *source) {
	if s.defined {
		return
	}
	s.defined = true
	for _, def := range s.defs {
		defined, what := p.snippets, "snippet"
		if def.route {
			defined, what = p.routes, "route"
		}
		switch other := defined[def.name]; {
		case def.name == "":
			p.fail(def.at, s.from, "a name is missing between ( and )")
		case other != nil:
			p.fail(def.at, s.from, "the %s %q is defined already at %v", what, def.name, other.at)
		default:
			defined[def.name] = def
		}
	}
}
