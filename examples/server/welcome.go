package main

import (
	_ "embed"
	"net/http"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Welcome answers for the start page of a folder that has none. It stands behind
// the static files, and so does not get to see a request that they can answer.
var welcome = directive.Directive{
	Name:   "welcome",
	Always: true,
	Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		return welcomePage, c.Err()
	},
}

//go:embed welcome.html
var welcomeHTML []byte

func welcomePage(next middleware.Handler) middleware.Handler {
	return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		if r.URL.Path != "/" || !middleware.Reads(r) {
			return next.ServeHTTP(w, r)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Header().Set("Cache-Control", "no-store") // an index page may appear any time
		if _, err := w.Write(welcomeHTML); err != nil {
			return middleware.StatusClientClosed, err
		}
		return 0, nil
	})
}
