package requestid

import (
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "request_id", Setup: setup}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	cfg := Config{Trusted: slices.Clone(c.Site().Trusted)}
	line := c.Once()
	for _, arg := range line.Args(0, 1) {
		if !isToken(arg.Text) {
			line.Errorf(arg, "%q cannot be the name of a header", arg.Text)
		}
		cfg.Header = arg.Text
	}
	for _, prop := range line.Properties("trust...") {
		switch prop.Name() {
		case "trust":
			for _, arg := range prop.Args(1, directive.Any) {
				cfg.Trusted = append(cfg.Trusted, prop.Network(arg))
			}
		}
	}
	return New(cfg), c.Err()
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2. net/http
// leaves out a field of another name without a word.
func isToken(s string) bool {
	return s != "" && strings.TrimLeft(s, alphanumeric+"!#$%&'*+-.^_`|~") == ""
}
