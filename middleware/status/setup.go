package status

import (
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "status", Setup: setup, Elsewhere: []string{"respond"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var cfg Config
	given := map[string]directive.Pos{} // for paths that cover the same
	add := func(line *directive.Line, w directive.Word, status int) {
		rule := Rule{line.Path(w), status}
		key := strings.ToLower(rule.Path.Prefix())
		if before, again := given[key]; again {
			line.Errorf(w, "%q has a status already, given at %v", w.Text, before)
		}
		given[key] = w.Pos
		cfg.Rules = append(cfg.Rules, rule)
	}
	for _, line := range c.Lines() {
		args := line.Args(1, 2)
		status := line.Status(args[0], 200, 599)
		paths := line.Properties()
		for _, path := range args[1:] {
			add(line, path, status)
		}
		for _, prop := range paths {
			prop.Args(0, 0)
			add(prop, prop.Words[0], status)
		}
		if len(args) == 1 && len(paths) == 0 {
			line.Errorf(args[0], "the path is missing that has the status")
		}
	}
	return New(cfg), c.Err()
}
