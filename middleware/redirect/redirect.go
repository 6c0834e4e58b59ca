package redirect

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// Config says what to redirect. The zero Config redirects nothing.
type Config struct {
	Rules   []Rule         // the first that is for a request counts
	Trusted []netip.Prefix // proxies whose word on {remote} counts, see middleware.ClientIP
}

// A Rule redirects the requests for a path.
type Rule struct {
	From   string        // path, decoded; "" is /, which is every path
	To     string        // URL, or path of this site; "" redirects nothing
	Status int           // from 300 to 308; 0 is 301
	Meta   bool          // send a page of HTML, with status 200, in place of Status
	If     condition.Set // has to hold, too
}

// New returns the middleware that redirects as c says.
func New(c Config) middleware.Middleware {
	trusted, rules := slices.Clone(c.Trusted), compile(c.Rules)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, trusted, rules}
	}
}

// A Handler redirects requests, and passes on those that no rule is for.
type Handler struct {
	next    middleware.Handler
	trusted []netip.Prefix
	rules   []rule
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, slices.Clone(c.Trusted), compile(c.Rules)}
}

// A rule is a [Rule] with its To compiled.
type rule struct {
	from   string
	to     *placeholder.Template
	append string // URL to append the request's to, if there is no to
	status int
	meta   bool
	cond   condition.Set
}

// query is what is appended after the path.
var query = placeholder.Compile("?{rewrite_query}", placeholder.URL)

func compile(rules []Rule) []rule {
	compiled := make([]rule, 0, len(rules))
	for _, r := range rules {
		if r.To == "" {
			continue
		}
		c := rule{
			from:   cmp.Or(r.From, "/"),
			to:     placeholder.Compile(r.To, placeholder.URL),
			status: cmp.Or(r.Status, http.StatusMovedPermanently),
			meta:   r.Meta,
			cond:   condition.Set{Conditions: slices.Clone(r.If.Conditions), Any: r.If.Any},
		}
		if to, constant := c.to.Constant(); constant && c.from == "/" {
			c.to, c.append = nil, strings.TrimSuffix(to, "/")
		}
		compiled = append(compiled, c)
	}
	return compiled
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	path := middleware.CleanPath(r)
	for i := range h.rules {
		rule := &h.rules[i]
		if rule.from != "/" && rule.from != path {
			continue
		}
		v := placeholder.Values{Request: r, Writer: w, Trusted: h.trusted}
		if !rule.cond.Holds(&v) {
			continue
		}
		location := rule.location(&v, path)
		if rule.meta {
			return servePage(w, r, location)
		}
		w.Header().Set("Location", location)
		w.Header().Set("Content-Length", "0") // which net/http does not say to a HEAD by itself
		return rule.status, nil
	}
	return h.next.ServeHTTP(w, r)
}

// location returns where to send the client. The path given is the request's, clean.
func (rule *rule) location(v *placeholder.Values, path string) string {
	r := v.Request
	if !strings.HasPrefix(r.URL.Path, "/") { // http.StripPrefix may have left it so
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = path, ""
		v.Request = r
	}
	if rule.to != nil {
		return string(rule.to.Append(nil, v))
	}
	dst := []byte(rule.append)
	if escaped := r.URL.EscapedPath(); path == r.URL.Path && strings.HasPrefix(escaped, "/") {
		dst = append(dst, escaped...) // which may tell %2F from a slash
	} else {
		dst = placeholder.Path.Append(dst, path)
	}
	if r.URL.RawQuery != "" {
		dst = query.Append(dst, v)
	}
	return string(dst)
}
