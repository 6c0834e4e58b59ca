package caddyfile

import (
	"net"
	"net/http"
	"strings"
)

// redirect finds places, on the port for requests without TLS, for the hosts of
// sites that ask for them, and has what is there met by what they ask for first.
func (b *builder) redirect(g *generation) {
	first := map[string]func(http.Handler) http.Handler{}
	for i, site := range g.sites {
		if site.conf.Server.Plain == nil {
			continue
		}
		for _, a := range g.decls[i].Addrs {
			if !b.isSecure(a, site) {
				continue
			}
			plain := a
			plain.Scheme, plain.Port, plain.Path = "http", b.HTTPPort, ""
			plain.Text = "http://" + a.Host
			to := b.port(a, site)
			if to == b.HTTPSPort {
				to = ""
			}
			place := newPlace(plain, site)
			place.handler = toHTTPS(to)
			b.on(g, b.HTTPPort).add(place) // unless there is one
			first[plain.host()] = site.conf.Server.Plain
		}
	}
	if len(first) == 0 {
		return
	}
	for _, q := range b.ports[b.HTTPPort].places {
		if plain := first[q.host]; plain != nil {
			q.handler = plain(q.handler)
		}
	}
}

// toHTTPS redirects requests to https at a port, "" being 443, of the host that
// they are for. 308 leaves them the method that they have (RFC 9110, section
// 15.4.9).
func toHTTPS(port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _ := requestHost(r.Host)
		switch {
		case port != "":
			host = net.JoinHostPort(host, port)
		case strings.Contains(host, ":"):
			host = "[" + host + "]"
		}
		uri := r.URL.RequestURI()
		if !strings.HasPrefix(uri, "/") { // OPTIONS *
			uri = "/"
		}
		w.Header().Set("Location", "https://"+host+uri)
		w.WriteHeader(http.StatusPermanentRedirect)
	})
}
