package caddyfile

import (
	"fmt"
	"strings"
)

// A brace that was opened.
type brace struct {
	token   int
	line    int   // the first token of what the block belongs to
	nested  bool  // what is in it is indented
	outdent int   // the first token in it that is not; 0 is none
	def     *body // what it defines
}

// matchBraces reports braces that do not match, and adds the ones that are
// missing. On the way it finds what a file defines.
func (p *parser) matchBraces(s *source) {
	var (
		open     []brace
		suspects []brace // closed by what may be meant for another
		line     int     // where what is being looked at begins
		begins   = true  // at the next token
		last     brace   // that was closed,
		end      uint32  // in this line
	)
	truncated := s.broken
	for i := range s.tokens {
		t := &s.tokens[i]
		switch {
		case t.kind == kindOpen:
			if begins {
				line = i
			}
			if len(open) == p.limits.BlockDepth {
				p.exceed(s.posOf(t), s.from, "blocks are more than %d deep (Limits.BlockDepth)", p.limits.BlockDepth)
				s.tokens = s.tokens[:i]
				return
			}
			b := brace{token: i, line: line}
			if len(open) == 0 {
				b.def = p.definition(s, line, i)
			}
			open = append(open, b)
			begins = true
		case t.kind == kindClose && len(open) == 0:
			hint := ""
			if end > 0 {
				hint = fmt.Sprintf(": %s ended in line %d", describe(s, last), end)
			}
			p.fail(s.posOf(t), s.from, "this } closes nothing%s", hint)
			s.broken = true
			begins = true
		case t.kind == kindClose:
			b := open[len(open)-1]
			open = open[:len(open)-1]
			if b.def != nil {
				b.def.hi, b.def.last = i, t.line
				s.defs = append(s.defs, b.def)
			}
			if t.marks&markFirst != 0 && b.nested && len(suspects) < maxReported && t.col != s.tokens[b.line].col && fits(s, open, t.col) {
				suspects = append(suspects, b)
			}
			last, end, begins = b, t.line, true
		case begins || t.marks&markFirst != 0:
			line, begins = i, false
			if len(open) == 0 || t.marks&markFirst == 0 {
				break
			}
			b := &open[len(open)-1]
			switch {
			case t.col > s.tokens[b.line].col:
				b.nested = b.nested || i == b.token+1
			case b.nested && b.outdent == 0:
				b.outdent = i
			}
		}
	}
	if len(open) == 0 {
		return
	}
	if !truncated {
		p.unclosed(s, open, suspects)
	}
	s.broken = true
	s.close(open)
}

// fits reports whether a brace in a column can be meant for one of the blocks.
func fits(s *source, open []brace, col uint32) bool {
	for _, b := range open {
		if s.tokens[b.line].col == col {
			return true
		}
	}
	return false
}

// unclosed reports blocks without an end. What is indented tells which they are:
// otherwise it would always be the outermost, which takes in all that follows.
func (p *parser) unclosed(s *source, open, suspects []brace) {
	if len(suspects) > 0 {
		open = append(suspects, open...)[:len(open)]
	}
	for _, b := range open {
		where := ""
		if b.outdent > 0 {
			t := &s.tokens[b.outdent]
			where = fmt.Sprintf(" before %q in line %d", clip(s.raw(t)), t.line)
		}
		p.fail(s.posOf(&s.tokens[b.token]), s.from, "%s is never closed: a } is missing%s", describe(s, b), where)
	}
}

// describe names a block by what it belongs to.
func describe(s *source, b brace) string {
	t := &s.tokens[b.line]
	if !t.kind.isWord() {
		return "this block"
	}
	return fmt.Sprintf("the block of %q", clip(strings.TrimSuffix(s.raw(t), ",")))
}

// close adds the braces that open lacks.
func (s *source) close(open []brace) {
	eof := s.pos(len(s.text))
	for i := len(open) - 1; i >= 0; i-- {
		if def := open[i].def; def != nil {
			def.hi, def.last = len(s.tokens), uint32(eof.Line)
			s.defs = append(s.defs, def)
		}
		s.tokens = append(s.tokens, token{
			offset: uint32(len(s.text)), start: uint32(len(s.text)), end: uint32(len(s.text)),
			line: uint32(eof.Line), col: uint32(eof.Col), kind: kindClose, marks: markFirst,
		})
	}
}

// definition returns what is defined by the word at a token and the block that
// opens at another, or nil.
func (p *parser) definition(s *source, at, open int) *body {
	t := &s.tokens[at]
	if at != open-1 || t.kind != kindWord || !defines(s.raw(t)) {
		return nil
	}
	name, route := strings.CutPrefix(s.raw(t), "&")
	return &body{src: s, lo: open + 1, name: name[1 : len(name)-1], at: s.posOf(t), first: t.line, route: route}
}

// defines reports whether a word defines a snippet, (name), or a named route,
// &(name).
func defines(word string) bool {
	word = strings.TrimPrefix(word, "&")
	return strings.HasPrefix(word, "(") && strings.HasSuffix(word, ")")
}
