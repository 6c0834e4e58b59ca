package hidden

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

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

// field is what has a request answered by another path.
const field = "X-Accel-Redirect"

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
		to, err := target(targets)
		if err != nil {
			return http.StatusBadGateway, fmt.Errorf("hidden: %w", err)
		}
		seen = redirect(w, seen, to)
	}
	return http.StatusInternalServerError, fmt.Errorf("hidden: more than %d times %s", most, field)
}

// target reads the values of the field.
func target(values []string) (*url.URL, error) {
	if len(values) != 1 {
		return nil, fmt.Errorf("%d fields %s", len(values), field)
	}
	escaped, query, _ := strings.Cut(values[0], "?")
	p, err := url.PathUnescape(escaped)
	clean := path.Clean(p)
	switch {
	case err != nil:
	case !strings.HasPrefix(p, "/"):
		err = errors.New("not a path")
	case strings.ContainsFunc(p, isControl) || strings.ContainsFunc(query, func(c rune) bool { return c == ' ' || isControl(c) }):
		err = errors.New("a byte in it that no URL can have")
	case p != clean && (p != clean+"/" || clean == "/"):
		err = errors.New("another path once it is resolved")
	default:
		return &url.URL{Path: p, RawQuery: query}, nil
	}
	return nil, fmt.Errorf("%s %q: %w", field, values[0], err)
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// redirect returns the request for what r has been redirected to. Its body has been
// read by who redirects it, if by anybody.
func redirect(w http.ResponseWriter, r *http.Request, to *url.URL) *http.Request {
	seen := middleware.Rewrite(w, r, to)
	if seen.Method != http.MethodHead {
		seen.Method = http.MethodGet
	}
	seen.Header = seen.Header.Clone()
	for _, name := range [...]string{"Content-Type", "Content-Length", "Content-Encoding", "Expect", "Transfer-Encoding", "Trailer"} {
		seen.Header.Del(name)
	}
	seen.Body, seen.ContentLength, seen.TransferEncoding, seen.Trailer = http.NoBody, 0, nil, nil
	return seen
}
