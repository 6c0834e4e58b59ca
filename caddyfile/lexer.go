package caddyfile

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A token is a word, a brace or a comment. It refers to the text it stands in
// and holds no pointer, so that millions of them are little work.
type token struct {
	offset     uint32 // of its first byte: of the quote, if there is one
	start, end uint32 // what it says, as written; of a heredoc, its lines without the last newline
	line, col  uint32
	kind       kind
	marks      marks
}

type kind uint8

const (
	kindWord     kind = iota
	kindQuoted        // "…"
	kindVerbatim      // `…`
	kindHeredoc       // <<END …
	kindOpen          // {
	kindClose         // }
	kindComment       // # and the rest of the line; only if asked for
)

func (k kind) isWord() bool { return k <= kindHeredoc }

// marks are what was noticed of a token on the way. Few need a second look.
type marks uint8

const (
	markFirst   marks = 1 << iota // of its line
	markOpen                      // has a {
	markClose                     // has a }
	markWide                      // has more than ASCII
	markEscaped                   // has \" or a carriage return

	// Bytes may have these, too.
	byteBlank
	byteNewline
	byteEscape
)

// classes says what there is to a byte in a plain word, which mostly is nothing.
var classes = func() (c [256]marks) {
	for _, blank := range " \t\v\f\r" {
		c[blank] = byteBlank
	}
	c['\n'], c['\\'], c['{'], c['}'] = byteNewline, byteEscape, markOpen, markClose
	for i := utf8.RuneSelf; i < len(c); i++ {
		c[i] = markWide
	}
	return c
}()

// A lexer cuts a Caddyfile into tokens. It reports what is wrong and goes on,
// unless nothing of the rest would make sense.
type lexer struct {
	file     string
	src      string
	limits   Limits
	comments bool // are tokens, too
	fail     func(at directive.Pos, format string, args ...any)

	i         int // what is before has been read
	line      int // that of i
	bol       int // where that line begins
	fresh     bool
	split     int  // up to there, words have been inspected
	truncated bool // the rest made no sense
	mended    int  // problems that were read as what was meant

	curly, apostrophe int           // up to there, no such quote closes a word
	long              directive.Pos // of the last quote that went on in another line
}

// newLexer returns a lexer for src, which must be well-formed; see readable.
func newLexer(file, src string, limits Limits, fail func(directive.Pos, string, ...any)) *lexer {
	l := &lexer{file: file, src: src, limits: limits, fail: fail, line: 1, fresh: true}
	if strings.HasPrefix(src, byteOrderMark) {
		l.i = len(byteOrderMark)
		l.bol = l.i
	}
	return l
}

const byteOrderMark = "\ufeff"

// mend is fail for what is read as what was meant.
func (l *lexer) mend(at directive.Pos, format string, args ...any) {
	l.mended++
	l.fail(at, format, args...)
}

// pos returns the place of an offset in the current line.
func (l *lexer) pos(offset int) directive.Pos {
	return directive.Pos{File: l.file, Line: l.line, Col: offset - l.bol + 1}
}

// next reads a token, if there is one.
func (l *lexer) next(t *token) bool {
	src, i := l.src, l.i
	for i < len(src) {
		switch c := src[i]; {
		case c == '\n':
			i++
			l.newline(i)
			l.fresh = true
		case classes[c] == byteBlank:
			i++
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(src[i:])
			if !unicode.IsSpace(r) {
				l.i = i
				return l.word(t)
			}
			i += size
		case c == '\\' && lineEnd(src[i+1:]) > 0:
			i += 1 + lineEnd(src[i+1:])
			l.newline(i)
		case c == '#' || c == '/' && l.fresh && strings.HasPrefix(src[i:], "//"):
			if c == '/' {
				l.mend(l.pos(i), "comments begin with #, not with //")
			}
			end := i + lineLen(src[i:])
			if l.comments {
				l.i = i
				l.begin(t, kindComment)
				l.finish(t, i, end, end)
				return true
			}
			i = end
		default:
			l.i = i
			return l.word(t)
		}
	}
	l.i = i
	return false
}

func (l *lexer) newline(bol int) { l.line, l.bol = l.line+1, bol }

// lineEnd returns how long the newline is that s begins with, or 0.
func lineEnd(s string) int {
	switch {
	case strings.HasPrefix(s, "\n"):
		return 1
	case strings.HasPrefix(s, "\r\n"):
		return 2
	}
	return 0
}

// lineLen returns how long the first line of s is, without its newline.
func lineLen(s string) int {
	line, _, _ := strings.Cut(s, "\n")
	return len(strings.TrimSuffix(line, "\r"))
}

// begin makes t a token that begins here.
func (l *lexer) begin(t *token, k kind) {
	*t = token{offset: uint32(l.i), line: uint32(l.line), col: uint32(l.i - l.bol + 1), kind: k}
	if l.fresh {
		t.marks, l.fresh = markFirst, false
	}
}

// finish has t say src[start:end], and goes on at rest.
func (l *lexer) finish(t *token, start, end, rest int) {
	t.start, t.end, l.i = uint32(start), uint32(end), rest
	limit, what, field := l.limits.WordSize, "word", "WordSize"
	switch t.kind {
	case kindHeredoc:
		limit, what, field = l.limits.HeredocSize, "heredoc", "HeredocSize"
	case kindComment:
		limit = math.MaxInt
	}
	if end-start > limit {
		l.fail(l.posOf(t), "this %s has %d bytes, and must not have more than %d (Limits.%s)", what, end-start, limit, field)
	}
}

func (l *lexer) posOf(t *token) directive.Pos {
	return directive.Pos{File: l.file, Line: int(t.line), Col: int(t.col)}
}

// word reads a word or a brace.
func (l *lexer) word(t *token) bool {
	l.begin(t, kindWord)
	start := l.i
	switch l.src[start] {
	case '"', '`':
		return l.quoted(t)
	case '\'', "“"[0]:
		if start >= l.split && l.misquoted(t) {
			return true
		}
	case '<':
		if marker, ok := heredocMarker(l.src[start:]); ok {
			return l.heredoc(t, marker)
		}
	case '\\':
		if strings.HasPrefix(l.src[start+1:], "<") {
			start++ // which keeps it from being a heredoc
		}
	case '}':
		if strings.HasPrefix(l.src[start+1:], "}") {
			l.mend(l.pos(start+1), "a space is missing after }")
			t.kind = kindClose
			l.finish(t, start, start+1, start+1)
			return true
		}
	}
	end, seen := l.plain(start)
	t.marks |= seen
	l.finish(t, start, end, end)
	if seen != 0 && start >= l.split {
		l.inspect(t)
	}
	return true
}

// plain returns where the plain word at i ends, and what it has.
func (l *lexer) plain(i int) (end int, seen marks) {
	src := l.src
	for ; i < len(src); i++ {
		class := classes[src[i]]
		if class == 0 {
			continue
		}
		switch class {
		case byteBlank, byteNewline:
			return i, seen
		case byteEscape:
			if lineEnd(src[i+1:]) > 0 {
				return i, seen
			}
		case markWide:
			r, size := utf8.DecodeRuneInString(src[i:])
			if unicode.IsSpace(r) {
				return i, seen
			}
			i += size - 1
			seen |= class
		default:
			seen |= class
		}
	}
	return i, seen
}
