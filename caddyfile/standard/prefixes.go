package standard

import (
	"iter"
	"slices"
)

// prefixes finds what is known by the beginnings of a path, without a look at all
// there is: of thousands of lines each is compared with all others.
type prefixes[T any] struct {
	by      map[string][]T
	lengths []int // of the keys, the shortest first
}

func (p *prefixes[T]) add(path string, v T) {
	if p.by == nil {
		p.by = map[string][]T{}
	}
	p.by[path] = append(p.by[path], v)
	if i, ok := slices.BinarySearch(p.lengths, len(path)); !ok {
		p.lengths = slices.Insert(p.lengths, i, len(path))
	}
}

func (p *prefixes[T]) remove(path string) { delete(p.by, path) }

// of returns what was added for path and its beginnings.
func (p *prefixes[T]) of(path string) iter.Seq2[string, []T] {
	return func(yield func(string, []T) bool) {
		for _, n := range p.lengths {
			if n > len(path) {
				return
			}
			if all := p.by[path[:n]]; all != nil && !yield(path[:n], all) {
				return
			}
		}
	}
}
