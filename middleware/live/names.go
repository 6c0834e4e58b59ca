package live

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Names give layers numbers, that take less room in a request and can be stored at
// once. There are as many as a program has kinds of layers.
type names struct {
	table atomic.Pointer[nameTable]
	mu    sync.Mutex // held while replacing it
}

type nameTable struct {
	numbers map[string]uint8
	names   []string
}

// number returns that of a name, from 1 on, or 0 if there are too many.
func (n *names) number(name string) uint8 {
	if t := n.table.Load(); t != nil {
		if i, ok := t.numbers[name]; ok {
			return i
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	next := &nameTable{numbers: map[string]uint8{}, names: []string{""}}
	if t := n.table.Load(); t != nil {
		if i, ok := t.numbers[name]; ok {
			return i
		}
		next.numbers, next.names = maps.Clone(t.numbers), t.names
	}
	if len(next.names) > 255 {
		return 0
	}
	next.numbers[name] = uint8(len(next.names))
	next.names = append(next.names[:len(next.names):len(next.names)], name)
	n.table.Store(next)
	return next.numbers[name]
}

// name returns the name of a number.
func (n *names) name(number uint8) string {
	if t := n.table.Load(); t != nil && int(number) < len(t.names) {
		return t.names[number]
	}
	return ""
}
