package caddyfile

import (
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// keep returns, for each of decls, the site of g that is declared so, or nil.
func (g *generation) keep(decls []*Site) []*site {
	kept := make([]*site, len(decls))
	if g == nil {
		return kept
	}
	at := make(map[string]int, len(decls))
	for i, decl := range g.decls {
		at[decl.Addrs[0].Text] = i
	}
	for n, decl := range decls {
		name := decl.Addrs[0].Text
		if i, ok := at[name]; ok && sameSite(g.decls[i], decl) && !g.sites[i].conf.Outdated() {
			kept[n] = g.sites[i]
			delete(at, name) // another site of that address is an error
		}
	}
	return kept
}

// sameSite reports whether two sites say the same, wherever they say it.
func sameSite(a, b *Site) bool {
	return slices.EqualFunc(a.Addrs, b.Addrs, func(a, b Address) bool { return a.Text == b.Text }) && sameLines(a.Lines, b.Lines)
}

func sameLines(a, b []*directive.Line) bool {
	return (a == nil) == (b == nil) && slices.EqualFunc(a, b, func(a, b *directive.Line) bool {
		return a == b || sameWords(a.Words, b.Words) && sameLines(a.Block, b.Block)
	})
}

func sameWords(a, b []directive.Word) bool {
	return slices.EqualFunc(a, b, func(a, b directive.Word) bool { return a.Text == b.Text && a.Quoted == b.Quoted })
}

// keep tells the directives of sites that their lines stay as they are. They are
// to be told as well whether it has come to that.
func keep(sites []*site) (settle func(loaded bool)) {
	var settles []func(bool)
	for _, s := range sites {
		if s == nil {
			continue
		}
		for _, c := range s.controllers {
			settles = append(settles, c.Keep()...)
		}
	}
	return func(loaded bool) {
		for _, settle := range settles {
			settle(loaded)
		}
	}
}

// detached returns a copy of lines that has nothing in common with others. What a
// File holds is in few large pieces, each of which is there as long as part of it.
func detached(lines []*directive.Line) []*directive.Line {
	if lines == nil {
		return nil
	}
	copies := make([]*directive.Line, len(lines))
	for i, line := range lines {
		words := slices.Clone(line.Words)
		for j := range words {
			words[j].Text = strings.Clone(words[j].Text)
		}
		copies[i] = &directive.Line{Words: words, Block: detached(line.Block), From: line.From}
	}
	return copies
}
