package proxy

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// relocate changes where a response leads, if that is the backend itself, to where
// clients find it.
func (d *delivery) relocate(h http.Header, t upstream.Target) {
	if !d.h.cfg.Relocate {
		return
	}
	for _, name := range [...]string{"Location", "Content-Location"} {
		if values := h[name]; len(values) == 1 {
			h[name] = []string{d.relocated(values[0], t)}
		}
	}
}

// relocated returns a reference as clients need it. What is relative stays, as does
// what leads to another server, or to where clients find it already.
func (d *delivery) relocated(location string, t upstream.Target) string {
	u, err := url.Parse(location)
	if err != nil || u.Opaque != "" || u.User != nil {
		return location
	}
	if u.Host != "" && (u.Scheme != "http" && u.Scheme != "https" || !d.isBackend(u.Host, t)) || u.Host == "" && u.Scheme != "" {
		return location
	}
	path, base := u.EscapedPath(), strings.TrimSuffix(t.Path, "/")
	if path == "" && u.Host != "" {
		path = "/"
	}
	without := (&url.URL{Path: d.h.cfg.Without}).EscapedPath()
	if !strings.HasPrefix(path, "/") || !isBelow(path, base) || without != "" && isBelow(path, without) {
		return location
	}
	path = without + path[len(base):]
	if path == "" {
		path = "/"
	}
	if len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
		return location // a browser would take what follows for a server
	}
	u.Scheme, u.Host, u.Path, u.RawPath = "", "", "", ""
	return path + u.String() // the query and the fragment
}

// isBackend reports whether a URL's host is one that the backend may have for its
// own: that of its address, or that of the request.
func (d *delivery) isBackend(host string, t upstream.Target) bool {
	bare := func(host string) string {
		host = strings.ToLower(host)
		host, _ = strings.CutSuffix(host, ":80")
		host, _ = strings.CutSuffix(host, ":443")
		return host
	}
	return bare(host) == bare(t.Authority()) || bare(host) == bare(d.hostFor(t))
}
