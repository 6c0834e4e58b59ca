package directive

import (
	"errors"
	"fmt"
	"regexp"
)

// maxRegexp is of how many bytes a pattern may be. What is compiled of one can be
// hundreds of times as long.
const maxRegexp = 4 << 10

// Regexp compiles a pattern of package regexp, which may be up to 4 KiB long. An empty
// one, which anything would match, is an error.
func Regexp(text string) (*regexp.Regexp, error) {
	switch {
	case text == "":
		return nil, errors.New("a pattern is empty")
	case len(text) > maxRegexp:
		return nil, fmt.Errorf("a pattern of %d bytes is too long: %d are allowed", len(text), maxRegexp)
	}
	return regexp.Compile(text)
}

// Regexp returns the word as [Regexp] does, or nil.
func (l *Line) Regexp(w Word) *regexp.Regexp {
	pattern, err := Regexp(w.Text)
	if err != nil {
		l.Errorf(w, "%w", err)
	}
	return pattern
}
