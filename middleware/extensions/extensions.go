package extensions

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// Config says which extensions a URL may do without. The zero Config has none.
type Config struct {
	Files      static.Config // where to look
	Extensions []string      // with their dots, in the order in which to look
}

// New returns the middleware that looks for files as c says.
func New(c Config) middleware.Middleware {
	files, extensions := static.NewFiles(c.Files), slices.Clone(c.Extensions)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, files, extensions}
	}
}

// A Handler leads requests to the next one by the whole name of a file.
type Handler struct {
	next       middleware.Handler
	files      *static.Files
	extensions []string
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, static.NewFiles(c.Files), slices.Clone(c.Extensions)}
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	name := middleware.CleanPath(r)
	if strings.HasSuffix(name, "/") || path.Ext(name) != "" || r.Method == http.MethodConnect {
		return h.next.ServeHTTP(w, r)
	}
	tree := h.files.For(r)
	for _, ext := range h.extensions {
		if info, err := tree.Stat(name + ext); err != nil || !info.Mode().IsRegular() {
			continue
		}
		u := *r.URL
		u.Path = name + ext
		u.RawPath += ext // which does not count unless it is another way to write Path
		rewritten := middleware.Rewrite(w, r, &u)
		status, err := h.next.ServeHTTP(w, rewritten)
		middleware.CopyBack(r, rewritten)
		return status, err
	}
	return h.next.ServeHTTP(w, r)
}
