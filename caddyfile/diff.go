package caddyfile

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A fingerprint is that of what a site says, wherever it says it. To keep the words
// themselves, for a reload to compare, would take a tenth of what the site takes.
type fingerprint [sha256.Size]byte

// declare notes what has to be known of sites once they are built.
func (g *generation) declare(sites []*Site) {
	var text []byte
	g.decls, g.prints = make([]*Site, len(sites)), make([]fingerprint, len(sites))
	for i, s := range sites {
		g.decls[i] = &Site{Addrs: s.Addrs, Pos: s.Pos, From: s.From}
		text = text[:0]
		for _, a := range s.Addrs {
			text = appendText(text, a.Text)
		}
		text = appendLines(text, s.Lines)
		g.prints[i] = sha256.Sum256(text)
	}
}

// appendLines appends what no other lines have, but for where they are.
func appendLines(dst []byte, lines []*directive.Line) []byte {
	if lines == nil {
		return append(dst, "no block"...)
	}
	dst = append(dst, '{')
	for _, line := range lines {
		for _, w := range line.Words {
			dst = appendText(strconv.AppendBool(dst, w.Quoted), w.Text)
		}
		dst = appendLines(dst, line.Block)
	}
	return append(dst, '}')
}

func appendText(dst []byte, text string) []byte {
	return append(append(strconv.AppendInt(dst, int64(len(text)), 10), ' '), text...)
}

// keep returns, for each site of next, the one of g that says the same, or nil.
func (g *generation) keep(next *generation) []*site {
	kept := make([]*site, len(next.decls))
	if g == nil {
		return kept
	}
	at := make(map[string]int, len(g.decls))
	for i, decl := range g.decls {
		at[decl.Addrs[0].Text] = i
	}
	for n, decl := range next.decls {
		name := decl.Addrs[0].Text
		if i, ok := at[name]; ok && g.prints[i] == next.prints[n] && !g.sites[i].conf.Outdated() {
			kept[n] = g.sites[i]
			delete(at, name) // another site of that address is an error
		}
	}
	return kept
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
