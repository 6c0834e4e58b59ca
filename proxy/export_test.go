package proxy

import (
	"net/http"
	"net/url"

	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/middleware/upstream/properties"
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

// Properties returns what a block may say.
func Properties() []directive.Property {
	reader := properties.Reader{Controller: directive.NewController(directive.NewSite(), "proxy")}
	p := parser{up: reader.Line(nil)}
	return p.properties()
}

// Relocated returns what is made of the Location of a response of t's.
func Relocated(c Config, r *http.Request, t upstream.Target, location string) string {
	d := &delivery{h: NewHandler(nil, c), r: r}
	if c.PreserveHost {
		d.host = r.Host
	}
	return d.relocated(location, t)
}
