package caddyfile

import (
	"fmt"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Tokens returns the tokens of src, comments included, each as its place and what
// it says, and what is wrong with them.
func Tokens(src string) (tokens, problems []string) {
	l := newLexer("", src, Limits{}.complete(), func(at directive.Pos, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%d:%d %s", at.Line, at.Col, fmt.Errorf(format, args...)))
	})
	l.comments = true
	for t := new(token); l.next(t); {
		form := [...]string{"%s", "%q", "`%s`", "<<%q", "%s", "%s", "%s"}[t.kind]
		text := src[t.start:t.end]
		switch {
		case t.kind == kindHeredoc:
			text = heredocText(src, t)
		case t.marks&markEscaped != 0:
			text = unquote(text, t.kind)
		}
		first := ""
		if t.marks&markFirst != 0 {
			first = "|"
		}
		tokens = append(tokens, fmt.Sprintf("%s%d:%d "+form, first, t.line, t.col, text))
	}
	return tokens, problems
}

// Uncovered returns what of src, which has to be well-formed, is in no token: all
// that a formatter is free to change.
func Uncovered(src string) string {
	var b strings.Builder
	l := newLexer("", src, Limits{}.complete(), func(directive.Pos, string, ...any) {})
	l.comments = true
	i := l.i
	for t := new(token); l.next(t); i = l.i {
		b.WriteString(src[i:t.offset])
	}
	return b.String() + src[i:]
}

// CountTokens returns how many tokens there are in src.
func CountTokens(src string) (n int) {
	l := newLexer("", src, Limits{}.complete(), func(directive.Pos, string, ...any) {})
	for t := new(token); l.next(t); n++ {
	}
	return n
}
