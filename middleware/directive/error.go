package directive

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A Pos is a place in a Caddyfile. Lines and columns count from 1, columns in
// bytes.
type Pos struct {
	File      string
	Line, Col int
}

// String returns file:line:column.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Compare is below, at or above 0 if p is before, at or after q.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// An Import is a place that brought lines in from elsewhere.
type Import struct {
	Pos  Pos
	From *Import // what brought that in, in turn
}

// in returns i as seen from where outer brought its place in.
func (i *Import) in(outer *Import) *Import {
	switch {
	case i == nil:
		return outer
	case outer == nil:
		return i
	}
	return &Import{Pos: i.Pos, From: i.From.in(outer)}
}

// An Error is a mistake at a place in a Caddyfile.
type Error struct {
	Pos    Pos
	Path   string  // the directive and what led from there: "proxy: policy"; may be empty
	From   *Import // how that place came to count, if it was imported
	Source string  // the line it is in, if known
	Err    error
}

// Error says where, in what, and why; then, indented, the line itself with the
// place marked and the imports that led to it, as far as they are known:
//
//	Caddyfile:12:8: proxy: policy: unknown policy "rnd" (did you mean "random"?)
//		policy rnd
//		       ^
//		imported at Caddyfile:3:2
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: ", e.Pos)
	if e.Path != "" {
		fmt.Fprintf(&b, "%s: ", e.Path)
	}
	fmt.Fprint(&b, e.Err)
	if e.Source != "" {
		line, mark := excerpt(e.Source, e.Pos.Col)
		fmt.Fprintf(&b, "\n\t%s\n\t%s^", line, mark)
	}
	for i := e.From; i != nil; i = i.From {
		fmt.Fprintf(&b, "\n\timported at %v", i.Pos)
	}
	return b.String()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// excerpt returns what to show of a line, and the blanks that bring a mark
// below it to column col. A line too long for a terminal is cut on both sides.
func excerpt(source string, col int) (line, mark string) {
	const before, after = 60, 40
	col = max(0, min(col-1, len(source)))
	start, end := 0, len(source)
	var head, tail string
	if col > before {
		start, head = col-before, "…"
	}
	if end > col+after {
		end, tail = col+after, "…"
	}
	blank := func(c rune) rune {
		if c == '\t' {
			return '\t'
		}
		return ' '
	}
	visible := func(c rune) rune {
		if c != '\t' && !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}
	trim := func(s string) string { return strings.ToValidUTF8(s, "") } // what cutting left of a character
	left, right := strings.Map(visible, trim(source[start:col])), strings.Map(visible, trim(source[col:end]))
	if head == "" {
		indented := left
		left = strings.TrimLeft(left, " \t")
		if left == "" && indented != "" {
			right = strings.TrimLeft(right, " \t")
		}
	}
	left = head + left
	return left + right + tail, strings.Map(blank, left)
}

// Join returns errs as one error, in the order of the file. Of several at one
// place only the first counts: the others are its consequence.
func Join(errs ...*Error) error {
	errs = slices.Clone(errs)
	slices.SortStableFunc(errs, func(a, b *Error) int { return a.Pos.Compare(b.Pos) })
	var all []error
	for i, e := range errs {
		if i == 0 || e.Pos != errs[i-1].Pos {
			all = append(all, e)
		}
	}
	return errors.Join(all...)
}

// Suggest returns ` (did you mean "…"?)` with the one of names that word is
// most likely a mistyped form of, or "" if it is none's.
func Suggest(word string, names ...string) string {
	best, least := "", 3 // two slips are as many as can be told from another word
	if len(word) < 4 {
		least = 2
	}
	for _, name := range names {
		if d := distance(strings.ToLower(word), strings.ToLower(name), least); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance returns how many letters have to be put in, left out, replaced or
// exchanged with their neighbour to make b of a, or some number not below limit.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit || len(a) > 64 {
		return limit
	}
	var (
		before = make([]int, len(b)+1)
		last   = make([]int, len(b)+1)
		row    = make([]int, len(b)+1)
	)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
