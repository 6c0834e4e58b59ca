package hidden

import (
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "internal", Setup: setup, Elsewhere: []string{"intercept"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	c.Site().Accel = true
	var cfg Config
	for _, line := range c.Lines() {
		cfg.Paths = append(cfg.Paths, line.Path(line.Arg()))
	}
	return New(cfg), c.Err()
}
