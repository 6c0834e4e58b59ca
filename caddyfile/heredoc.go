package caddyfile

import (
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// maxMarker is how long the END of a heredoc may be, which is looked for at the
// beginning of every line; not at every character, compare caddy#6058.
const maxMarker = 64

// heredocMarker returns END if s begins with <<END and the end of the line. With
// more in the line it is a word like any other.
func heredocMarker(s string) (marker string, ok bool) {
	rest, ok := strings.CutPrefix(s, "<<")
	if !ok {
		return "", false
	}
	end := strings.IndexAny(rest, blanks+"\n")
	if end < 0 {
		return rest, true
	}
	after := strings.TrimLeft(rest[end:], blanks)
	return rest[:end], after == "" || after[0] == '\n'
}

const blanks = " \t\v\f\r"

// checkMarker says what is wrong with the marker of a heredoc.
func checkMarker(marker string) string {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	switch {
	case marker == "":
		return `a marker is missing after <<, as in <<END (for the word itself, write \<<)`
	case marker[0] == '<':
		return "a heredoc begins with two <, as in <<END"
	case len(marker) > maxMarker:
		return "the marker of a heredoc must not be longer than 64 bytes"
	case strings.Trim(marker, allowed) != "":
		return `the marker of a heredoc consists of letters, digits, - and _, as in <<END (for the word itself, write \<<)`
	}
	return ""
}

// heredoc reads the lines below the marker up to one that begins with it.
func (l *lexer) heredoc(t *token, marker string) bool {
	src := l.src
	t.kind = kindHeredoc
	if problem := checkMarker(marker); problem != "" {
		l.fail(l.posOf(t), "%s", problem)
		l.i, l.truncated = len(src), true
		return false
	}
	body := lineAfter(src, l.i)
	for bol, next := body, 0; bol < len(src); bol = next {
		l.newline(bol)
		next = lineAfter(src, bol)
		line := src[bol:next]
		unindented := strings.TrimLeft(line, " \t")
		if rest, ok := strings.CutPrefix(unindented, marker); ok && (rest == "" || strings.ContainsRune(blanks+"\n", rune(rest[0]))) {
			indent := line[:len(line)-len(unindented)]
			l.finish(t, body, max(body, bol-1), bol+len(indent)+len(marker))
			l.lookThrough(t, indent)
			return true
		}
	}
	l.fail(l.posOf(t), "this heredoc is never closed: no line below begins with %s", marker)
	l.i, l.truncated = len(src), true
	return false
}

// lineAfter returns where the line after the one at i begins.
func lineAfter(src string, i int) int {
	if n := strings.IndexByte(src[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(src)
}

// lookThrough sets the marks of a heredoc, and checks that all of its lines are
// indented as the last one, which has the marker.
func (l *lexer) lookThrough(t *token, indent string) {
	text := l.src[t.start:t.end]
	if strings.Contains(text, "{") {
		t.marks |= markOpen
	}
	if strings.Contains(text, "\r") {
		t.marks |= markEscaped
	}
	if indent == "" {
		return
	}
	n := int(t.line)
	for line := range strings.Lines(text) {
		n++
		if !strings.HasPrefix(line, indent) && strings.Trim(line, blanks+"\n") != "" {
			l.fail(directive.Pos{File: l.file, Line: n, Col: 1},
				"this line of a heredoc is not indented as its last one, with the marker")
			return
		}
	}
}

// heredocText returns what a heredoc says: its lines without the indentation of
// the last one, and without carriage returns before newlines.
func heredocText(src string, t *token) string {
	text := src[t.start:t.end]
	last := src[min(int(t.end)+1, len(src)):]
	indent := last[:len(last)-len(strings.TrimLeft(last, " \t"))]
	if indent == "" && t.marks&markEscaped == 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for line := range strings.Lines(text) {
		unindented, ok := strings.CutPrefix(line, indent)
		if !ok {
			unindented = strings.TrimLeft(line, " \t") // there is nothing else in it
		}
		content, newline := strings.CutSuffix(unindented, "\n")
		b.WriteString(strings.TrimSuffix(content, "\r"))
		if newline {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
