package browse

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// Join returns one middleware for several parts of a site, each with a Config of
// its own. A folder is for the one with the longest Path that it is within,
// whatever their order, and so is what a search or an archive meets there on its
// way from further up: which of its entries are listed is for that Config to say,
// and how much may be spent and sent for the one where it began.
//
// The Files are those of the first. Without any Config, Join lists nothing.
func Join(configs ...Config) middleware.Middleware {
	if len(configs) == 0 {
		return middleware.Chain()
	}
	files, known := static.NewFiles(configs[0].Files), newCache(mostKnown)
	rooms := &sync.Pool{New: func() any { return new([]byte) }}
	searching, packing := make(chan struct{}, mostSearches), make(chan struct{}, mostArchives)
	parts := make([]Config, len(configs))
	for i, c := range configs {
		c.Files = configs[0].Files
		parts[i] = c.complete()
	}
	slices.SortStableFunc(parts, func(a, b Config) int { return a.Path.Compare(b.Path) })
	return func(next middleware.Handler) middleware.Handler {
		all := make([]*Handler, len(parts))
		for i, c := range parts {
			all[i] = &Handler{next, files, c, known, rooms, searching, packing, all}
		}
		if len(all) == 1 {
			return all[0]
		}
		return joined{next, all}
	}
}

// place returns a path without what makes no difference to the folders within it,
// and no star.
func place(p middleware.Path) string {
	return strings.TrimRight(p.Prefix(), "/")
}

// samePlace reports whether just the same folders are within two paths.
func samePlace(a, b middleware.Path) bool {
	whole := func(p middleware.Path) bool {
		return !strings.HasSuffix(string(p), "*") || strings.HasSuffix(string(p), "/*")
	}
	return place(a) == place(b) && whole(a) == whole(b)
}

// joined has each request answered by the Handler that it is for.
type joined struct {
	next  middleware.Handler
	parts []*Handler // the most specific first
}

func (j joined) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	for _, h := range j.parts {
		if h.cfg.Path.Within(r) {
			return h.ServeHTTP(w, r)
		}
		h.sandboxOutside(w, r)
	}
	return j.next.ServeHTTP(w, r)
}

// of returns the Handler that lists a folder, by its name in a tree.
func (h *Handler) of(folder string) *Handler {
	if len(h.parts) == 1 {
		return h
	}
	r := &http.Request{URL: &url.URL{Path: "/" + folder + "/"}}
	for _, part := range h.parts {
		if part.cfg.Path.Within(r) {
			return part
		}
	}
	return h
}

// isListed reports whether a folder that is asked for by r is, if there is one.
func (h *Handler) isListed(r *http.Request) bool {
	return slices.ContainsFunc(h.parts, func(part *Handler) bool { return part.cfg.Path.Within(r) })
}
