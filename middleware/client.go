package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientIP returns the address of r's client: its peer, unless the peer is one
// of the trusted proxies. Then it is what X-Forwarded-For says, read from the
// right, up to the first address that is not a trusted proxy too; whatever
// stands to the left of that, the client may have made up.
//
// A peer without an IP address is on a Unix socket and trusted if 127.0.0.1 is.
// Entries that are no addresses end the search at the last good one. The result
// is the zero Addr if nothing is known. IPv4 addresses mapped to IPv6 come back,
// and are compared, as IPv4; zones are dropped.
//
// X-Forwarded-For is the only field looked at: a proxy that adds to one field
// commonly lets others of the same purpose, such as Forwarded or X-Real-IP,
// through as the client sent them.
func ClientIP(r *http.Request, trusted []netip.Prefix) netip.Addr {
	client, ok := PeerIP(r)
	if len(trusted) == 0 || !within(trusted, client, ok) {
		return client
	}
	fields := r.Header["X-Forwarded-For"]
	for _, field := range slices.Backward(fields) {
		for field != "" {
			entry := field
			if i := strings.LastIndexByte(field, ','); i >= 0 {
				entry, field = field[i+1:], field[:i]
			} else {
				field = ""
			}
			entry = strings.Trim(entry, " \t")
			if entry == "" {
				continue // as a recipient of lists must, by RFC 9110, section 5.6.1.2
			}
			addr, ok := parseAddr(entry)
			if !ok {
				return client
			}
			client = addr
			if !within(trusted, client, true) {
				return client
			}
		}
	}
	return client
}

// VerifiedIP is ClientIP for what only some clients may see. It is the zero Addr, too,
// if r says that it has been forwarded (see [Private.Allows]) and its peer is not
// trusted to know for whom.
func VerifiedIP(r *http.Request, trusted []netip.Prefix) netip.Addr {
	if peer, ok := PeerIP(r); forwarded(r.Header) && !within(trusted, peer, ok) {
		return netip.Addr{}
	}
	return ClientIP(r, trusted)
}

// PeerIP returns the address that r came from, and whether there is one: there
// is none on a Unix socket.
func PeerIP(r *http.Request) (peer netip.Addr, ok bool) {
	if _, unix := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr); unix {
		return netip.Addr{}, false // though a client may have called its end 10.0.0.1:80
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return plain(peer.Addr()), true
	}
	return parseAddr(r.RemoteAddr)
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func within(trusted []netip.Prefix, addr netip.Addr, known bool) bool {
	if !known {
		addr = loopback
	}
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseAddr reads an address with or without a port, or brackets: proxies write
// all of these.
func parseAddr(s string) (netip.Addr, bool) {
	bare := s
	if inner, ok := strings.CutPrefix(s, "["); ok {
		bare = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		return plain(addr), true
	}
	if addr, err := netip.ParseAddrPort(s); err == nil {
		return plain(addr.Addr()), true
	}
	return netip.Addr{}, false
}

func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
