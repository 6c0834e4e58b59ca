package expvar

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"runtime"

	"github.com/shallot-http/shallot/middleware"
)

// DefaultPath is where the figures are unless configured.
const DefaultPath middleware.Path = "/debug/vars"

// Config says what is shown to whom. The zero Config lets nobody in.
type Config struct {
	Path   middleware.Path       // as Path.Within says; "" is DefaultPath
	Access middleware.Access     // who is let in
	Vars   map[string]func() any // figures of the program's own, called for each request; they have to be fit for package json
}

// New returns the middleware that shows what c says.
func New(c Config) middleware.Middleware {
	c = c.complete()
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, c} }
}

// A Handler answers the requests for figures in place of the next one.
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
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(h.cfg.values()); err != nil {
		return http.StatusInternalServerError, fmt.Errorf("expvar: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, err := body.WriteTo(w); err != nil {
		return middleware.StatusClientClosed, fmt.Errorf("expvar: %w", err)
	}
	return 0, nil
}

func (c Config) values() map[string]any {
	values := map[string]any{}
	for name, value := range c.Vars {
		values[name] = value()
	}
	for name, value := range map[string]func() any{
		"goroutines": func() any { return runtime.NumGoroutine() },
		"gomaxprocs": func() any { return runtime.GOMAXPROCS(0) },
		"version":    func() any { return runtime.Version() },
		"memstats":   func() any { m := new(runtime.MemStats); runtime.ReadMemStats(m); return m },
	} {
		if _, own := values[name]; !own {
			values[name] = value()
		}
	}
	return values
}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.Path = cmp.Or(c.Path, DefaultPath)
	c.Vars = maps.Clone(c.Vars)
	return c
}
