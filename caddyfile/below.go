package caddyfile

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// below puts h, which serves a whole site, at a path: h sees what comes after it,
// as in Caddy 1. The path itself is that of a folder, and so ends in a slash for
// whoever asks for it; else the links in a page would lead elsewhere.
func below(prefix string, h middleware.Handler) middleware.Handler {
	return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		u := new(url.URL)
		*u = *r.URL
		if c := clean(u.Path); c != u.Path { // //a or /b/../a
			u.Path, u.RawPath = c, ""
		}
		if u.Path == prefix && middleware.Reads(r) {
			to := url.URL{Path: prefix + "/", RawQuery: u.RawQuery}
			w.Header().Set("Location", to.String())
			return http.StatusMovedPermanently, nil
		}
		u.Path = "/" + strings.TrimPrefix(u.Path[len(prefix):], "/")
		if u.RawPath != "" {
			u.RawPath = "/" + strings.TrimPrefix(u.RawPath[escapedLen(u.RawPath, len(prefix)):], "/")
		}
		return h.ServeHTTP(w, middleware.Rewrite(w, r, u))
	})
}

// escapedLen returns how many bytes of an escaped path stand for its first n.
func escapedLen(escaped string, n int) int {
	i := 0
	for range n {
		if escaped[i] == '%' {
			i += len("%20")
		} else {
			i++
		}
	}
	return i
}

func clean(p string) string {
	c := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && c != "/" {
		c += "/"
	}
	return c
}
