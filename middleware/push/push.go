package push

import (
	"net/http"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// Config says which pages need what. The zero Config says nothing.
type Config struct {
	Rules []Rule // all that are for a request count
}

// A Rule names resources of the pages below a path.
type Rule struct {
	Path      middleware.Path // by Match; "" is every path
	Resources []string        // paths of the host, escaped, perhaps with a query

	Push   bool        // also by the push of HTTP/2, for clients that accept it
	Method string      // of a request that a push answers; "" is GET
	Header http.Header // of such a request, as far as it is not the page's
}

// New returns the middleware that names resources as c says.
func New(c Config) middleware.Middleware {
	rules := compile(c.Rules)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, rules}
	}
}

// A Handler names what the pages of the next one need.
type Handler struct {
	next  middleware.Handler
	rules []rule
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, compile(c.Rules)}
}

// A rule is a [Rule] with what to say of its resources.
type rule struct {
	Rule
	resources []resource
}

type resource struct {
	url  string
	path string // of url, decoded
	link string // the value of a field
}

func compile(rules []Rule) []rule {
	compiled := make([]rule, len(rules))
	for i, r := range rules {
		compiled[i].Rule = r
		compiled[i].Header = r.Header.Clone()
		for _, url := range r.Resources {
			compiled[i].resources = append(compiled[i].resources, newResource(url))
		}
	}
	return compiled
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	first := slices.IndexFunc(h.rules, func(rule rule) bool { return rule.Path.Match(r) })
	if first < 0 || !middleware.Reads(r) {
		return h.next.ServeHTTP(w, r)
	}
	var (
		path  = middleware.CleanPath(r)
		p     = pusher{request: r}
		links []string
	)
	for i := range h.rules[first:] {
		rule := &h.rules[first+i]
		if !rule.Path.Match(r) {
			continue
		}
		if rule.Push && p.rule == nil {
			p.find(w, rule)
		}
		for _, resource := range rule.resources {
			if resource.path == path || slices.Contains(links, resource.link) {
				continue
			}
			links = append(links, resource.link)
			if rule.Push {
				p.push(resource.url, rule)
			}
		}
	}
	if len(links) == 0 && p.rule == nil {
		return h.next.ServeHTTP(w, r)
	}
	rec := middleware.Record(w)
	if len(links) > 0 {
		rec.Header()["Link"] = append(slices.Clip(rec.Header()["Link"]), links...)
		if len(p.pushed) == 0 && takesHints(r) {
			rec.WriteHeader(http.StatusEarlyHints)
		}
	}
	status, err := h.next.ServeHTTP(rec, r)
	if amount, _ := middleware.Settle(rec, r, status, err); amount != 0 && !rec.Begun() {
		takeBack(rec.Header(), links)
	} else if p.rule != nil {
		p.pushLinks(rec.Header()["Link"])
	}
	return status, err
}

// takesHints reports whether a client may be sent a 103, and would make use of it.
func takesHints(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "", "document", "iframe", "frame":
		return r.ProtoMajor >= 2
	}
	return false
}

// takeBack takes links from a header, for what they were for is not sent.
func takeBack(h http.Header, links []string) {
	left := slices.DeleteFunc(slices.Clone(h["Link"]), func(link string) bool { return slices.Contains(links, link) })
	if len(left) == 0 {
		h.Del("Link")
		return
	}
	h["Link"] = left
}

// newResource returns what to say of a URL.
func newResource(url string) resource {
	r := resource{url: url, path: pathOf(url), link: "<" + url + ">; rel=preload"}
	if as := as(r.path); as != "" {
		r.link += "; as=" + as
		if as == "font" || as == "fetch" {
			r.link += "; crossorigin" // as browsers request them, and else would twice
		}
	}
	return r
}

// as returns what the Fetch standard calls the destination of a request for a file
// with such an extension, without which browsers ignore a preload; "" if that is
// not known.
func as(path string) string {
	dot := strings.LastIndexByte(path, '.')
	switch strings.ToLower(path[dot+1:]) {
	case "css":
		return "style"
	case "js", "mjs":
		return "script"
	case "woff2", "woff", "ttf", "otf":
		return "font"
	case "png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "bmp":
		return "image"
	case "json", "wasm":
		return "fetch"
	case "vtt":
		return "track"
	}
	return ""
}
