package proxy

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// PathAt returns the path that a Handler asks t for.
func PathAt(c Config, r *http.Request, t upstream.Target) (string, error) {
	d := &delivery{h: NewHandler(nil, c), r: r}
	if err := d.place(); err != nil {
		return "", err
	}
	var u url.URL
	if err := d.url(&u, t); err != nil {
		return "", err
	}
	return u.EscapedPath(), nil
}

// AccelTarget reads the value of X-Accel-Redirect.
func AccelTarget(text string) (*url.URL, error) { return accelTarget(text) }

// Elsewhere returns what properties are called elsewhere, and which there are here.
func Elsewhere() (names map[string]string, here map[string]bool) {
	here = map[string]bool{}
	for _, property := range new(parser).properties() {
		here[strings.TrimSuffix(property.name, "...")] = true
	}
	return elsewhere, here
}

// Relocated returns what is made of the Location of a response of t's.
func Relocated(c Config, r *http.Request, t upstream.Target, location string) string {
	d := &delivery{h: NewHandler(nil, c), r: r}
	if c.PreserveHost {
		d.host = r.Host
	}
	return d.relocated(location, t)
}
