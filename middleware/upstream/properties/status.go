package properties

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A page shows what upstreams are doing to clients of some networks. To all others it
// does not exist.
type page struct {
	path    string
	at      directive.Pos // of it
	seenBy  []netip.Prefix
	trusted []netip.Prefix
	of      *Upstreams
}

// status reads one, of those of the directive.
func (u *Upstreams) status(prop *directive.Line) {
	args := prop.Args(2, directive.Any)
	if path := prop.Path(args[0]); strings.HasSuffix(string(path), "*") {
		prop.Errorf(args[0], "%q has to be one path", args[0].Text)
	}
	p := &page{path: args[0].Text, at: args[0].Pos, trusted: u.reader.Controller.Site().Trusted, of: u}
	for _, arg := range args[1:] {
		p.seenBy = append(p.seenBy, prop.Network(arg))
	}
	for _, first := range u.reader.pages {
		if first.path == p.path {
			u.line.Errorf(args[0], "%s shows another status already, by the line at %v", p.path, first.at)
			return
		}
	}
	u.reader.pages = append(u.reader.pages, p)
}

// Pages returns the pages of all lines, once these are read, as a layer to be put in
// front of those that send requests on.
func (r *Reader) Pages() middleware.Middleware {
	var layers []middleware.Middleware
	for _, p := range r.pages {
		layers = append(layers, p.layer())
	}
	return middleware.Chain(layers...)
}

func (p *page) layer() middleware.Middleware {
	path, seenBy, trusted, status := p.path, p.seenBy, p.trusted, p.of.Status
	if group := p.of.group; status == nil {
		status = func() any { return group.Status() }
	}
	return func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if r.URL.Path != path {
				return next.ServeHTTP(w, r)
			}
			client := middleware.VerifiedIP(r, trusted)
			if !slices.ContainsFunc(seenBy, func(n netip.Prefix) bool { return n.Contains(client) }) {
				return http.StatusNotFound, nil
			}
			return upstream.ServeStatus(w, r, status())
		})
	}
}
