package gzip

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// find returns the dictionary that the client of r has and the response may be
// encoded with, or nil.
func (d *Dictionaries) find(r *http.Request) *dictionary {
	available := r.Header["Available-Dictionary"]
	if d == nil || len(available) != 1 || !isOwn(r) {
		return nil
	}
	hash, ok := parseHash(available[0])
	if !ok {
		return nil
	}
	path := r.URL.EscapedPath()
	for _, u := range d.all() {
		if u.isFor(r, path) {
			return d.get(hash)
		}
	}
	return nil
}

// isOwn reports whether a page of the same site, or nobody's, has made the client
// send r. RFC 9842, section 9.3.2, forbids to use a dictionary where the page must
// not read the response, since its length would say something of it. Other sites'
// pages it permits where they may read it, which we leave to plain codings.
func isOwn(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin":
		return true
	case "", "none":
		mode := r.Header.Get("Sec-Fetch-Mode")
		return mode == "" || mode == "navigate" || mode == "same-origin"
	}
	return false
}

// governs reports whether the response to r may depend on the dictionary that its
// client has.
func (d *Dictionaries) governs(r *http.Request) bool {
	path := r.URL.EscapedPath()
	return slices.ContainsFunc(d.all(), func(u *rule) bool { return u.match.matches(path) })
}

// wantsIdentity reports whether the response to r had better not be encoded yet: it
// will be by a dictionary, or is to become one.
func (d *Dictionaries) wantsIdentity(r *http.Request) bool {
	if d == nil {
		return false
	}
	return d.find(r) != nil || len(r.Header["Authorization"]) == 0 && d.learner(r) != nil && !d.knowsAny(r.URL.Path)
}

// advertise tells the client if the response to r can be a dictionary, unless the
// handler has.
func (d *Dictionaries) advertise(h http.Header, r *http.Request) {
	if u := d.learner(r); u != nil && h["Use-As-Dictionary"] == nil && isForAll(r, h) {
		h["Use-As-Dictionary"] = u.header
	}
}

// learner returns the rule by which the response to r becomes a dictionary.
func (d *Dictionaries) learner(r *http.Request) *rule {
	if !middleware.Reads(r) {
		return nil
	}
	path := r.URL.EscapedPath()
	for _, u := range d.all() {
		if u.learns && u.from.matches(path) {
			return u
		}
	}
	return nil
}

// all returns the rules.
func (d *Dictionaries) all() []*rule {
	if d == nil {
		return nil
	}
	if rules := d.rules.Load(); rules != nil {
		return *rules
	}
	return nil
}

// isForAll reports whether the response to r is the same for everybody.
func isForAll(r *http.Request, h http.Header) bool {
	if !isPublic(h) || len(r.Header["Authorization"]) > 0 {
		return false
	}
	for _, line := range h["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "*", "cookie", "authorization":
				return false
			}
		}
	}
	return true
}

// parseHash reads a byte sequence of RFC 9651, section 3.3.5.
func parseHash(s string) (hash [sha256.Size]byte, ok bool) {
	const encoded = 44
	if s = itemOf(s); len(s) != encoded+2 || s[0] != ':' || s[encoded+1] != ':' {
		return hash, false
	}
	var in [encoded]byte
	var out [sha256.Size + 1]byte // the length that Decode wants room for
	copy(in[:], s[1:])
	n, err := base64.StdEncoding.Decode(out[:], in[:])
	copy(hash[:], out[:])
	return hash, err == nil && n == sha256.Size
}

// itemOf returns the item that is a structured field, without its parameters.
func itemOf(s string) string {
	if !strings.HasPrefix(s, `"`) {
		s, _, _ = strings.Cut(s, ";")
	}
	return strings.Trim(s, " ")
}
