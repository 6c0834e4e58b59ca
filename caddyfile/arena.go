package caddyfile

import "github.com/shallot-http/shallot/middleware/directive"

// An arena hands out pieces of larger ones: what a Caddyfile consists of is many
// and small, and lives equally long.
type arena struct {
	words []directive.Word // all three: empty, but for their capacity
	lines []directive.Line
	lists []*directive.Line
	grown [3]int
}

// chunk returns how many to make at a time: few for a small file.
func chunk(last *int) int {
	*last = min(max(2**last, 32), 1024)
	return *last
}

// begin returns an empty slice to append words to, of which n are expected.
func (a *arena) begin(n int) []directive.Word {
	if n > cap(a.words) {
		a.words = make([]directive.Word, 0, max(n, chunk(&a.grown[0])))
	}
	return a.words
}

// end returns the words that were appended to what begin returned.
func (a *arena) end(words []directive.Word) []directive.Word {
	n := len(words)
	if cap(words) == cap(a.words) { // or else they were more
		a.words = words[n:n]
	}
	return words[:n:n]
}

func (a *arena) line() *directive.Line {
	if len(a.lines) == cap(a.lines) {
		a.lines = make([]directive.Line, 0, chunk(&a.grown[1]))
	}
	a.lines = append(a.lines, directive.Line{})
	return &a.lines[len(a.lines)-1]
}

// list returns an empty slice with room for n lines. It is not nil.
func (a *arena) list(n int) []*directive.Line {
	const many = 64
	if n == 0 || n > many {
		return make([]*directive.Line, 0, n)
	}
	if n > cap(a.lists) {
		a.lists = make([]*directive.Line, 0, max(n, chunk(&a.grown[2])))
	}
	list := a.lists[:0:n]
	a.lists = a.lists[n:n]
	return list
}
