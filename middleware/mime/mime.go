package mime

import (
	"net/http"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// Config says which types there are. The zero Config says none.
type Config struct {
	Types map[string]string // media types by extension, which begins with a dot
}

// New returns the middleware that gives responses the types that c has for them.
func New(c Config) middleware.Middleware {
	types := c.folded()
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, types} }
}

// A Handler gives what the next one sends its type.
type Handler struct {
	next  middleware.Handler
	types map[string]string // by extension in lower case
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler { return &Handler{next, c.folded()} }

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	mediaType := h.typeOf(r.URL.Path)
	if mediaType == "" {
		return h.next.ServeHTTP(w, r)
	}
	rec, header := middleware.Record(w), w.Header()
	before, was := header["Content-Type"]
	set := []string{mediaType}
	header["Content-Type"] = set
	status, err := h.next.ServeHTTP(rec, r)
	if now := header["Content-Type"]; (status != 0 || err != nil) && !rec.Begun() && len(now) == 1 && &now[0] == &set[0] {
		if delete(header, "Content-Type"); was {
			header["Content-Type"] = before
		}
	}
	return status, err
}

// typeOf returns the type of the longest extension of a path that has one.
func (h *Handler) typeOf(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for {
		i := strings.IndexByte(name, '.')
		if i < 0 {
			return ""
		}
		name = name[i:]
		if t := h.types[strings.ToLower(name)]; t != "" {
			return t
		}
		name = name[1:]
	}
}

func (c Config) folded() map[string]string {
	types := make(map[string]string, len(c.Types))
	for ext, t := range c.Types {
		types[strings.ToLower(ext)] = t
	}
	return types
}
