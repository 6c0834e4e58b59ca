package status

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware"
)

// Config says which paths have a status. The zero Config answers nothing.
type Config struct {
	Rules []Rule
}

// A Rule gives a path its status.
type Rule struct {
	Path   middleware.Path // what it is for, as Path.Protects says; "" is everything
	Status int             // from 200 to 599; 0 is 404
}

// New returns the middleware that answers as c says.
func New(c Config) middleware.Middleware {
	rules := c.sorted()
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, rules} }
}

// A Handler answers some requests in place of the next one.
type Handler struct {
	next  middleware.Handler
	rules []Rule // with the longest path first
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler { return &Handler{next, c.sorted()} }

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	for _, rule := range h.rules {
		if rule.Path.Protects(r) {
			return cmp.Or(rule.Status, http.StatusNotFound), nil
		}
	}
	return h.next.ServeHTTP(w, r)
}

func (c Config) sorted() []Rule {
	return slices.SortedStableFunc(slices.Values(c.Rules), func(a, b Rule) int { return a.Path.Compare(b.Path) })
}
