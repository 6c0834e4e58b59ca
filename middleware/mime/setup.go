package mime

import (
	"mime"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "mime", Setup: setup, Elsewhere: []string{"types"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	cfg := Config{Types: map[string]string{}}
	given := map[string]directive.Pos{}
	add := func(line *directive.Line, ext, mediaType directive.Word) {
		key := strings.ToLower(ext.Text)
		switch before, again := given[key]; {
		case len(ext.Text) < 2 || ext.Text[0] != '.' || strings.Contains(ext.Text, "/"):
			line.Errorf(ext, "%q is not an extension, which begins with a dot", ext.Text)
		case again:
			line.Errorf(ext, "%q has a type already, given at %v", ext.Text, before)
		}
		if t, _, err := mime.ParseMediaType(mediaType.Text); err != nil || strings.Count(t, "/") != 1 {
			line.Errorf(mediaType, "%q is not a media type such as text/html", mediaType.Text)
		}
		given[key] = ext.Pos
		cfg.Types[key] = mediaType.Text
	}
	for _, line := range c.Lines() {
		block := line.Properties()
		if line.Block == nil {
			args := line.Args(2, 2, "an extension", "a media type")
			add(line, args[0], args[1])
			continue
		}
		line.Args(0, 0)
		if len(block) == 0 {
			line.Errorf(line.Words[0], "the block is empty")
		}
		for _, prop := range block {
			add(prop, prop.Words[0], prop.Arg("a media type"))
		}
	}
	return New(cfg), c.Err()
}
