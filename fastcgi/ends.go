package fastcgi

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// addServer adds what the server is called, and how it is reached.
func (d *delivery) addServer(e environment) {
	r := d.r
	host, port, ok := localAddr(r.Context())
	if ok {
		e.add("SERVER_ADDR", host)
	}
	name := serverName(d.h.cfg.Names, r.Host, host)
	if strings.Contains(name, ":") && name[0] != '[' {
		name = "[" + name + "]" // RFC 3875, section 4.1.14
	}
	e.add("SERVER_NAME", name)
	scheme := "http"
	if d.isSecure() {
		scheme = "https"
		e.add("HTTPS", "on")
	}
	if r.TLS != nil {
		e.add("SSL_PROTOCOL", tlsVersion(r.TLS.Version))
		e.add("SSL_CIPHER", tls.CipherSuiteName(r.TLS.CipherSuite))
	}
	e.add("REQUEST_SCHEME", scheme)
	switch {
	case ok:
	case scheme == "https":
		port = 443
	default:
		port = 80
	}
	var room [8]byte
	e.add("SERVER_PORT", string(strconv.AppendUint(room[:0], uint64(port), 10)))
}

// localAddr returns where the client connected to; false is a Unix socket, or not
// known.
func localAddr(ctx context.Context) (host string, port uint16, ok bool) {
	addr, ok := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || addr == nil {
		if other, there := ctx.Value(http.LocalAddrContextKey).(net.Addr); there {
			if ap, err := netip.ParseAddrPort(other.String()); err == nil { // as with a listener of one's own
				return ap.Addr().Unmap().WithZone("").String(), ap.Port(), true
			}
		}
		return "", 0, false
	}
	ap := addr.AddrPort()
	return ap.Addr().Unmap().WithZone("").String(), ap.Port(), true
}

// serverName returns the one of names that host is, or else the first.
func serverName(names []string, host, addr string) string {
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host = host[:colon]
	}
	host = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ".")
	for _, name := range names {
		if strings.EqualFold(name, host) {
			return name
		}
		if domain, ok := strings.CutPrefix(name, "*"); ok && isHost(host) && len(host) > len(domain) &&
			strings.EqualFold(host[len(host)-len(domain):], domain) {
			return strings.ToLower(host)
		}
	}
	for _, name := range names {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	if addr == "" {
		return "localhost"
	}
	return addr
}

// isHost reports whether s is a name as of DNS.
func isHost(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '.'
	})
}

// isSecure reports whether the client came by HTTPS, to here or to a proxy in front.
func (d *delivery) isSecure() bool {
	if d.r.TLS != nil {
		return true
	}
	proto := d.r.Header["X-Forwarded-Proto"]
	if len(proto) == 0 || !d.isTrusted() {
		return false
	}
	first, _, _ := strings.Cut(proto[len(proto)-1], ",") // of several proxies, the one the client met
	return strings.EqualFold(strings.TrimSpace(first), "https")
}

// isTrusted reports whether the peer is one of the proxies.
func (d *delivery) isTrusted() bool {
	if len(d.h.cfg.Trusted) == 0 {
		return false
	}
	peer, ok := middleware.PeerIP(d.r)
	if !ok {
		peer = loopback // a Unix socket, as in middleware.ClientIP
	}
	return slices.ContainsFunc(d.h.cfg.Trusted, func(p netip.Prefix) bool { return p.Contains(peer) })
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// addClient adds who asks.
func (d *delivery) addClient(e environment) {
	r := d.r
	peer, _ := middleware.PeerIP(r)
	client := peer
	if len(d.h.cfg.Trusted) > 0 {
		client = middleware.ClientIP(r, d.h.cfg.Trusted)
	}
	var room [64]byte
	if client.IsValid() {
		e.add("REMOTE_ADDR", string(client.AppendTo(room[:0])))
	} else {
		e.add("REMOTE_ADDR", "") // of a Unix socket: it is not for others to tell where that is
	}
	if client == peer && peer.IsValid() {
		if _, port, ok := strings.Cut(r.RemoteAddr[max(strings.LastIndexByte(r.RemoteAddr, ']'), 0):], ":"); ok {
			e.add("REMOTE_PORT", port)
		}
	}
	if user := middleware.NoteValue(d.w, middleware.NoteUser); user.Kind() == slog.KindString {
		e.add("REMOTE_USER", user.String())
		if name, _, ok := r.BasicAuth(); ok && name == user.String() {
			e.add("AUTH_TYPE", "Basic") // any other is for whoever has authenticated to say
		}
	}
}

func tlsVersion(version uint16) string {
	switch version {
	case tls.VersionTLS10:
		return "TLSv1"
	case tls.VersionTLS11:
		return "TLSv1.1"
	case tls.VersionTLS12:
		return "TLSv1.2"
	}
	return "TLSv1.3"
}
