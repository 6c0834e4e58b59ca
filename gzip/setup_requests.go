package gzip

import (
	"math"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// RequestsDirective is the entry of [NewRequests] in the Caddyfile's vocabulary.
var RequestsDirective = directive.Directive{Name: "decompress", Setup: setupRequests, Elsewhere: []string{"gunzip"}}

func setupRequests(c *directive.Controller) (middleware.Middleware, error) {
	var cfg RequestsConfig
	line := c.Once()
	line.Args(0, 0)
	for _, prop := range line.Properties("encodings", "limit", "ratio") {
		switch prop.Name() {
		case "encodings":
			cfg.Codings = readCodings(prop, prop.Args(1, directive.Any))
		case "limit":
			if arg := prop.Arg(); arg.Text == "none" {
				cfg.MaxBytes = -1
			} else {
				cfg.MaxBytes = prop.Size(arg)
			}
		case "ratio":
			if arg := prop.Arg(); arg.Text == "none" {
				cfg.MaxRatio = -1
			} else {
				cfg.MaxRatio = prop.Int(arg, 1, math.MaxInt)
			}
		}
	}
	return NewRequests(cfg), c.Err()
}
