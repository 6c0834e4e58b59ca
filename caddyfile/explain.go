package caddyfile

import (
	"errors"
	"fmt"

	"github.com/shallot-http/shallot/middleware/directive"
)

const (
	maxReported = 10   // errors that somebody will read
	maxKept     = 1000 // errors to choose them from: the first in the file are best
)

// fail records what is wrong at a place.
func (p *parser) fail(at directive.Pos, from *directive.Import, format string, args ...any) {
	if len(p.errs) == maxKept {
		p.more++
		return
	}
	p.errs = append(p.errs, &directive.Error{Pos: at, From: from, Err: fmt.Errorf(format, args...)})
}

// mend is fail for what is read as what was meant.
func (p *parser) mend(at directive.Pos, from *directive.Import, format string, args ...any) {
	p.mended++
	p.fail(at, from, format, args...)
}

// failures returns how often fail was called.
func (p *parser) failures() int { return len(p.errs) + p.more }

// exceed is fail for what must not go on.
func (p *parser) exceed(at directive.Pos, from *directive.Import, format string, args ...any) {
	if !p.stopped {
		p.fail(at, from, format, args...)
	}
	p.stopped = true
}

// Explain adds to every [directive.Error] in err what f knows of its place: the
// line itself, and if it was imported, from where. It puts them in the order of
// the file, leaves out those of a place that has one, and all after the tenth,
// of which it says only how many there are.
func (f *File) Explain(err error) error {
	var placed []*directive.Error
	var others []error
	for leaf := range leaves(err) {
		if e, ok := leaf.(*directive.Error); ok {
			placed = append(placed, e)
			continue
		}
		if e, ok := errors.AsType[*directive.Error](leaf); ok {
			f.fill(e)
		}
		others = append(others, leaf)
	}
	return f.report(placed, 0, others...)
}

// explainer returns what it takes of f to explain errors.
func (f *File) explainer() *File {
	return &File{Name: f.Name, sources: f.sources, hints: f.hints}
}

// report returns errs as one error, which mentions that there are more.
func (f *File) report(errs []*directive.Error, more int, others ...error) error {
	var all []error
	for leaf := range leaves(directive.Join(errs...)) {
		all = append(all, leaf)
	}
	all = append(all, others...)
	if n := len(all) - maxReported; n > 0 {
		all, more = all[:maxReported], more+n
	}
	for _, err := range all {
		if e, ok := err.(*directive.Error); ok {
			f.fill(e)
		}
	}
	if more > 0 {
		all = append(all, fmt.Errorf("and %d more", more))
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

// fill completes e.
func (f *File) fill(e *directive.Error) {
	s := f.sources[e.Pos.File]
	if s == nil {
		return
	}
	if e.Source == "" {
		e.Source = s.line(e.Pos.Line)
		if h, ok := f.hints[e.Pos]; ok && h.warning != e {
			e.Err = fmt.Errorf("%w (%s)", e.Err, h.text)
		}
	}
	if e.From == nil {
		e.From = s.importOf(e.Pos.Line)
	}
}

// importOf returns what first imported the snippet that a line is in, or else
// the file.
func (s *source) importOf(line int) *directive.Import {
	for _, def := range s.defs {
		if def.from != nil && int(def.first) <= line && line <= int(def.last) {
			return def.from
		}
	}
	return s.from
}

// leaves calls yield with every error that was joined to err.
func leaves(err error) func(yield func(error) bool) {
	return func(yield func(error) bool) { visit(err, yield) }
}

func visit(err error, yield func(error) bool) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !visit(e, yield) {
				return false
			}
		}
		return true
	}
	return err == nil || yield(err)
}
