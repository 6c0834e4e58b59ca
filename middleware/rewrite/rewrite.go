package rewrite

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/static"
)

// Config says what to rewrite. The zero Config rewrites nothing.
type Config struct {
	Rules   []Rule         // the first that is for a request counts
	Files   static.Config  // where destinations are looked for
	Trusted []netip.Prefix // proxies whose word on {remote} counts, see middleware.ClientIP
}

// A Rule rewrites the requests that everything set in it is for.
type Rule struct {
	From       string          // the whole path, decoded and clean
	Base       middleware.Path // what the path begins with, by Match
	Pattern    *regexp.Regexp  // of what comes after Base
	Extensions []string        // .html, / for none, !.html for all but this one
	If         condition.Set

	To []string // destinations; a rule without one rewrites nothing
}

// New returns the middleware that rewrites as c says.
func New(c Config) middleware.Middleware {
	made := newHandler(c)
	return func(next middleware.Handler) middleware.Handler {
		h := *made
		h.next = next
		return &h
	}
}

// A Handler has the next one see other URLs.
type Handler struct {
	next    middleware.Handler
	files   *static.Files
	trusted []netip.Prefix
	rules   []rule
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	h := newHandler(c)
	h.next = next
	return h
}

func newHandler(c Config) *Handler {
	h := &Handler{files: static.NewFiles(c.Files), trusted: slices.Clone(c.Trusted)}
	for _, r := range c.Rules {
		if len(r.To) > 0 {
			h.rules = append(h.rules, compile(r))
		}
	}
	return h
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.Method == http.MethodConnect {
		return h.next.ServeHTTP(w, r) // its path is a host
	}
	path := middleware.CleanPath(r)
	for i := range h.rules {
		rule := &h.rules[i]
		groups, ok := rule.match(r, path)
		if !ok {
			continue
		}
		v := placeholder.Values{Request: r, Writer: w, Trusted: h.trusted}
		if !rule.cond.Holds(&v) {
			continue
		}
		u := h.choose(rule.to, &v, groups)
		if u.Path == r.URL.Path && u.RawQuery == r.URL.RawQuery {
			break
		}
		rewritten := middleware.Rewrite(w, r, u)
		status, err := h.next.ServeHTTP(w, rewritten)
		middleware.CopyBack(r, rewritten)
		return status, err
	}
	return h.next.ServeHTTP(w, r)
}

// choose returns the first of the destinations that exists, or the last.
func (h *Handler) choose(to []destination, v *placeholder.Values, groups groups) *url.URL {
	v.Lookup = groups.lookUp
	last := len(to) - 1
	for i := range to[:last] {
		if p := to[i].path(v); h.exists(v.Request, p) {
			return to[i].url(v, p)
		}
	}
	return to[last].url(v, to[last].path(v))
}

// exists reports whether a path is that of a file or, with a slash at its end, of a
// folder.
func (h *Handler) exists(r *http.Request, path string) bool {
	info, err := h.files.For(r).Stat(path)
	return err == nil && info.IsDir() == (path[len(path)-1] == '/')
}
