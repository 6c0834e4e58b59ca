package directive

import (
	"io/fs"
	"os"

	"github.com/shallot-http/shallot/middleware"
)

// DependsOn tells that the site is made of what is in a file, which is about to be
// read. If that is another by the time of a reload, the site is set up again although
// its lines say the same.
func (s *Site) DependsOn(name string) {
	if s.inputs == nil {
		s.inputs = new([]input)
	}
	info, _ := os.Stat(name)
	*s.inputs = append(*s.inputs, input{name, info})
}

// Outdated reports whether there is a file that [Site.DependsOn] was told of, and has
// been replaced, changed or removed since.
func (s *Site) Outdated() bool {
	if s.inputs == nil {
		return false
	}
	for _, in := range *s.inputs {
		if info, _ := os.Stat(in.name); !middleware.Unchanged(in.info, info) {
			return true
		}
	}
	return false
}

// Dependencies returns the names that [Site.DependsOn] was told.
func (s *Site) Dependencies() (names []string) {
	if s.inputs != nil {
		for _, in := range *s.inputs {
			names = append(names, in.name)
		}
	}
	return names
}

type input struct {
	name string
	info fs.FileInfo // nil if there was none
}
