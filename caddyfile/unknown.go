package caddyfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// unknownDirective says what may be meant by a word that is no directive.
func (b *builder) unknownDirective(line *directive.Line) error {
	name := line.Name()
	hint := directive.Suggest(name, b.Vocabulary.Names()...)
	elsewhere := func(text string) {
		for _, d := range b.Vocabulary {
			switch {
			case !slices.Contains(d.Elsewhere, text):
			case d.Always:
				hint = fmt.Sprintf(" (here it is called %q, and done without a line)", d.Name)
			default:
				hint = fmt.Sprintf(" (here it is called %q)", d.Name)
			}
		}
	}
	elsewhere(name)
	if len(line.Words) > 1 {
		elsewhere(name + " " + line.Words[1].Text)
	}
	switch {
	case strings.HasPrefix(name, "@"):
		hint = ": there are no matchers; most directives take a path, and some have if"
	case slices.Contains([]string{"handle", "handle_path", "location", "route"}, name):
		hint = ": there are no blocks for paths; most directives take a path, and the address of a site may have one"
	case !looksLikeAddress(name):
	case line.From == nil:
		hint = ": it looks like the address of a site, and sites do not nest; is a } missing before it?"
	default:
		hint = ": it looks like the address of a site; files of sites are imported outside of sites"
	}
	return &directive.Error{
		Pos:  line.Words[0].Pos,
		From: line.From,
		Err:  fmt.Errorf("unknown directive %q%s", name, hint),
	}
}
