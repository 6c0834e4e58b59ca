package browse

import (
	"cmp"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
)

// A Sort is what entries are sorted by. What is the same in that is sorted by name.
type Sort int

const (
	SortNameDirFirst Sort = iota // by name, folders first
	SortName
	SortSize // folders first
	SortTime
	SortExt // folders first
)

var sortNames = [...]string{"namedirfirst", "name", "size", "time", "ext"}

func (s Sort) String() string { return sortNames[s] }

// looks reports whether s takes more than names.
func (s Sort) looks() bool { return s == SortSize || s == SortTime }

// An Order is the direction of a [Sort]. Folders that are first stay there.
type Order int

const (
	Ascending Order = iota
	Descending
)

var orderNames = [...]string{"asc", "desc"}

func (o Order) String() string { return orderNames[o] }

// compare returns how entries are compared; facts are nil unless s looks.
func (s Sort) compare(o Order, names []entry, facts []fact) func(a, b int32) int {
	sign := 1
	if o == Descending {
		sign = -1
	}
	byName := func(a, b int32) int { return sign * compareNames(names[a].name, names[b].name) }
	folders := func(a, b int32) int {
		switch {
		case names[a].folder == names[b].folder:
			return 0
		case names[a].folder:
			return -1
		}
		return 1
	}
	switch s {
	case SortName:
		return byName
	case SortNameDirFirst:
		return func(a, b int32) int {
			if c := folders(a, b); c != 0 {
				return c
			}
			return byName(a, b)
		}
	case SortExt:
		return func(a, b int32) int {
			c := folders(a, b)
			if c == 0 && !names[a].folder {
				c = sign * compareNames(path.Ext(names[a].name), path.Ext(names[b].name))
			}
			if c == 0 {
				c = byName(a, b)
			}
			return c
		}
	case SortTime:
		return func(a, b int32) int {
			if c := cmp.Compare(facts[a].modified, facts[b].modified); c != 0 {
				return sign * c
			}
			return byName(a, b)
		}
	}
	return func(a, b int32) int {
		c := folders(a, b)
		if c == 0 {
			c = sign * cmp.Compare(facts[a].size, facts[b].size)
		}
		if c == 0 {
			c = byName(a, b)
		}
		return c
	}
}

// arrange has p[lo:hi] be what it would be if p were sorted, and p[:lo] and p[hi:]
// what would be there, in whatever order. It takes time in proportion to len(p),
// and to what it takes to sort what was asked for; nobody can choose names for
// which it takes longer.
func arrange(p []int32, lo, hi int, compare func(a, b int32) int) {
	lo, hi = max(lo, 0), min(hi, len(p))
	for lo < hi {
		if lo == 0 && hi == len(p) || len(p) <= 24 {
			slices.SortFunc(p, compare)
			return
		}
		m := partition(p, compare)
		switch {
		case hi <= m:
			p = p[:m]
		case lo > m:
			p, lo, hi = p[m+1:], lo-m-1, hi-m-1
		default:
			arrange(p[:m], lo, m, compare)
			p, lo, hi = p[m+1:], 0, hi-m-1
		}
	}
}

// partition puts what is less than some element before it, and returns where that
// is. There are no two equals.
func partition(p []int32, compare func(a, b int32) int) int {
	last := len(p) - 1
	a, b, c := rand.IntN(len(p)), rand.IntN(len(p)), rand.IntN(len(p))
	if compare(p[a], p[b]) > 0 {
		a, b = b, a
	}
	if compare(p[b], p[c]) > 0 {
		b = c
	}
	if compare(p[a], p[b]) > 0 {
		b = a
	}
	p[b], p[last] = p[last], p[b]
	pivot, m := p[last], 0
	for i, v := range p[:last] {
		if compare(v, pivot) < 0 {
			p[i], p[m] = p[m], v
			m++
		}
	}
	p[m], p[last] = p[last], p[m]
	return m
}

// contains reports whether a name contains part, which is folded.
func contains(name, part string) bool { return strings.Contains(foldName(name), part) }
