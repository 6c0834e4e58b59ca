package caddyfile_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// automatic is a vocabulary with a directive that has what automatic HTTPS has:
// settings, and proofs below /proof/ on the port without TLS.
func automatic() caddyfile.Vocabulary {
	return append(vocabulary(), directive.Directive{Name: "automatic", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		c.Site().Server.TLS = new(tls.Config)
		c.Site().Server.Plain = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/proof/") {
					io.WriteString(w, "proof")
					return
				}
				next.ServeHTTP(w, r)
			})
		}
		return nil, c.Err()
	}})
}

// TestPlain checks what becomes of requests without TLS for sites that have got it
// by themselves.
func TestPlain(t *testing.T) {
	for _, tt := range []struct {
		name, text, method, url string
		want                    string // the location, the text, or the status
	}{
		{"a redirect", "a.example {\n automatic\n}", "GET", "http://a.example/x?y=z", "https://a.example/x?y=z"},
		{"a redirect of what is escaped", "a.example {\n automatic\n}", "GET", "http://A.Example:80/a%2fb//c", "https://a.example/a%2fb//c"},
		{"a redirect to a port", "a.example:8443 {\n automatic\n}", "GET", "http://a.example/x", "https://a.example:8443/x"},
		{"a redirect to the port of https", "https://a.example {\n automatic\n}", "GET", "http://a.example/", "https://a.example/"},
		{"a redirect to an address", "[::1] {\n automatic\n}", "GET", "http://[::1]/x", "https://[::1]/x"},
		{"a redirect to a port of an address", "[::1]:8443 {\n automatic\n}", "GET", "http://[::1]:80/x", "https://[::1]:8443/x"},
		{"a redirect of any host", ":443 {\n automatic\n}", "GET", "http://b.example/", "https://b.example/"},
		{"a proof", "a.example {\n automatic\n}", "GET", "http://a.example/proof/x", "proof"},
		{"a site of the same name", "a.example {\n automatic\n}\nhttp://a.example {\n answer plain\n}", "GET", "http://a.example/x", "plain"},
		{"a proof beside a site of the same name", "a.example {\n automatic\n}\nhttp://a.example {\n answer plain\n}", "GET", "http://a.example/proof/x", "proof"},
		{"an address of the same site", "a.example, http://a.example {\n automatic\n answer both\n}", "GET", "http://a.example/x", "both"},
		{"a site on a path of the same name", "a.example {\n automatic\n}\nhttp://a.example/x {\n answer plain\n}", "GET", "http://a.example/x/y", "plain"},
		{"a redirect beside a site on a path", "a.example {\n automatic\n}\nhttp://a.example/x {\n answer plain\n}", "GET", "http://a.example/y", "https://a.example/y"},
		{"a redirect beside a site for any host", "a.example {\n automatic\n}\n:80 {\n answer any\n}", "GET", "http://a.example/", "https://a.example/"},
		{"a site for any host", "a.example {\n automatic\n}\n:80 {\n answer any\n}", "GET", "http://b.example/proof/x", "any"},
		{"no site", "a.example {\n automatic\n}", "GET", "http://b.example/", "404"},
		{"a site on a path, whose redirect is of the host", "a.example/x {\n automatic\n}", "GET", "http://a.example/y", "https://a.example/y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, err := caddyfile.Build(parse(t, tt.text), caddyfile.Config{Vocabulary: automatic()})
			require.NoError(t, err)
			w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, tt.url, nil)
			server.PortHandler("80").ServeHTTP(w, r)
			if location := w.Header().Get("Location"); location != "" {
				require.Equal(t, http.StatusPermanentRedirect, w.Code)
				require.Equal(t, tt.want, location)
				return
			}
			require.Equal(t, tt.want, answer(server.PortHandler("80"), r))
		})
	}
}

// TestPlainPorts checks that the ports 80 and 443 may be others, to which they lead.
func TestPlainPorts(t *testing.T) {
	server, err := caddyfile.Build(parse(t, "a.example {\n automatic\n}"),
		caddyfile.Config{Vocabulary: automatic(), HTTPPort: "8080", HTTPSPort: "8443"})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	server.PortHandler("8080").ServeHTTP(w, httptest.NewRequest("GET", "http://a.example/", nil))
	require.Equal(t, "https://a.example/", w.Header().Get("Location"))
	require.NotNil(t, server.PortHandler("8443"))
	require.Nil(t, server.PortHandler("80"))
}

// TestPlainPortIsTaken checks that who did not ask for a port is told what it is for.
func TestPlainPortIsTaken(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	_, port, err := net.SplitHostPort(other.Addr().String())
	require.NoError(t, err)
	server, err := caddyfile.Build(parse(t, "https://a.example:0 {\n bind 127.0.0.1\n automatic\n}"), caddyfile.Config{Vocabulary: automatic(), HTTPPort: port})
	require.NoError(t, err)
	require.ErrorContains(t, server.Listen(t.Context()), "(port "+port+" is for redirects to the site, and for proofs that its name leads here)")
}
