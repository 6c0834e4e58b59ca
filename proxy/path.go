package proxy

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// place says what path a backend is to see. That is the one the client sent,
// escaped as it was: a %2F is not a slash to those who tell them apart. What
// was matched is the decoded path, so where the two could disagree about which part
// of the site is meant, the request is refused.
func (d *delivery) place() error {
	u := d.r.URL
	if u.Opaque != "" {
		return refusal("the target has no path")
	}
	d.path, d.escaped = u.Path, escapedPath(u)
	if d.path == "" {
		d.path, d.escaped = "/", "/"
	}
	if from := d.h.cfg.From.Prefix(); from != "/" && !strings.HasPrefix(d.path, from) {
		return refusal("the path lies below " + from + " only once it is resolved")
	}
	if d.h.cfg.Without == "" || d.path == "*" {
		return nil
	}
	return d.without(d.h.cfg.Without)
}

var pathBytes = setOf(alphanumeric + "!$%&'()*+,-./:;=@[]_~") // RFC 3986, section 3.3, and what package url lets pass

// escapedPath returns the path as the client has escaped it. If it has left out any
// byte, EscapedPath makes it up anew from Path, and so a slash of each %2F.
func escapedPath(u *url.URL) string {
	escaped := u.EscapedPath()
	if u.RawPath == "" || u.RawPath == escaped {
		return escaped
	}
	if p, err := url.PathUnescape(u.RawPath); err != nil || p != u.Path {
		return escaped
	}
	var b strings.Builder
	for i := range len(u.RawPath) {
		if c := u.RawPath[i]; pathBytes.has(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// without takes prefix from the path.
func (d *delivery) without(prefix string) error {
	if !isBelow(path.Clean(d.path), prefix) {
		return nil
	}
	end := 0 // of as many segments as the prefix has
	for range strings.Count(prefix, "/") {
		next := strings.IndexByte(d.escaped[end+1:], '/')
		if next < 0 {
			end = len(d.escaped)
			break
		}
		end += 1 + next
	}
	if front, err := url.PathUnescape(d.escaped[:end]); err != nil || front != prefix {
		return refusal("the path lies below " + prefix + " only once it is resolved")
	}
	d.path, d.escaped = d.path[len(prefix):], d.escaped[end:]
	if d.path == "" {
		d.path, d.escaped = "/", "/"
	}
	if clean := path.Clean(d.path); clean != d.path && clean+"/" != d.path {
		return refusal("the path is another once it is resolved")
	}
	return nil
}

// isBelow reports whether p is prefix or lies below it.
func isBelow(p, prefix string) bool {
	rest, ok := strings.CutPrefix(p, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// url sets u to where the request is sent at t. The query is that of the client, byte
// for byte: CVE-2022-2880.
func (d *delivery) url(u *url.URL, t upstream.Target) error {
	*u = url.URL{
		Scheme: t.Scheme, Host: t.Authority(), Path: d.path, RawPath: d.escaped,
		RawQuery: d.r.URL.RawQuery, ForceQuery: d.r.URL.ForceQuery,
	}
	if u.Scheme == "" {
		u.Scheme = "http"
	}
	if u.Host == "" {
		u.Host = "localhost"
	}
	base := strings.TrimSuffix(t.Path, "/")
	if base == "" || d.path == "*" {
		return nil
	}
	if hasDots(d.path) {
		return refusal("the path leads out of " + base)
	}
	decoded, err := url.PathUnescape(base)
	if err != nil {
		return refusal("the path of the target is not escaped as it must be")
	}
	u.Path, u.RawPath = decoded+u.Path, base+u.RawPath
	return nil
}

// hasDots reports whether a segment of p is "." or "..".
func hasDots(p string) bool {
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// hostFor returns the value of Host for t, in which a port that goes without saying
// is not said.
func (d *delivery) hostFor(t upstream.Target) string {
	if d.host != "" {
		return d.host
	}
	host := t.Authority()
	port := ":80"
	if t.Scheme == "https" || t.Scheme == "h2" {
		port = ":443"
	}
	return strings.TrimSuffix(host, port)
}
