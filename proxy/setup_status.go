package proxy

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A statusPage shows what the backends of a line are doing to clients of some
// networks. To all others it does not exist.
type statusPage struct {
	path    directive.Word
	seenBy  []netip.Prefix
	trusted []netip.Prefix
	group   *upstream.Group
	mirror  *Mirror
}

func (p *parser) status(prop *directive.Line) {
	args := prop.Args(2, directive.Any)
	if path := prop.Path(args[0]); strings.HasSuffix(string(path), "*") {
		prop.Errorf(args[0], "%q has to be one path", args[0].Text)
	}
	p.page = &statusPage{path: args[0], trusted: p.c.Site().Trusted}
	for _, arg := range args[1:] {
		p.page.seenBy = append(p.page.seenBy, prop.Network(arg))
	}
}

// layer answers requests for the page.
func (s *statusPage) layer(next middleware.Handler) middleware.Handler {
	return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		switch {
		case r.URL.Path != s.path.Text:
			return next.ServeHTTP(w, r)
		case !s.mayBeSeen(r):
			return http.StatusNotFound, nil
		case !middleware.Reads(r):
			return middleware.MethodNotAllowed(w, http.MethodGet, http.MethodHead)
		}
		status := struct {
			upstream.Status
			Mirror *MirrorStatus `json:"mirror,omitempty"`
		}{Status: s.group.Status()}
		if s.mirror != nil {
			status.Mirror = new(s.mirror.Status())
		}
		body, err := json.MarshalIndent(status, "", "\t")
		if err != nil {
			return http.StatusInternalServerError, err
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, err = w.Write(append(body, '\n'))
		return 0, err
	})
}

// mayBeSeen reports whether r is from where the page may be seen. What says itself
// that it is from elsewhere, by a proxy that nobody has told us of, is not.
func (s *statusPage) mayBeSeen(r *http.Request) bool {
	contains := func(networks []netip.Prefix, a netip.Addr) bool {
		return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	peer, known := middleware.PeerIP(r)
	if trusted := known && contains(s.trusted, peer); !trusted {
		for _, name := range [...]string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip"} {
			if r.Header[name] != nil {
				return false
			}
		}
	}
	return contains(s.seenBy, middleware.ClientIP(r, s.trusted))
}
