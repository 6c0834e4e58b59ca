package condition

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// A Condition is something that holds for a request or does not. It is made by
// [Parse].
type Condition struct {
	a, b    *placeholder.Template
	holds   func(a, b []byte) bool
	pattern *regexp.Regexp // in place of b and holds
	want    bool           // what the operator has to come to
	rooms   *sync.Pool     // of *room
}

// A room is where the texts of one request are put together.
type room struct{ a, b []byte }

// roomy is how many bytes a room may have to be kept.
const roomy = 4096

// operators are those without a prefix, but for match.
var operators = map[string]func(a, b []byte) bool{
	"is":          bytes.Equal,
	"has":         bytes.Contains,
	"starts_with": bytes.HasPrefix,
	"ends_with":   bytes.HasSuffix,
}

// Parse returns the Condition that the package comment describes.
func Parse(a, operator, b string) (Condition, error) {
	name, negated := strings.CutPrefix(operator, "not_")
	if operator == "not" {
		name, negated = "is", true
	}
	c := Condition{
		a:     placeholder.Compile(a, placeholder.Plain),
		want:  !negated,
		rooms: &sync.Pool{New: func() any { return new(room) }},
	}
	if name == "match" {
		pattern, err := directive.Regexp(b)
		c.pattern = pattern
		return c, err
	}
	holds, ok := operators[name]
	if !ok {
		hint := directive.Suggest(operator, Operators()...)
		if hint == "" {
			hint = " (it is one of " + strings.Join(Operators()[:6], ", ") + ", or one of these with not_ in front)"
		}
		return c, fmt.Errorf("unknown operator %q%s", operator, hint)
	}
	c.holds, c.b = holds, placeholder.Compile(b, placeholder.Plain)
	return c, nil
}

// Operators returns the names of all operators.
func Operators() []string {
	return []string{
		"is", "not", "has", "starts_with", "ends_with", "match",
		"not_has", "not_starts_with", "not_ends_with", "not_match", "not_is",
	}
}

// Holds reports whether c holds for what v is of.
func (c *Condition) Holds(v *placeholder.Values) bool {
	room := c.rooms.Get().(*room)
	room.a = c.a.Append(room.a[:0], v)
	var holds bool
	if c.pattern != nil {
		holds = c.pattern.Match(room.a)
	} else {
		room.b = c.b.Append(room.b[:0], v)
		holds = c.holds(room.a, room.b)
	}
	if cap(room.a)+cap(room.b) <= roomy {
		c.rooms.Put(room)
	}
	return holds == c.want
}

// A Set is conditions that have to hold together. The zero Set always holds.
type Set struct {
	Conditions []Condition
	Any        bool // one of them is enough
}

// Holds reports whether s holds for what v is of.
func (s *Set) Holds(v *placeholder.Values) bool {
	for i := range s.Conditions {
		if s.Conditions[i].Holds(v) == s.Any {
			return s.Any
		}
	}
	return !s.Any || len(s.Conditions) == 0
}
