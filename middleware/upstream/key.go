package upstream

import (
	"encoding/binary"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// A Key returns the hash of what [Hash] keeps together, and whether r has it. One
// made of a text is its [Sum].
type Key func(r *http.Request) (hash uint64, ok bool)

// ByIP is the address of the peer, without its port.
func ByIP(r *http.Request) (uint64, bool) { return sumAddr(middleware.ClientIP(r, nil)) }

// ByClientIP is the address of the client behind trusted proxies, by
// middleware.ClientIP.
func ByClientIP(trusted ...netip.Prefix) Key {
	return func(r *http.Request) (uint64, bool) { return sumAddr(middleware.ClientIP(r, trusted)) }
}

func sumAddr(addr netip.Addr) (uint64, bool) {
	b := addr.As16()
	return mix(binary.BigEndian.Uint64(b[:8])*0x9e3779b97f4a7c15 ^ binary.BigEndian.Uint64(b[8:])), addr.IsValid()
}

// ByURI is the path and the query, as the client sent them.
func ByURI(r *http.Request) (uint64, bool) {
	if r.RequestURI != "" {
		return Sum(r.RequestURI), true
	}
	return Sum(r.URL.RequestURI()), true // of a request that is not a client's
}

// ByHeader is the first value of a field of the request.
func ByHeader(name string) Key {
	name = http.CanonicalHeaderKey(name)
	return func(r *http.Request) (uint64, bool) {
		if name == "Host" {
			return Sum(r.Host), r.Host != ""
		}
		if values := r.Header[name]; len(values) > 0 && values[0] != "" {
			return Sum(values[0]), true
		}
		return 0, false
	}
}

// ByCookie is the value of a cookie.
func ByCookie(name string) Key {
	return func(r *http.Request) (uint64, bool) {
		value, _ := cookie(r, name)
		return Sum(value), value != ""
	}
}

// ByQuery is the first value of an argument of the query.
func ByQuery(name string) Key {
	return func(r *http.Request) (uint64, bool) {
		for rest := r.URL.RawQuery; rest != ""; { // strings.SplitSeq would allocate
			var pair string
			pair, rest, _ = strings.Cut(rest, "&")
			key, value, _ := strings.Cut(pair, "=")
			if unescape(key) == name && value != "" {
				return Sum(unescape(value)), true
			}
		}
		return 0, false
	}
}

// unescape returns what s means in a query; if nothing, s.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// cookie returns the value of r's first cookie of that name. http.Request.Cookie
// would allocate for all of them.
func cookie(r *http.Request, name string) (value string, ok bool) {
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			key, value, ok := strings.Cut(strings.Trim(pair, " \t"), "=")
			if ok && key == name {
				if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
					value = value[1 : len(value)-1]
				}
				return value, true
			}
		}
	}
	return "", false
}
