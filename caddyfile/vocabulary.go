package caddyfile

import (
	"fmt"
	"slices"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A Vocabulary is the directives that a Caddyfile may use. Their order is that
// of the layers they become, the first one outermost, whatever order a Caddyfile
// names them in. Package standard has the usual one.
type Vocabulary []directive.Directive

// Before returns a vocabulary that has d, too, just outside the directive called
// name. It fails if there is no such directive, or one with d's name already.
func (v Vocabulary) Before(name string, d directive.Directive) (Vocabulary, error) {
	return v.insert(name, 0, d)
}

// After returns a vocabulary that has d, too, just inside the directive called
// name. It fails if there is no such directive, or one with d's name already.
func (v Vocabulary) After(name string, d directive.Directive) (Vocabulary, error) {
	return v.insert(name, 1, d)
}

func (v Vocabulary) insert(name string, offset int, d directive.Directive) (Vocabulary, error) {
	at := v.index(name)
	switch {
	case at < 0:
		return nil, fmt.Errorf("no directive %q to put %q beside%s", name, d.Name, directive.Suggest(name, v.Names()...))
	case v.index(d.Name) >= 0:
		return nil, fmt.Errorf("there is a directive %q already", d.Name)
	case d.Setup == nil:
		return nil, fmt.Errorf("directive %q has no Setup", d.Name)
	}
	return slices.Insert(slices.Clone(v), at+offset, d), nil
}

func (v Vocabulary) index(name string) int {
	return slices.IndexFunc(v, func(d directive.Directive) bool { return d.Name == name })
}

// Names returns the names of the directives, outermost first.
func (v Vocabulary) Names() []string {
	names := make([]string, len(v))
	for i, d := range v {
		names[i] = d.Name
	}
	return names
}
