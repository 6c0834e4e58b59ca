package limits

import (
	"io"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware"
)

// Config says how large bodies may be. The zero Config bounds nothing.
type Config struct {
	Bodies []Body
}

// A Body says how large the bodies of requests to a path may be.
type Body struct {
	Path middleware.Path // what it is for, as Path.Protects says; "" is everything
	Max  int64           // in bytes; 0 or less is none at all
}

// New returns the middleware that bounds bodies as c says.
func New(c Config) middleware.Middleware {
	bodies := c.sorted()
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, bodies} }
}

// A Handler bounds the bodies that the next one gets to read.
type Handler struct {
	next   middleware.Handler
	bodies []Body // with the longest path first
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler { return &Handler{next, c.sorted()} }

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	i := slices.IndexFunc(h.bodies, func(b Body) bool { return b.Path.Protects(r) })
	if i < 0 || r.Body == nil || r.Body == http.NoBody {
		return h.next.ServeHTTP(w, r)
	}
	seen := new(http.Request)
	*seen = *r
	seen.Body = limit(w, r, max(h.bodies[i].Max, 0))
	status, err := h.next.ServeHTTP(w, seen)
	middleware.CopyBack(r, seen)
	return status, err
}

// limit returns the body of r, of which no more than most bytes can be read.
func limit(w http.ResponseWriter, r *http.Request, most int64) io.ReadCloser {
	w = innermost(w)
	if r.ContentLength > most {
		return &refused{r.Body, w, most}
	}
	return http.MaxBytesReader(w, r.Body, most)
}

// innermost returns the writer that [http.MaxBytesReader] tells to close the
// connection, by a method that only those of net/http have.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapper.Unwrap()
	}
}

// A refused body is one that is too large from the start. Closing it does what it
// did; reading it fails.
type refused struct {
	io.Closer
	w    http.ResponseWriter
	most int64
}

func (b *refused) Read([]byte) (int, error) {
	middleware.HangUp(b.w)
	return 0, &http.MaxBytesError{Limit: b.most}
}

func (c Config) sorted() []Body {
	return slices.SortedStableFunc(slices.Values(c.Bodies), func(a, b Body) int { return a.Path.Compare(b.Path) })
}
