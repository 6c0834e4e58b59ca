package fastcgi

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// New returns the middleware that has an application answer, as c says.
func New(c Config) middleware.Middleware {
	h := newHandler(c)
	return func(next middleware.Handler) middleware.Handler {
		own := *h
		own.next = next
		return &own
	}
}

// A Handler has an application answer requests, and leaves those that it is not for
// to the next one.
type Handler struct {
	next   middleware.Handler
	cfg    Config
	routes routes
	vars   variables
	*shared
}

// shared is what the handlers of one Config have together.
type shared struct {
	files *files
	pools pools
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	h := newHandler(c)
	h.next = next
	return h
}

func newHandler(c Config) *Handler {
	c = c.complete()
	return &Handler{cfg: c, routes: c.routes(), vars: c.variables(), shared: &shared{files: newFiles()}}
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	d, status, err := h.deliver(w, r)
	if d == nil {
		return status, err
	}
	defer d.free()
	return d.serve()
}

// deliver returns what is to be done to have the application answer, or if it is
// not to, what has come of the request.
func (h *Handler) deliver(w http.ResponseWriter, r *http.Request) (*delivery, int, error) {
	answered := func(status int, err error) (*delivery, int, error) { return nil, status, err }
	if !h.cfg.covers(r) {
		return answered(h.next.ServeHTTP(w, r))
	}
	if r.Method == http.MethodConnect {
		w.Header().Set("Connection", "close") // what follows is not delimited
		return answered(middleware.MethodNotAllowed(w, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
	}
	if r.URL.Opaque != "" {
		return answered(http.StatusBadRequest, refusal("the target has no path"))
	}
	p, ok := nameOf(r.URL.Path)
	if !ok {
		return answered(http.StatusBadRequest, refusal("there is a control byte in the path"))
	}
	if from := h.routes.from; !strings.HasPrefix(r.URL.Path, from) {
		// An application that looks at REQUEST_URI would see another path than the one
		// that was looked at here.
		return answered(http.StatusBadRequest, refusal("the path lies below "+from+" only once it is resolved"))
	}
	root := middleware.RootOf(r, h.cfg.Root)
	d := &delivery{h: h, w: w, r: r, path: p, base: root, tree: h.files.of(root)}
	rt, err := h.routes.route(d.tree, p, d)
	if err != nil {
		return answered(middleware.StatusOf(r, err), fmt.Errorf("fastcgi: %w", err))
	}
	switch d.route = rt; rt.do {
	case pass:
		return answered(h.next.ServeHTTP(w, r))
	case slash:
		if location := d.withSlash(); location != "" {
			w.Header().Set("Location", location)
			w.Header().Set("Content-Length", "0")              // which net/http does not say to a HEAD by itself
			return answered(http.StatusPermanentRedirect, nil) // so that a form is sent there as it is
		}
	case refuse:
		if d.tree.root == nil {
			return answered(rt.status, fmt.Errorf("fastcgi: there is no folder %q to look for scripts in", d.tree.dir))
		}
		return answered(rt.status, nil)
	}
	return d, 0, nil
}

// A refusal is why a request is not sent on.
type refusal string

func (r refusal) Error() string { return "fastcgi: request refused: " + string(r) }

// StatusCode returns 400.
func (refusal) StatusCode() int { return http.StatusBadRequest }
