package git

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// Config says what a Handler serves. The zero Config serves nothing and passes all
// requests on, but for those for what belongs to git.
type Config struct {
	// Service has the releases. It is started and closed by its owner.
	Service *Service

	// Path is the part of the site that the repository is. Empty is all of it.
	Path middleware.Path

	// Hooks are the paths at which others say that something was pushed.
	Hooks []Hook

	// Unpinned leaves requests the root they have: the service only keeps releases,
	// and its commands have them served from elsewhere.
	Unpinned bool
}

// New returns the middleware that serves the releases that c says.
func New(c Config) middleware.Middleware {
	c = c.complete()
	return func(next middleware.Handler) middleware.Handler { return newHandler(next, c) }
}

// A Handler gives requests the root of the release that is live.
type Handler struct {
	next  middleware.Handler
	cfg   Config
	hooks map[string]*receiver
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler { return newHandler(next, c.complete()) }

func (c Config) complete() Config {
	c.Path = cmp.Or(c.Path, "/")
	c.Hooks = slices.Clone(c.Hooks)
	return c
}

func newHandler(next middleware.Handler, c Config) *Handler {
	h := &Handler{next: next, cfg: c, hooks: map[string]*receiver{}}
	for _, hook := range c.Hooks {
		h.hooks[hook.Path] = newReceiver(hook, c.Service)
	}
	return h
}

// ServeHTTP implements [middleware.Handler]. Before there is a release it returns
// 503, with a Retry-After.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if hook := h.hooks[r.URL.Path]; hook != nil {
		return hook.ServeHTTP(w, r)
	}
	if isGits(r.URL.Path) {
		return http.StatusNotFound, nil
	}
	if h.cfg.Service == nil || h.cfg.Unpinned || !h.cfg.Path.Within(r) {
		return h.next.ServeHTTP(w, r)
	}
	root, ok := h.cfg.Service.repo.Acquire()
	if !ok {
		w.Header().Set("Retry-After", "5")
		return http.StatusServiceUnavailable, nil
	}
	defer root.Release()
	seen := middleware.WithRoot(r, root)
	status, err := h.next.ServeHTTP(w, seen)
	middleware.CopyBack(r, seen)
	return status, err
}

// isGits reports whether a path leads into a folder called .git, by any name that a
// file system may take for this one.
func isGits(path string) bool {
	if !strings.ContainsAny(path, ".~") {
		return false
	}
	for element := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
		element, _, _ = strings.Cut(element, ":")
		element = strings.TrimRight(element, ". ")
		if strings.EqualFold(element, ".git") || strings.EqualFold(element, "git~1") {
			return true
		}
	}
	return false
}
