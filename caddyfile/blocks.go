package caddyfile

import "strings"

// checkBlocks reports braces that are not in the line of what they belong to, and
// words that are in the line of something else. It is for a file whose braces
// match, without knowing what it is for; the parser sees to what it makes use of.
func (p *parser) checkBlocks(s *source) {
	b := blockChecker{s: s}
	for i := range s.tokens {
		b.i = i
		t := &s.tokens[i]
		b.begins()
		if problem := b.problem(t); problem != "" {
			p.fail(s.posOf(t), nil, "%s", problem)
		}
		switch t.kind {
		case kindOpen:
			b.depth++
		case kindClose:
			b.depth--
		}
	}
}

type blockChecker struct {
	s     *source
	i     int
	depth int
	line  int  // where it begins; outside of blocks, where the addresses begin
	bare  bool // lines outside of blocks are not those of addresses
}

// begins sees whether the token begins a line.
func (b *blockChecker) begins() {
	t := &b.s.tokens[b.i]
	if !t.kind.isWord() || t.marks&markFirst == 0 && b.before() != kindOpen {
		return
	}
	if b.depth == 0 && b.i > 0 && b.before().isWord() {
		if b.goesOn() {
			return
		}
		b.bare = b.bare || !b.is(b.line, "import")
	}
	b.line = b.i
}

// goesOn reports whether the token is another address, after a comma.
func (b *blockChecker) goesOn() bool {
	last := &b.s.tokens[b.i-1]
	return !b.bare && last.kind == kindWord && strings.HasSuffix(b.s.raw(last), ",") &&
		!b.is(b.line, "import") && !b.is(b.i, "import")
}

func (b *blockChecker) problem(t *token) string {
	first := t.marks&markFirst != 0
	switch before := b.before(); {
	case b.i == 0 || t.kind == kindClose:
	case before == kindClose && !first:
		return "what comes after a } has to be in a line of its own"
	case before == kindOpen && t.kind == kindWord && strings.HasPrefix(b.s.raw(t), "//"):
		return "comments begin with #, not with //" // as they would in the line that this gets
	case t.kind != kindOpen:
	case b.depth == 0 && before == kindClose:
		return "a block has to belong to something, unless it is the first in the file: then it has the global options"
	case before == kindClose || before == kindOpen:
		return "a block has to belong to something: what is before this {?"
	case first && !b.hasAddresses():
		return `this { has to be in the line of what it belongs to, "` + clip(b.s.raw(&b.s.tokens[b.line])) + `"`
	}
	return ""
}

// hasAddresses reports whether there are addresses before the brace, or the name of
// a snippet or route, which may have it in another line.
func (b *blockChecker) hasAddresses() bool {
	name := &b.s.tokens[b.line]
	switch {
	case b.depth > 0:
		return false
	case name.kind == kindWord && defines(b.s.raw(name)):
		return b.line == b.i-1
	}
	return !b.bare && !b.is(b.line, "import")
}

func (b *blockChecker) before() kind { return b.s.tokens[max(b.i-1, 0)].kind }

// is reports whether a token is a certain word.
func (b *blockChecker) is(i int, word string) bool {
	t := &b.s.tokens[i]
	return t.kind == kindWord && b.s.raw(t) == word
}
