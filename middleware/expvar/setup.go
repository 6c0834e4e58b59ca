package expvar

import (
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "expvar", Setup: setup}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var cfg Config
	line := c.Once()
	for _, arg := range line.Args(0, 1) {
		cfg.Path = line.Path(arg)
	}
	for _, prop := range line.Properties(directive.AccessProperties()...) {
		prop.Access(&cfg.Access)
	}
	line.NeedsAccess(cfg.Access)
	return New(cfg), c.Err()
}
