package pprof

import (
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "pprof", Setup: setup}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var cfg Config
	line := c.Once()
	line.Args(0, 0)
	for _, prop := range line.Properties(directive.AccessProperties()...) {
		prop.Access(&cfg.Access)
	}
	line.NeedsAccess(cfg.Access)
	return New(cfg), c.Err()
}
