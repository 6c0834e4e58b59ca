package pprof

import (
	"cmp"
	"net/http"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// DefaultPath is where the profiles are unless configured.
const DefaultPath middleware.Path = "/debug/pprof"

// Config says who gets profiles. The zero Config lets nobody in.
type Config struct {
	Path       middleware.Path   // as Path.Within says; "" is DefaultPath
	Access     middleware.Access // who is let in
	MaxSeconds int               // that a profile may take; 0 is 60
}

// New returns the middleware that hands out profiles as c says.
func New(c Config) middleware.Middleware {
	c = c.complete()
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, c} }
}

// A Handler answers the requests for profiles in place of the next one.
type Handler struct {
	next middleware.Handler
	cfg  Config
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler { return &Handler{next, c.complete()} }

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if !h.cfg.Path.Within(r) {
		return h.next.ServeHTTP(w, r)
	}
	if status, err := h.cfg.Access.Admit(w, r); status != 0 {
		return status, err
	}
	base := h.cfg.Path.Prefix()
	name := strings.Trim(strings.TrimPrefix(path.Clean("/"+r.URL.Path), strings.TrimSuffix(base, "/")), "/")
	switch name {
	case "":
		return h.list(w, r)
	case "profile":
		return h.overTime(w, r, 30, profile)
	case "trace":
		return h.overTime(w, r, 1, execution)
	}
	return h.lookup(w, r, name)
}

func (c Config) complete() Config {
	c.Path = cmp.Or(c.Path, DefaultPath)
	c.MaxSeconds = cmp.Or(max(c.MaxSeconds, 0), 60)
	return c
}
