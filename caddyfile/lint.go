package caddyfile

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Lint returns what f says that is allowed but hardly meant, in the order of the
// file: its Warnings, those of the directives, words with a # inside, and hosts that
// are nothing but a *. It builds f to find out, so the error is that of [Build].
// Package standard has a Lint that knows what its directives mean together.
func Lint(f *File, c Config) ([]*directive.Error, error) {
	c.Log = slog.New(slog.DiscardHandler)
	g, err := newServer(c).generation(f, nil)
	if err != nil {
		return nil, err
	}
	g.settle(false)
	if err := g.discard(nil); err != nil {
		return nil, err
	}
	found := slices.Concat(g.warnings, f.hashes(), f.stars())
	SortErrors(found)
	for _, e := range found {
		f.Mark(e)
	}
	return found, nil
}

// Mark adds to e what f knows of its place, as [File.Explain] does.
func (f *File) Mark(e *directive.Error) { f.fill(e) }

// hashes warns of words that were two in other versions, or one and a comment.
func (f *File) hashes() (found []*directive.Error) {
	var look func(lines []*directive.Line)
	look = func(lines []*directive.Line) {
		for _, l := range lines {
			for _, w := range l.Words {
				if !w.Quoted && strings.Contains(w.Text, "#") {
					found = append(found, &directive.Error{Pos: w.Pos, Path: l.Name(), From: l.From,
						Err: errors.New("the # is part of the word, while in Caddy 0.7.1 and 1 it began a comment: put the word in quotes, or a blank before the #")})
				}
			}
			look(l.Block)
		}
	}
	for _, s := range f.Sites {
		look(s.Lines)
	}
	return found
}

// stars warns of hosts that seem to be all there are.
func (f *File) stars() (found []*directive.Error) {
	for _, s := range f.Sites {
		for _, a := range s.Addrs {
			if a.Host == "*" {
				found = append(found, &directive.Error{Pos: a.Pos, Path: a.Text, From: s.From,
					Err: errors.New("* stands for names of one label, such as localhost: for every host, leave the host out")})
			}
		}
	}
	return found
}

// SortErrors puts errors in the order of the file.
func SortErrors(errs []*directive.Error) {
	slices.SortStableFunc(errs, func(a, b *directive.Error) int { return a.Pos.Compare(b.Pos) })
}
