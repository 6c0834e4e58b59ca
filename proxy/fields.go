package proxy

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// isForConnection reports whether a field is for one connection only, whether or
// not Connection says so. RFC 9110, section 7.6.1.
func isForConnection(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "Http2-Settings":
		return true
	}
	return false
}

// isAboutClient reports whether a field says, or is taken to say, where a request
// came from.
func isAboutClient(name string) bool {
	return strings.HasPrefix(name, "X-Forwarded-") || name == "X-Real-Ip" || name == "Forwarded"
}

// connectionOptions returns the names of other fields that Connection is about, by
// all of its lines: CVE-2021-33197. Fields that are for all who see a message
// cannot be among them: CVE-2022-31813, CVE-2024-45410.
func connectionOptions(h http.Header) map[string]bool {
	var options map[string]bool
	for _, line := range h["Connection"] {
		for option := range strings.SplitSeq(line, ",") {
			name := http.CanonicalHeaderKey(strings.Trim(option, " \t"))
			switch name {
			case "", "Close", "Keep-Alive", "Upgrade", "Te":
				continue
			case "Authorization", "Cookie", "Host", "Via", "Content-Type", "Content-Length", "Content-Encoding", "Cache-Control":
				continue
			}
			if isAboutClient(name) {
				continue
			}
			if options == nil {
				options = map[string]bool{}
			}
			options[name] = true
		}
	}
	return options
}

// strip removes from the header of a response what was for the connection to the
// backend.
func strip(h http.Header) {
	options := connectionOptions(h)
	for name := range h {
		if isForConnection(name) || options[name] {
			delete(h, name)
		}
	}
}

// requestHeader returns the header that backends see. Nothing in that of the client
// is changed, but its values are shared.
func (d *delivery) requestHeader() (http.Header, error) {
	r, cfg := d.r, &d.h.cfg
	peer, known := middleware.PeerIP(r)
	trusted := known && slices.ContainsFunc(cfg.Trusted, func(p netip.Prefix) bool { return p.Contains(peer) })
	options := connectionOptions(r.Header)
	h := d.h.takeHeader()
	for name, values := range r.Header {
		name := http.CanonicalHeaderKey(name)
		switch {
		case isForConnection(name) || options[name]:
		case name == "Proxy": // which CGI would make HTTP_PROXY of: CVE-2016-5385
		case name == "Forwarded" && !cfg.Forwarded, isAboutClient(name) && !trusted:
		case strings.ContainsAny(name, "_."):
			if cfg.Aliases == RejectAliases {
				return nil, refusal("field " + shorten(name))
			}
			if cfg.Aliases == KeepAliases && !cfg.sets(unalias(name)) {
				h[name] = values
			}
		default:
			h[name] = values
		}
	}
	d.tellClient(h, peer, known)
	d.addVia(h, r.ProtoMajor, r.ProtoMinor)
	if slices.ContainsFunc(r.Header["Te"], func(v string) bool { return hasToken(v, "trailers") }) {
		h["Te"], h["Connection"] = []string{"trailers"}, []string{"TE"}
	}
	if d.upgrade != "" {
		h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{d.upgrade}
	}
	return h, nil
}

// maxSpareFields is how many fields a header may have had for its room to be used
// again: the more there were, the longer it takes to clear it.
const maxSpareFields = 24

// takeHeader returns an empty header.
func (h *Handler) takeHeader() http.Header {
	if header, ok := h.headers.Get().(http.Header); ok {
		return header
	}
	return make(http.Header, maxSpareFields/2)
}

// returnHeader takes it back for another request, unless somebody may still look at it.
func (d *delivery) returnHeader() {
	if d.header == nil || d.headerKept || len(d.header) > maxSpareFields {
		return
	}
	clear(d.header)
	d.h.headers.Put(d.header)
	d.header = nil
}

// unalias returns the name that a field with a "_" or a "." may be taken to have.
func unalias(name string) string {
	return http.CanonicalHeaderKey(strings.NewReplacer("_", "-", ".", "-").Replace(name))
}

// sets reports whether a field of that name is this proxy's to set.
func (c *Config) sets(name string) bool {
	return isAboutClient(name) || isForConnection(name) || name == "Proxy" || name == "Host" || name == "Content-Length" ||
		slices.ContainsFunc(c.Up, func(op HeaderOp) bool { return op.matches(name) })
}

// tellClient adds to h where the request came from. A field that a layer further
// out has set to nil is left out: CVE-2022-32148.
func (d *delivery) tellClient(h http.Header, peer netip.Addr, known bool) {
	r := d.r
	values := make([]string, 0, 3)
	set := func(name, value string) {
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
	}
	unwanted := func(name string) bool {
		values, there := r.Header[name]
		return there && values == nil
	}
	if known && !unwanted("X-Forwarded-For") {
		value := peer.String()
		if before := h["X-Forwarded-For"]; len(before) > 0 {
			value = strings.Join(before, ", ") + ", " + value
		}
		set("X-Forwarded-For", value)
	}
	if h["X-Forwarded-Proto"] == nil && !unwanted("X-Forwarded-Proto") {
		set("X-Forwarded-Proto", scheme(r))
	}
	if h["X-Forwarded-Host"] == nil && !unwanted("X-Forwarded-Host") && r.Host != "" {
		set("X-Forwarded-Host", r.Host)
	}
	if d.h.cfg.Forwarded {
		h["Forwarded"] = append(slices.Clip(h["Forwarded"]), forwarded(r, peer, known))
	}
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// forwarded returns an element of RFC 7239, section 4.
func forwarded(r *http.Request, peer netip.Addr, known bool) string {
	node := "unknown"
	switch {
	case known && peer.Is6():
		node = `"[` + peer.String() + `]"`
	case known:
		node = peer.String()
	}
	element := "for=" + node
	if r.Host != "" {
		element += `;host="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(r.Host) + `"`
	}
	return element + ";proto=" + scheme(r)
}

// values returns what placeholders in the fields are filled in with.
func (d *delivery) values() *placeholder.Values {
	return &placeholder.Values{Request: d.r, Writer: d.w, Trusted: d.h.cfg.Trusted}
}

// addVia adds this proxy to the field Via of a message that came by a version of
// HTTP. RFC 9110, sections 7.6.3 and 2.5: that of HTTP/2 is 2.0 here.
func (d *delivery) addVia(h http.Header, major, minor int) {
	name := d.h.cfg.Via
	if name == "" {
		return
	}
	received := strconv.Itoa(major) + "." + strconv.Itoa(minor) + " " + name
	h["Via"] = append(slices.Clip(h["Via"]), received)
}
