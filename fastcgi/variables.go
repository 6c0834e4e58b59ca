package fastcgi

import (
	"context"
	"crypto/tls"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// variables is what a Config says of the environment of an application.
type variables struct {
	fixed   Params          // the same for every request
	set     map[string]bool // by Config.Env, so that nothing else sets them; nil if it is empty
	env     []Var           // those of them that are not fixed
	aliases map[string]bool // names of fields, canonical
}

func (c *Config) variables() variables {
	var v variables
	for _, env := range c.Env {
		if v.set == nil {
			v.set = map[string]bool{}
		}
		v.set[env.Name] = true
	}
	for _, fixed := range [...][2]string{
		{"GATEWAY_INTERFACE", "CGI/1.1"},
		{"SERVER_SOFTWARE", "shallot"},
		{"REDIRECT_STATUS", "200"}, // php-cgi does nothing without, lest it is asked directly
	} {
		if !v.set[fixed[0]] {
			v.fixed.Add(fixed[0], fixed[1])
		}
	}
	last := map[string]int{}
	for i, env := range c.Env {
		last[env.Name] = i
	}
	for i, env := range c.Env {
		switch text, constant := env.Value.Constant(); {
		case last[env.Name] != i:
		case constant:
			v.fixed.Add(env.Name, text)
		default:
			v.env = append(v.env, env)
		}
	}
	for _, name := range c.Aliases {
		if v.aliases == nil {
			v.aliases = map[string]bool{}
		}
		v.aliases[http.CanonicalHeaderKey(name)] = true
	}
	return v
}

// with returns v with the variables that an authorizer has set, but for those of the
// Config.
func (v *variables) with(granted map[string]string) *variables {
	own := *v
	own.set, own.fixed = maps.Clone(v.set), Params{}
	if own.set == nil {
		own.set = map[string]bool{}
	}
	for name, value := range v.fixed.All() {
		if _, there := granted[name]; !there || v.set[name] {
			own.fixed.Add(name, value)
		}
	}
	for name, value := range granted {
		if !v.set[name] && name != "CONTENT_LENGTH" {
			own.set[name] = true
			own.fixed.Add(name, value)
		}
	}
	return &own
}

// An environment is that of one request.
type environment struct {
	*variables
	params *Params
}

// add adds a variable unless it is set by the Config.
func (e environment) add(name, value string) {
	if e.set == nil || !e.set[name] {
		e.params.Add(name, value)
	}
}

// variables appends the environment that the application is to have, as of RFC
// 3875, section 4.1; CONTENT_LENGTH is the Client's.
func (d *delivery) variables(p *Params) {
	e, r := environment{&d.h.vars, p}, d.r
	if granted, ok := r.Context().Value(leaveKey{}).(map[string]string); ok && len(granted) > 0 {
		e.variables = e.with(granted)
	}
	p.Append(&e.fixed)
	e.add("SERVER_PROTOCOL", r.Proto)
	e.add("REQUEST_METHOD", r.Method)
	e.add("REQUEST_URI", d.requestURI())
	query := r.URL.RawQuery
	if d.route.replaced {
		query = d.route.query
	}
	e.add("QUERY_STRING", query)
	if d.leave == nil {
		d.addScript(e)
	} else if d.leave.script != "" {
		e.add("SCRIPT_FILENAME", d.leave.script)
		e.add("SCRIPT_NAME", d.route.script)
	}
	d.addServer(e)
	d.addClient(e)
	if values := r.Header["Content-Type"]; len(values) > 0 && d.leave == nil {
		e.add("CONTENT_TYPE", values[0])
	}
	e.addFields(r)
	if len(e.env) > 0 {
		v := d.values()
		for _, env := range e.env {
			p.Add(env.Name, string(env.Value.Append(nil, v)))
		}
	}
}

// requestURI returns what the client asked for, as it wrote it, but for the host
// that may stand in front.
func (d *delivery) requestURI() string {
	u := middleware.OriginalURL(d.w, d.r)
	if u == d.r.URL && (strings.HasPrefix(d.r.RequestURI, "/") || d.r.RequestURI == "*") {
		return d.r.RequestURI
	}
	return u.RequestURI()
}

// addScript adds where the script is, and what of the path is not about that.
func (d *delivery) addScript(e environment) {
	rt, root := &d.route, d.root()
	script := rt.script
	if mount := d.h.cfg.Mount; mount != "" {
		script = mount + script
	}
	e.add("SCRIPT_NAME", script)
	e.add("DOCUMENT_URI", script)
	e.add("PATH_INFO", rt.info)
	if root == "" {
		return
	}
	e.add("DOCUMENT_ROOT", root)
	if rt.script != "" && len(d.h.routes.split) > 0 {
		// Only of what is a file: php-fpm runs what it is told to.
		e.addBelow("SCRIPT_FILENAME", root, rt.script)
	}
	if rt.info != "" {
		e.addBelow("PATH_TRANSLATED", root, path.Clean(rt.info))
	}
}

// root returns what the root is called by the application. It is free of links, so
// that what an application remembers of a file is never that of another release:
// ZendOptimizerPlus#126.
func (d *delivery) root() string {
	if d.h.cfg.UpstreamRoot != "" {
		return d.h.cfg.UpstreamRoot
	}
	return d.tree.dir
}

// addBelow adds the path of a file in root.
func (e environment) addBelow(name, root, file string) {
	if filepath.Separator != '/' && !strings.HasPrefix(root, "/") {
		file = filepath.FromSlash(file)
	}
	if e.set == nil || !e.set[name] {
		e.params.Join(name, "", strings.TrimRight(root, `/\`), file)
	}
}

// addServer adds what the server is called, and how it is reached.
func (d *delivery) addServer(e environment) {
	r := d.r
	host, port, ok := localAddr(r.Context())
	if ok {
		e.add("SERVER_ADDR", host)
	}
	e.add("SERVER_NAME", serverName(d.h.cfg.Names, r.Host, host))
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
		if scheme, _, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
			e.add("AUTH_TYPE", scheme)
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

// values returns what placeholders are filled in with.
func (d *delivery) values() *placeholder.Values {
	return &placeholder.Values{Request: d.r, Writer: d.w, Trusted: d.h.cfg.Trusted}
}

// fill is values for Config.Try, where {path} is the one to look for.
func (d *delivery) fill() *placeholder.Values {
	v := d.values()
	v.Lookup = func(name string) (string, bool) { return string(d.path), name == "path" }
	return v
}
