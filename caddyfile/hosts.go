package caddyfile

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// Hosts finds the place that a request is for by its host: first one of that
// very name, then one with a wildcard inside a label, for one label, for more of
// them, at last one for any host. Neither case nor a final dot matters (RFC
// 9110, section 4.2.3), in a large table no more than in a small one
// (CVE-2026-27588). Among the places of one host the longest path counts.
type hosts struct {
	exact   map[string]places
	within  []pattern
	indexes map[string]int    // of within, by names such as new-*.example.com
	wild    map[string]places // by names such as *.example.com and *.*.com
	stars   int               // most wildcards in such a name
	any     places
	strict  bool // a place asks clients for certificates
}

// A pattern is a name with a wildcard inside a label, such as new-*.example.com.
type pattern struct {
	before, after string
	places        places
}

type places []*place

// A place is where a site is found.
type place struct {
	path    middleware.Path // "" is all of the host
	local   localAddr
	address Address
	site    *site
	handler http.Handler
	tls     *tls.Config // nil is without TLS
}

// newPlace returns the place of s at a. A path that ends in a star is where the
// site begins, but no folder of its own.
func newPlace(a Address, s *site) *place {
	p := &place{path: middleware.Path(a.Path), address: a, site: s, handler: s.handler}
	if a.Path != "" && !strings.HasSuffix(a.Path, "*") {
		p.handler = middleware.Edge{Log: s.conf.Log}.Handler(below(a.Path, s.chain))
	}
	return p
}

// order puts what says more about a request before what says less.
func (p *place) order(q *place) int {
	narrow := func(p *place) int {
		if p.local == (localAddr{}) {
			return 0
		}
		return 1
	}
	return cmp.Or(p.path.Compare(q.path), narrow(q)-narrow(p))
}

// add puts p among the places of host, in its canonical form. Of several for the
// same requests the first counts. When all are there they have to be sorted.
func (h *hosts) add(host string, p *place) {
	h.strict = h.strict || p.asksForCertificates()
	switch {
	case host == "":
		h.any = append(h.any, p)
	case !strings.Contains(host, "*"):
		if h.exact == nil {
			h.exact = map[string]places{}
		}
		h.exact[host] = append(h.exact[host], p)
	case isWild(host):
		if h.wild == nil {
			h.wild = map[string]places{}
		}
		h.wild[host] = append(h.wild[host], p)
		h.stars = max(h.stars, strings.Count(host, "*"))
	default:
		i, ok := h.indexes[host]
		if !ok {
			if h.indexes == nil {
				h.indexes = map[string]int{}
			}
			i = len(h.within)
			h.indexes[host] = i
			before, after, _ := strings.Cut(host, "*")
			h.within = append(h.within, pattern{before: before, after: after})
		}
		h.within[i].places = append(h.within[i].places, p)
	}
}

// sort puts the places of every host in order.
func (h *hosts) sort() {
	for _, ps := range h.exact {
		ps.sort()
	}
	for _, ps := range h.wild {
		ps.sort()
	}
	for _, q := range h.within {
		q.places.sort()
	}
	h.any.sort()
}

func (ps places) sort() { slices.SortStableFunc(ps, (*place).order) }

// isWild reports whether the wildcards in host are the whole labels at its left.
func isWild(host string) bool {
	for strings.HasPrefix(host, "*.") {
		host = host[len("*."):]
	}
	return host == "*" || !strings.Contains(host, "*")
}

// An arrival is what a place is looked for. Of a connection that is yet being made
// there is no request, and every path will do.
type arrival struct {
	r     *http.Request
	local net.Addr // without r
}

// find returns the place that r is for, or nil.
func (h *hosts) find(r *http.Request) *place {
	host, ok := requestHost(r.Host)
	if !ok {
		return nil
	}
	return h.lookup(host, arrival{r: r})
}

func (h *hosts) lookup(host string, v arrival) *place {
	if p := h.exact[host].find(v); p != nil {
		return p
	}
	for _, q := range h.within {
		if q.matches(host) {
			if p := q.places.find(v); p != nil {
				return p
			}
		}
	}
	if len(h.wild) > 0 {
		if p := h.findWild(host, v); p != nil {
			return p
		}
	}
	return h.any.find(v)
}

// findWild replaces one label after the other by a wildcard, from the left.
func (h *hosts) findWild(host string, v arrival) *place {
	var buf [2 * maxHost]byte
	name := buf[:0]
	for n := 0; n < h.stars && host != ""; n++ {
		_, rest, more := strings.Cut(host, ".")
		name = append(name, '*')
		if more {
			name = append(name, '.')
		}
		if p := h.wild[string(append(name, rest...))].find(v); p != nil {
			return p
		}
		host = rest
	}
	return nil
}

func (q pattern) matches(host string) bool {
	rest, ok := strings.CutPrefix(host, q.before)
	if !ok {
		return false
	}
	label, ok := strings.CutSuffix(rest, q.after)
	return ok && label != "" && !strings.Contains(label, ".")
}

func (ps places) find(v arrival) *place {
	for _, p := range ps {
		if p.local.accepts(v) && (p.path == "" || v.r == nil || p.path.Within(v.r)) {
			return p
		}
	}
	return nil
}

// A localAddr is the address of this machine that a request must have come in at
// to reach a place. It matters where one listener for all addresses stands in
// for several narrower ones.
type localAddr struct {
	addr     netip.Addr // zero is any
	loopback bool       // any that only this machine can reach
}

func (l localAddr) accepts(v arrival) bool {
	if l == (localAddr{}) {
		return true
	}
	addr, ok := v.localAddr()
	return ok && (l.loopback && addr.IsLoopback() || l.addr == addr)
}

// localAddr returns the address that v came in at.
func (v arrival) localAddr() (netip.Addr, bool) {
	var local any = v.local
	if v.r != nil {
		local = v.r.Context().Value(http.LocalAddrContextKey)
	}
	tcp, ok := local.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	return tcp.AddrPort().Addr().Unmap(), true
}

// localHost is localAddr as the host that a client means who gives no name.
func (v arrival) localHost() string {
	addr, ok := v.localAddr()
	if !ok {
		return ""
	}
	return addr.WithZone("").String()
}

const maxHost = 255 // RFC 1035, section 2.3.4

// requestHost returns the canonical form of a Host field: no port, no brackets,
// no final dot, lower case. It reports whether that can be the name of a host.
func requestHost(field string) (string, bool) {
	host := field
	if inner, ok := strings.CutPrefix(host, "["); ok {
		literal, rest, closed := strings.Cut(inner, "]")
		addr, err := netip.ParseAddr(literal)
		return canonicalHost(literal), closed && err == nil && addr.Is6() && (rest == "" || rest[0] == ':')
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	switch {
	case len(host) <= maxHost && isCanonical(host):
		return host, true
	case len(host) > maxHost, strings.ContainsAny(host, "*/ \x00"): // a wildcard stands in Caddyfiles only
		return "", false
	case strings.HasPrefix(host, "."), strings.Contains(host, ".."): // nor does it stand for nothing
		return "", false
	}
	return canonicalHost(host), true
}

// isCanonical reports whether host is a name as most clients write it, in which one
// look at each byte finds nothing to change.
func isCanonical(host string) bool {
	before := byte('.')
	for i := range len(host) {
		c := host[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' && before != '.') {
			return false
		}
		before = c
	}
	return before != '.'
}

// canonicalHost returns the one way to write host among those that mean the
// same.
func canonicalHost(host string) string {
	host = strings.TrimSuffix(host, ".")
	if strings.Contains(host, ":") {
		if addr, err := netip.ParseAddr(host); err == nil {
			return addr.Unmap().WithZone("").String()
		}
	}
	return strings.ToLower(host)
}
