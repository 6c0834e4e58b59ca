package hidden

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware"
)

// Config says what is hidden. The zero Config hides nothing, and heeds
// X-Accel-Redirect all the same.
type Config struct {
	Paths []middleware.Path // what is not there for clients, as Path.Protects says
}

// New returns the middleware that hides what c says.
func New(c Config) middleware.Middleware {
	paths := slices.Clone(c.Paths)
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, paths} }
}

// A Handler hides what is served by the next one.
type Handler struct {
	next  middleware.Handler
	paths []middleware.Path
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, slices.Clone(c.Paths)}
}

// most is how many redirects a request may take, as in Caddy 0.7.1.
const most = 10

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if slices.ContainsFunc(h.paths, func(p middleware.Path) bool { return p.Protects(r) }) {
		return http.StatusNotFound, nil
	}
	seen := r
	for range most + 1 {
		ww := &writer{w: w}
		status, err := h.next.ServeHTTP(ww, seen)
		if seen != r {
			middleware.CopyBack(r, seen)
		}
		targets := ww.take(err)
		if targets == nil {
			return status, err
		}
		to, err := middleware.AccelTarget(targets)
		if err != nil {
			return http.StatusBadGateway, fmt.Errorf("hidden: %w", err)
		}
		seen = middleware.Onward(w, seen, to)
	}
	return http.StatusInternalServerError, fmt.Errorf("hidden: more than %d times %s", most, middleware.AccelRedirect)
}
