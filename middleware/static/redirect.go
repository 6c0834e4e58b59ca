package static

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// Redirect sends the client to a location that [Canonical] returned.
func Redirect(w http.ResponseWriter, location string) (int, error) {
	w.Header().Set("Location", location)
	w.Header().Set("Content-Length", "0") // which net/http does not say to a HEAD by itself
	return http.StatusMovedPermanently, nil
}

// Canonical returns where to send a client that asked for a folder without a
// slash at the end, or for a file with one; "" if it asked as it should have.
//
// The result is a path with exactly one slash at its beginning, so that no path
// such as //example.com/.. leads to another site (CVE-2022-28923).
func Canonical(w http.ResponseWriter, r *http.Request, folder bool) string {
	served := r.URL.Path
	if strings.HasSuffix(served, "/") == folder {
		return ""
	}
	asked := middleware.AskedURL(w, r)
	if strings.HasSuffix("/"+asked.Path, "/") == folder {
		return "" // it is another layer that put or took the slash
	}
	if !strings.HasSuffix(asked.Path, served) && path.Base(asked.Path) != path.Base(served) {
		return "" // nobody knows what the other path would lead to: caddy#4205, caddy#4466
	}
	target := path.Clean("/" + asked.Path)
	if target == "/" {
		return ""
	}
	if folder {
		target += "/"
	}
	location := url.URL{Path: target, RawQuery: asked.RawQuery}
	return middleware.Location(&location)
}
