package proxy

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// An Accel lets backends leave a request to a Handler, such as one that serves files
// it has checked a client's right to: they respond with a field
//
//	X-Accel-Redirect: /protected/report.pdf
//
// whose value is a path, escaped as in a URL, perhaps with a query. The Handler gets
// a GET, or a HEAD if the client sent that, of the path behind the Prefix, with the
// header that the client sent, so that ranges and conditions are of use. Its
// status and its body are what the client gets, with these fields of the backend's
// header: Accept-Ranges, Cache-Control, Content-Disposition, Content-Type, Expires
// and Set-Cookie, as in nginx.
//
// With any Accel, no field that begins with X-Accel- gets to a client, and a target
// that is below no Prefix, or not in its simplest form, is answered with 502.
type Accel struct {
	// Prefix is where the paths begin, in whole segments. It is no part of the site:
	// what clients ask for does not get to the Handler. "" is everything.
	Prefix string

	// Handler answers. Nil is 404.
	Handler middleware.Handler
}

var accelKeep = []string{"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Type", "Expires", "Set-Cookie"}

// accels returns list with the longest prefix first.
func accels(list []Accel) []Accel {
	list = slices.Clone(list)
	for i := range list {
		list[i].Prefix = strings.TrimSuffix(list[i].Prefix, "/")
		if list[i].Handler == nil {
			list[i].Handler = middleware.Status(http.StatusNotFound)
		}
	}
	slices.SortStableFunc(list, func(a, b Accel) int { return cmp.Compare(len(b.Prefix), len(a.Prefix)) })
	return list
}

// takeAccel takes what is for this proxy out of the header of a response, and
// returns the targets in it, if it is to be asked for any.
func (d *delivery) takeAccel(h http.Header) []string {
	if len(d.h.cfg.Accel) == 0 {
		return nil
	}
	targets := h[middleware.AccelRedirect]
	for name := range h {
		if strings.HasPrefix(name, "X-Accel-") {
			delete(h, name)
		}
	}
	return targets
}

// accel has the target that a backend has given answer. That is no failure of the
// backend's.
func (d *delivery) accel(targets []string) (int, error) {
	to, err := middleware.AccelTarget(targets)
	if err != nil {
		return http.StatusBadGateway, fmt.Errorf("proxy: %w", err)
	}
	for _, a := range d.h.cfg.Accel {
		if !isBelow(to.Path, a.Prefix) {
			continue
		}
		to.Path = cmp.Or(to.Path[len(a.Prefix):], "/")
		return a.Handler.ServeHTTP(d.w, middleware.Onward(d.w, d.r, to))
	}
	return http.StatusBadGateway, fmt.Errorf("proxy: %s %q: below no prefix that is meant for it", middleware.AccelRedirect, targets[0])
}
