package caddyfile

import "strings"

// A piece of a Caddyfile is a token as it is written.
type piece struct {
	text  string
	line  int // in which it begins
	kind  kind
	first bool // of its line
}

// A layout is a Caddyfile as it is being written anew.
type layout struct {
	pieces []piece
	out    []byte
	depth  int  // of blocks
	end    int  // line in which the piece before ended
	closed bool // a block did, in the line before
}

// lay returns the Caddyfile that consists of pieces. It has a byte order mark if
// src has.
func lay(src string, pieces []piece) []byte {
	l := layout{pieces: pieces, out: make([]byte, 0, len(src)+len(src)/8)}
	if strings.HasPrefix(src, byteOrderMark) {
		l.out = append(l.out, byteOrderMark...)
	}
	for i := range pieces {
		l.piece(i)
	}
	if len(pieces) > 0 {
		l.out = append(l.out, '\n')
	}
	return l.out
}

func (l *layout) piece(i int) {
	p := &l.pieces[i]
	if p.kind == kindClose {
		l.depth--
	}
	switch {
	case i == 0:
	case l.begins(i):
		if l.isApart(i) {
			l.out = append(l.out, '\n')
		}
		l.newline(l.depth)
	case p.kind.isWord() && p.line > l.end: // after a backslash
		l.out = append(l.out, ` \`...)
		l.newline(l.depth + 1)
	default:
		l.out = append(l.out, ' ')
	}
	if p.kind == kindOpen {
		l.depth++
	}
	l.closed = p.kind == kindClose || l.closed && p.kind == kindComment && !p.first
	l.out = append(l.out, l.text(i)...)
	l.end = p.line + strings.Count(p.text, "\n")
}

func (l *layout) newline(depth int) {
	l.out = append(l.out, '\n')
	for range depth {
		l.out = append(l.out, '\t')
	}
}

// begins reports whether a piece begins a line.
func (l *layout) begins(i int) bool {
	p, before := &l.pieces[i], l.pieces[i-1].kind
	switch p.kind {
	case kindClose:
		return true
	case kindOpen:
		return before == kindComment // above the global options
	case kindComment:
		return p.first || before == kindComment
	default:
		return p.first || before == kindOpen || before == kindComment // of a brace that was moved
	}
}

// isApart reports whether a piece that begins a line has a blank one before it.
func (l *layout) isApart(i int) bool {
	p, before := &l.pieces[i], l.pieces[i-1].kind
	switch {
	case before == kindOpen, p.kind == kindClose:
		return false
	case l.depth == 0 && l.closed:
		return true
	}
	return p.line > l.end+1
}

// text returns a piece as it is to be written.
func (l *layout) text(i int) string {
	p := &l.pieces[i]
	switch {
	case p.kind == kindComment:
		return strings.TrimRight(p.text, blanks)
	case p.kind == kindHeredoc:
		opening, rest, _ := strings.Cut(p.text, "\n")
		return strings.TrimRight(opening, blanks) + "\n" + rest
	case p.kind != kindWord, i+1 < len(l.pieces) && !l.begins(i+1):
		return p.text
	case strings.HasPrefix(p.text, "<<"): // which at the end of a line is a heredoc
		return `\` + p.text
	case strings.HasSuffix(p.text, `\`): // and this goes on in the next
		return p.text + " "
	}
	return p.text
}
