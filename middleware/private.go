package middleware

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Private says whose requests may see what is not for the public, such as what a
// program tells of itself. The zero Private is this machine alone: a request that
// came from a loopback address, or over a Unix socket, for a host that is named
// localhost or by such an address.
//
// The name of the host counts because a page of any site can have a browser on this
// machine ask it under the name of that site, which then resolves to 127.0.0.1 (DNS
// rebinding).
type Private struct {
	Networks []netip.Prefix // peers that are let in besides this machine; see PeerIP
	Hosts    []string       // how those may name the host, besides localhost and any IP address
}

// Allows reports whether r is to be let in. None is that has been forwarded, as far
// as that can be seen: it says so in Forwarded, Via, X-Real-Ip or any X-Forwarded-
// field. A proxy on this machine that adds no such field cannot be told from a
// client on it. Nor is one that a browser says another site has made it send.
func (p Private) Allows(r *http.Request) bool {
	if forwarded(r.Header) || fromElsewhere(r.Header) {
		return false
	}
	host, addr := hostOf(r)
	peer, ok := PeerIP(r)
	unix := false
	if !ok {
		_, unix = r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	}
	if (unix || peer.IsLoopback()) && (host == "localhost" || addr.IsLoopback()) {
		return true
	}
	return ok && within(p.Networks, peer, true) &&
		(host == "localhost" || addr.IsValid() || slices.ContainsFunc(p.Hosts, func(h string) bool { return strings.EqualFold(h, host) }))
}

// hostOf returns the host that r is for in lower case, without its port or the dot
// that may end it, and its address if it is one.
func hostOf(r *http.Request) (string, netip.Addr) {
	host := strings.ToLower(r.Host)
	if addr, ok := parseAddr(host); ok {
		return host, addr
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(host, "."), netip.Addr{}
}

func forwarded(h http.Header) bool {
	for name := range h {
		switch {
		case name == "Forwarded", name == "Via", name == "X-Real-Ip", strings.HasPrefix(name, "X-Forwarded-"):
			return true
		}
	}
	return false
}

// fromElsewhere reports whether a page of another origin made a browser send the
// request: one cannot read the answer, but can have much of it worked out.
func fromElsewhere(h http.Header) bool {
	switch h.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return true
}

// Access says who may see what a program tells of itself. The zero Access is nobody.
type Access struct {
	Private *Private // those it lets in; nil is nobody
	Users   bool     // whoever a layer further out has authenticated and noted as NoteUser
}

// Allows reports whether r, which w answers, is to be let in. As with a [Private],
// one is not that a browser says another site has made it send.
func (a Access) Allows(w http.ResponseWriter, r *http.Request) bool {
	if a.Users && !fromElsewhere(r.Header) {
		if user := NoteValue(w, NoteUser); user.Kind() == slog.KindString && user.String() != "" {
			return true
		}
	}
	return a.Private != nil && a.Private.Allows(r)
}
