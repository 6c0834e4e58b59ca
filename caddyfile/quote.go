package caddyfile

import (
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// quote returns how to write a word, wherever it stands in its line: without quotes
// if it may be plain and can be, else in the first kind that can hold it. Not every
// word can be written: none has zero bytes or carriage returns.
func quote(text string, plain bool) (written string, ok bool) {
	if plain && !strings.HasSuffix(text, `\`) && says(text, kindWord, text) {
		return text, true
	}
	if written := `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`; says(written, kindQuoted, text) {
		return written, true
	}
	if written := "`" + text + "`"; says(written, kindVerbatim, text) {
		return written, true
	}
	marker := freeMarker(text)
	written = "<<" + marker + "\n" + text + "\n" + marker
	return written, says(written, kindHeredoc, text)
}

// says reports whether a text is one token that says want.
func says(written string, k kind, want string) bool {
	if strings.ContainsAny(written, "\x00\r") {
		return false
	}
	fine := true
	l := newLexer("", written, Limits{}.complete(), func(directive.Pos, string, ...any) { fine = false })
	l.comments = true
	var t token
	if !l.next(&t) || t.kind != k || !fine || l.i != len(written) {
		return false
	}
	switch got := written[t.start:t.end]; {
	case k == kindHeredoc:
		return heredocText(written, &t) == want
	case k == kindQuoted:
		return unquote(got, k) == want
	default:
		return got == want
	}
}

// freeMarker returns a marker that no line of a text begins with.
func freeMarker(text string) string {
	taken := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(line, " \t")
		if i := strings.IndexAny(line, blanks+"\n"); i >= 0 {
			line = line[:i]
		}
		if strings.HasPrefix(line, "END") {
			taken[line] = true
		}
	}
	marker := "END"
	for n := 2; taken[marker]; n++ {
		marker = "END" + strconv.Itoa(n)
	}
	return marker
}
