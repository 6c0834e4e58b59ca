package extensions

import (
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "ext", Setup: setup}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var extensions []string
	for _, line := range c.Lines() {
		for _, arg := range line.Args(1, directive.Any, "an extension such as .html") {
			ext := arg.Text
			switch {
			case len(ext) < 2 || ext[0] != '.' || strings.ContainsAny(ext, `/\%?#`):
				line.Errorf(arg, "%q is not an extension such as .html", ext)
			case slices.Contains(extensions, ext):
				line.Errorf(arg, "%s is there already", ext)
			}
			extensions = append(extensions, ext)
		}
	}
	site := c.Site()
	return func(next middleware.Handler) middleware.Handler {
		return NewHandler(next, Config{Files: static.ConfigOf(site), Extensions: extensions})
	}, c.Err()
}
