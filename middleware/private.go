package middleware

import (
	"errors"
	"fmt"
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
// as that can be seen: it says so in Forwarded, Via, Cdn-Loop (RFC 8586), X-Real-Ip or
// any X-Forwarded- field. A proxy on this machine that adds no such field cannot be told from a
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
		case name == "Forwarded", name == "Via", name == "Cdn-Loop", name == "X-Real-Ip", strings.HasPrefix(name, "X-Forwarded-"):
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

// errRefused is for the log of whoever wonders why: the client is told of nothing that
// is there.
var errRefused = errors.New("not let in: the request is not from who is allowed, or was forwarded, or is for a host of another name than localhost, an address or those that are allowed, or was made by a page of another site")

// Admit returns 0 if r is to be let in, and asks by GET, HEAD or one of the methods also.
// Otherwise it returns what the layer is to return: 404 for who is not let in, whatever
// the method, as if nothing were there, and 405 for the method of another. To whom it
// lets in it says that the answer is not to be stored, nor taken for another type.
//
// What changes something is never let in for a page of another origin, whatever a says:
// see [http.CrossOriginProtection].
func (a Access) Admit(w http.ResponseWriter, r *http.Request, also ...string) (status int, err error) {
	if !a.Allows(w, r) {
		return http.StatusNotFound, errRefused
	}
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return http.StatusNotFound, fmt.Errorf("not let in: %w", err)
	}
	if methods := append([]string{http.MethodGet, http.MethodHead}, also...); !slices.Contains(methods, r.Method) {
		return MethodNotAllowed(w, methods...)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	return 0, nil
}
