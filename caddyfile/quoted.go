package caddyfile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoted reads a word in quotes or backquotes, which may have several lines.
func (l *lexer) quoted(t *token) bool {
	src, quote := l.src, l.src[l.i]
	t.kind = kindQuoted
	if quote == '`' {
		t.kind = kindVerbatim
	}
	start := l.i + 1
	for i := start; i < len(src); i++ {
		switch c := src[i]; {
		case c == quote:
			l.finish(t, start, i, i+1)
			l.apart(t)
			return true
		case c == '\\' && quote == '"' && strings.HasPrefix(src[i+1:], `"`):
			i++
			t.marks |= markEscaped
		case c == '\\' && quote == '"' && strings.HasPrefix(src[i+1:], `\`):
			i++ // which escapes nothing either: \\" ends a word
		case c == '\n':
			l.newline(i + 1)
		case c == '\r':
			t.marks |= markEscaped
		case c == '{':
			t.marks |= markOpen
		}
	}
	l.unclosed(t, quote)
	return false
}

func (l *lexer) unclosed(t *token, quote byte) {
	hint := ""
	switch {
	case l.long.Line > 0:
		hint = ", or else the one at " + l.long.String() + ", which goes on over several lines"
	case quote == '"' && strings.Contains(l.src[t.offset:], `\"`):
		hint = `; \" does not close it`
	}
	l.fail(l.posOf(t), "this quote is never closed%s", hint)
	l.i, l.truncated = len(l.src), true
}

// apart reports a word that sticks to the quote that closes t.
func (l *lexer) apart(t *token) {
	several := l.line > int(t.line)
	if several {
		l.long = l.posOf(t)
	}
	if l.i == len(l.src) {
		return
	}
	c, _ := utf8.DecodeRuneInString(l.src[l.i:])
	switch {
	case unicode.IsSpace(c), c == '\\' && lineEnd(l.src[l.i+1:]) > 0:
	case several:
		l.fail(l.pos(l.i), "a space is missing after the quote that closes the one at %v", l.long)
	default:
		l.fail(l.pos(l.i), "a space is missing after the closing quote")
	}
}

// Quotes of word processors and of shells. Any of a kind closes any other.
const (
	curlyQuotes = "“”„‟"
	apostrophes = "'‘’‚‛"
)

// misquoted reports a word in quotes that are none. If they are closed in the
// same line, it reads what is between them as one word all the same.
func (l *lexer) misquoted(t *token) bool {
	c, size := utf8.DecodeRuneInString(l.src[l.i:])
	quotes, open := curlyQuotes, &l.curly
	if strings.ContainsRune(apostrophes, c) {
		quotes, open = apostrophes, &l.apostrophe
	} else if !strings.ContainsRune(quotes, c) {
		return false
	}
	problem := `%c is a typographic quote: use "`
	if c == '\'' {
		problem = "%c quotes nothing: use \" or ` (in those, it is taken as it is)"
	}
	start := l.i + size
	end, size := *open, 0
	if start > end { // or else one that closes has been looked for in vain
		end, size = closing(l.src, start, quotes)
	}
	if size == 0 {
		*open = end
		l.fail(l.posOf(t), problem, c)
		return false
	}
	l.mend(l.posOf(t), problem, c)
	t.kind = kindVerbatim
	if strings.Contains(l.src[start:end], "{") {
		t.marks |= markOpen
	}
	l.finish(t, start, end, end+size)
	return true
}

// closing returns where from i on in its line the first of some quotes is that
// ends a word, and its size, or else the end of the line and 0.
func closing(src string, i int, quotes string) (end, size int) {
	for i < len(src) && src[i] != '\n' {
		c, size := utf8.DecodeRuneInString(src[i:])
		after, _ := utf8.DecodeRuneInString(src[i+size:])
		if strings.ContainsRune(quotes, c) && (i+size == len(src) || unicode.IsSpace(after)) {
			return i, size
		}
		i += size
	}
	return i, 0
}

// unquote returns what is between quotes: only a quote can be escaped in there.
// A newline is a newline, however the file was saved.
func unquote(s string, k kind) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && k == kindQuoted && strings.HasPrefix(s[i+1:], `"`):
			i++
		case s[i] == '\\' && k == kindQuoted && strings.HasPrefix(s[i+1:], `\`):
			b.WriteByte('\\')
			i++
		case s[i] == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
