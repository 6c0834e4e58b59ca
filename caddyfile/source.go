package caddyfile

import (
	"strings"
	"unicode/utf8"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A source is a file that was read, or what was given to Parse.
type source struct {
	name    string
	text    string
	tokens  []token
	defs    []*body // snippets and named routes, in order
	whole   *body
	from    *directive.Import // what had it read first
	broken  bool              // its braces do not match, or not all of it could be read
	defined bool              // its snippets are known
}

// A body is tokens that can be imported: a file, or the block of a snippet.
type body struct {
	src         *source
	lo, hi      int // of src.tokens
	name        string
	at          directive.Pos     // where it gets its name; zero for a file
	first, last uint32            // lines
	route       bool              // a named route, not a snippet
	from        *directive.Import // what imported it first

	asked    bool // what it asks for has been found out
	asks     asks
	expanded *expansion // what it stands for wherever it asks for nothing
	active   bool       // it is being expanded
}

// read cuts up a file. It reports what is wrong with its tokens and braces, so
// that later on braces can be relied on to match.
func (p *parser) read(name, text string, from *directive.Import) *source {
	s := &source{name: name, text: text, from: from}
	s.whole = &body{src: s, name: name, from: from}
	p.file.sources[name] = s
	if !p.readable(s) {
		s.broken = true
		return s
	}
	n, ok := p.countTokens(s)
	if !ok {
		s.broken = true
		return s
	}
	s.tokens = make([]token, 0, n)
	lex := newLexer(name, text, p.limits, func(at directive.Pos, format string, args ...any) {
		p.fail(at, from, format, args...)
	})
	for t := new(token); lex.next(t); {
		s.tokens = append(s.tokens, *t)
	}
	s.broken = lex.truncated
	p.mended += lex.mended
	p.matchBraces(s)
	s.whole.hi = len(s.tokens)
	return s
}

// countTokens returns how many tokens there are, if that is not too many: to
// know first is worth reading twice.
func (p *parser) countTokens(s *source) (n int, ok bool) {
	lex := newLexer(s.name, s.text, p.limits, func(directive.Pos, string, ...any) {})
	for t := new(token); lex.next(t); n++ {
		if n == p.limits.Words {
			p.exceed(lex.posOf(t), s.from, "the file has more than %d words and braces (Limits.Words)", n)
			return 0, false
		}
	}
	return n, true
}

// readable reports whether a file is text, of no more than the usual size.
func (p *parser) readable(s *source) bool {
	switch {
	case len(s.text) > p.limits.FileSize:
		p.exceed(directive.Pos{File: s.name, Line: 1, Col: 1}, s.from,
			"the file has more than %d bytes (Limits.FileSize)", p.limits.FileSize)
		return false
	case p.total+len(s.text) > p.limits.TotalSize:
		p.exceed(directive.Pos{File: s.name, Line: 1, Col: 1}, s.from,
			"all files together have more than %d bytes (Limits.TotalSize)", p.limits.TotalSize)
		return false
	}
	p.total += len(s.text)
	if i := strings.IndexByte(s.text, 0); i >= 0 {
		p.fail(s.pos(i), s.from, "a zero byte: this is not a text file, or not one in UTF-8")
		return false
	}
	if i := loneReturn(s.text); i >= 0 {
		p.fail(s.pos(i), s.from, "a carriage return without a newline after it: the lines of this file do not end as those of Unix or of Windows")
		return false
	}
	if !utf8.ValidString(s.text) {
		i := 0
		for {
			c, size := utf8.DecodeRuneInString(s.text[i:])
			if c == utf8.RuneError && size == 1 {
				break
			}
			i += size
		}
		p.fail(s.pos(i), s.from, "byte %#02x is not UTF-8", s.text[i])
		return false
	}
	return true
}

// loneReturn returns the index of a carriage return that is not part of a
// newline, or -1. To an editor it may end a line, and what is then seen as a
// directive would be an address, or in a comment.
func loneReturn(text string) int {
	for i := 0; ; i++ {
		n := strings.IndexByte(text[i:], '\r')
		if n < 0 {
			return -1
		}
		if i += n; !strings.HasPrefix(text[i+1:], "\n") {
			return i
		}
	}
}

// pos returns the place of an offset.
func (s *source) pos(offset int) directive.Pos {
	before := s.text[:offset]
	bol := strings.LastIndexByte(before, '\n') + 1
	if bol == 0 && strings.HasPrefix(before, byteOrderMark) {
		bol = len(byteOrderMark)
	}
	return directive.Pos{File: s.name, Line: strings.Count(before, "\n") + 1, Col: offset - bol + 1}
}

// posOf returns the place of a token.
func (s *source) posOf(t *token) directive.Pos {
	return directive.Pos{File: s.name, Line: int(t.line), Col: int(t.col)}
}

// raw returns what a token says, as written.
func (s *source) raw(t *token) string { return s.text[t.start:t.end] }

// line returns a line by its number, from 1, or "".
func (s *source) line(n int) string {
	for text := range strings.Lines(s.text) {
		if n--; n == 0 {
			return strings.TrimPrefix(strings.TrimRight(text, "\r\n"), byteOrderMark)
		}
	}
	return ""
}
