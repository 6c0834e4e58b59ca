package directive

import (
	"fmt"
	"slices"
	"strings"
)

// A Property is a line that a block may have.
type Property struct {
	Name string      // with "..." at its end if there may be several, see Line.Properties
	Read func(*Line) // what is called with each

	// Elsewhere is what the property is called in other versions of Caddy, and in other
	// servers. Those names are not understood, but whoever writes them is told this one.
	Elsewhere []string
}

// Noting returns p as one that also notes in at where it was given first, for what is of
// use only with another property, which may come later.
func (p Property) Noting(at *Word) Property {
	read := p.Read
	p.Read = func(l *Line) {
		if at.Text == "" {
			*at = l.Words[0]
		}
		read(l)
	}
	return p
}

// ReadBlock has every line of l's block, if it has one, read by the Property that it
// names. What Properties says of names goes for these, too.
func (l *Line) ReadBlock(properties func() []Property) {
	if l.Block == nil {
		return
	}
	known := properties()
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = p.Name
	}
	named := func(name string) int {
		return slices.IndexFunc(names, func(known string) bool { return strings.TrimSuffix(known, repeats) == name })
	}
	for _, p := range l.Block {
		i := slices.IndexFunc(known, func(other Property) bool { return slices.Contains(other.Elsewhere, p.Name()) })
		if i >= 0 && named(p.Name()) < 0 {
			// Of several errors at one place, the first counts.
			l.unknown(p, fmt.Sprintf(" (here it is called %q)", strings.TrimSuffix(names[i], repeats)))
		}
	}
	for _, p := range l.Properties(names...) {
		known[named(p.Name())].Read(p)
	}
}

// Value returns what reads a property that has one argument, and puts what parse makes
// of that to where it belongs:
//
//	directive.Value(&cfg.Timeout, (*directive.Line).Duration)
func Value[T any](to *T, parse func(*Line, Word) T) func(*Line) {
	return func(l *Line) { *to = parse(l, l.Arg()) }
}

// Flag returns what reads a property that has no arguments, and sets what it belongs to.
func Flag(to *bool) func(*Line) {
	return func(l *Line) {
		l.Args(0, 0)
		*to = true
	}
}

// unknown records that there is no property of p's name.
func (l *Line) unknown(p *Line, hint string) {
	err := l.wrap(p.Words[0], fmt.Errorf("unknown property %q%s", p.Name(), hint))
	err.From = p.from()
	l.c.errs = append(l.c.errs, err)
}
