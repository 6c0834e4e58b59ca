package fastcgi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// isLocal reports whether a header consists of a Location, and perhaps what
// libraries add to it by themselves: RFC 3875, section 6.2.2. Where there is more,
// such as a cookie, the client is to get it, with a redirect.
func isLocal(h http.Header) bool {
	for name := range h {
		switch name {
		case "Location", "Content-Type", "Content-Length", "X-Powered-By":
		default:
			return false
		}
	}
	return true
}

// maxHops is how often an application may have a request go on.
const maxHops = 10

type hopsKey struct{}

var errHops = errors.New("fastcgi: the application redirects in circles")

// goOn answers the request as if it had been for d.onward, in the same release of
// the site. Nothing of the response so far was sent.
func (d *delivery) goOn() (int, error) {
	hops, _ := d.r.Context().Value(hopsKey{}).(int)
	if hops >= maxHops {
		return http.StatusBadGateway, errHops
	}
	u, err := url.ParseRequestURI(d.onward)
	if err != nil {
		return http.StatusBadGateway, fmt.Errorf("fastcgi: %w", err)
	}
	r := middleware.Onward(d.w, d.r, u)
	r = middleware.WithRoot(r.WithContext(context.WithValue(r.Context(), hopsKey{}, hops+1)), d.base)
	status, err := d.h.ServeHTTP(d.w, r)
	middleware.CopyBack(d.r, r)
	return status, err
}

// withSlash returns where the client gets the folder it asked for by its one name, so
// that relative links in what its index answers lead where they should; "" if nobody
// knows what that would lead to, as a layer further out has changed the path:
// caddy#4205.
func (d *delivery) withSlash() string {
	served, asked := d.r.URL.Path, middleware.AskedURL(d.w, d.r)
	if strings.HasSuffix(asked.Path, "/") || path.Base(asked.Path) != path.Base(served) {
		return ""
	}
	// No path such as //example.com/.. leads to another site: CVE-2022-28923.
	location := url.URL{Path: path.Clean("/"+asked.Path) + "/", RawQuery: asked.RawQuery}
	return middleware.Location(&location)
}
