package main

import (
	"fmt"
	"net/http"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Greet is a directive of this program's own:
//
//	greet PATH TEXT
var greet = directive.Directive{Name: "greet", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
	var layers []middleware.Middleware
	for _, line := range c.Lines() {
		args := line.Args(2, 2)
		path, text := line.Path(args[0]), args[1].Text
		layers = append(layers, middleware.When(path.Within, func(middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				if _, err := fmt.Fprintln(w, text); err != nil {
					return middleware.StatusClientClosed, err
				}
				return 0, nil
			})
		}))
	}
	return middleware.Chain(layers...), c.Err()
}}
