package caddyfile

import (
	"strings"
	"unicode/utf8"
)

// inspect looks at a plain word with braces or with more than ASCII in it. It is
// a brace, or has one that lacks a space, or is not what it seems to be.
func (l *lexer) inspect(t *token) {
	s := l.src[t.start:t.end]
	switch s {
	case "{":
		t.kind = kindOpen
		return
	case "}":
		t.kind = kindClose
		return
	}
	if t.marks&markWide != 0 {
		l.inspectWide(t, s)
	}
	opens, closes := t.marks&markOpen != 0, t.marks&markClose != 0
	first, last, end := s[0], s[len(s)-1], int(t.end)
	switch {
	case first == '{' && !closes && !strings.HasPrefix(s, "{$") && !strings.HasPrefix(s, "{args["):
		l.mend(l.posOf(t), "%q is read as one word: after a { that opens a block there has to be a space, and a word with blanks has to be in quotes", clip(s))
		t.kind, t.end = kindOpen, t.start+1
		l.split = end
	case first == '}' && !opens:
		l.mend(l.pos(int(t.start)+1), "a space is missing after }")
		t.kind, t.end = kindClose, t.start+1
	case last == '{':
		l.mend(l.pos(end-1), "a space is missing before {")
		t.end--
	case last == '}' && !opens:
		l.mend(l.pos(end-1), "a space is missing before }")
		t.end--
	}
	l.i = int(t.end)
}

// inspectWide reports characters that look like others: word processors and web
// pages put them there.
func (l *lexer) inspectWide(t *token, s string) {
	const (
		dashes    = "‒–—―−"
		invisible = "\u00ad\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
	)
	if i := strings.IndexAny(s, invisible); i >= 0 {
		c, _ := utf8.DecodeRuneInString(s[i:])
		l.fail(l.pos(int(t.start)+i), "the character %U in this word cannot be seen: remove it, or put the word in quotes", c)
		return
	}
	c, size := utf8.DecodeRuneInString(s)
	switch {
	case strings.ContainsRune(dashes, c):
		l.mend(l.posOf(t), "%q begins with a typographic dash (did you mean %q?); in quotes it is taken as it is", clip(s), "--"+clip(strings.TrimLeft(s[size:], "-")))
	case strings.ContainsRune(curlyQuotes, c): // misquoted has said so
	default:
		if c, size := utf8.DecodeLastRuneInString(s); strings.ContainsRune(curlyQuotes, c) {
			l.fail(l.pos(int(t.end)-size), `%c is a typographic quote: use "`, c)
		}
	}
}

// clip cuts a word short that an error is to quote.
func clip(s string) string {
	const enough = 64
	if len(s) <= enough {
		return s
	}
	return strings.ToValidUTF8(s[:enough], "") + "…"
}
