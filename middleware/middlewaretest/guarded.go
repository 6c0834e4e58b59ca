package middlewaretest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/shallot-http/shallot/middleware"
)

// Guarded checks that what m makes shows the paths to nobody but whom an Access lets
// in: it is refused as [middleware.Access.Admit] says, by every method, and the
// handler is not asked. The first of the paths has to answer GET.
func Guarded(t *testing.T, m func(middleware.Access) middleware.Handler, paths ...string) {
	t.Helper()
	local := middleware.Access{Private: &middleware.Private{}}
	networks := middleware.Access{Private: &middleware.Private{
		Networks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, Hosts: []string{"debug.example"},
	}}
	users := middleware.Access{Users: true}
	const machine, office, host = "127.0.0.1:5000", "10.0.0.1:5000", "localhost:8080"
	header := func(nameAndValue ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(nameAndValue); i += 2 {
			h.Set(nameAndValue[i], nameAndValue[i+1])
		}
		return h
	}
	serve := func(method, path, peer, host, user string, h http.Header, a middleware.Access) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, nil)
		r.RemoteAddr, r.Host, r.Header = peer, host, h.Clone()
		if r.Header == nil {
			r.Header = http.Header{}
		}
		authenticated := func(w http.ResponseWriter, r *http.Request) (int, error) {
			middleware.Note(w, slog.String(middleware.NoteUser, user))
			return m(a).ServeHTTP(w, r)
		}
		middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(middleware.HandlerFunc(authenticated)).ServeHTTP(w, r)
		return w
	}
	for _, tt := range []struct {
		name, peer, host, user string
		header                 http.Header
		access                 middleware.Access
	}{
		{"another machine", "192.0.2.1:5000", host, "ada", nil, local},
		{"another machine in the same network", office, "10.0.0.2", "", nil, local},
		{"nobody knows from where", "", host, "", nil, local},
		{"DNS rebinding", machine, "evil.example:8080", "", nil, local},
		{"DNS rebinding, with networks", office, "evil.example:8080", "", nil, networks},
		{"no host", machine, "", "", nil, local},
		{"X-Forwarded-For", machine, host, "", header("X-Forwarded-For", "127.0.0.1"), local},
		{"X-Forwarded-Host", machine, host, "", header("X-Forwarded-Host", "localhost"), local},
		{"X-Forwarded-Proto", machine, host, "", header("X-Forwarded-Proto", "https"), local},
		{"X-Forwarded-For, with networks", office, "10.0.0.2", "", header("X-Forwarded-For", "127.0.0.1"), networks},
		{"Forwarded", machine, host, "", header("Forwarded", "for=127.0.0.1"), local},
		{"Via", machine, host, "", header("Via", "1.1 proxy"), local},
		{"a CDN", machine, host, "", header("Cdn-Loop", "cdn.example"), local},
		{"X-Real-IP", machine, host, "", header("X-Real-Ip", "127.0.0.1"), local},
		{"a page of another site", machine, host, "", header("Sec-Fetch-Site", "cross-site"), local},
		{"a page of another port", machine, host, "", header("Sec-Fetch-Site", "same-site"), local},
		{"a page of another site, of a user", machine, host, "ada", header("Sec-Fetch-Site", "cross-site"), users},
		{"who has no password", machine, host, "", nil, users},
	} {
		t.Run("refused: "+tt.name, func(t *testing.T) {
			for _, path := range paths {
				for _, method := range []string{"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"} {
					w := serve(method, path, tt.peer, tt.host, tt.user, tt.header, tt.access)
					if got := w.Body.String(); w.Code != http.StatusNotFound || got != "404 Not Found\n" {
						t.Errorf("%s %s: got %d, %q; want 404 and no more", method, path, w.Code, got)
					}
				}
			}
		})
	}
	for name, h := range map[string]http.Header{
		"another site":               header("Sec-Fetch-Site", "cross-site"),
		"another origin":             header("Origin", "http://evil.example"),
		"another port":               header("Origin", "http://localhost:1234"),
		"a file":                     header("Origin", "null"),
		"another host of the domain": header("Sec-Fetch-Site", "same-site", "Origin", "http://localhost:8080"),
	} {
		t.Run("refused: a change by a page of "+name, func(t *testing.T) {
			for _, path := range paths {
				for _, access := range []middleware.Access{local, networks, users} {
					for _, method := range []string{"PUT", "POST", "DELETE"} {
						if w := serve(method, path, machine, host, "ada", h, access); w.Code != http.StatusNotFound {
							t.Errorf("%s %s: got %d, want 404", method, path, w.Code)
						}
					}
				}
			}
		})
	}
	for _, tt := range []struct {
		name, peer, host, user string
		header                 http.Header
		access                 middleware.Access
	}{
		{"this machine", machine, host, "", nil, local},
		{"this machine by its address", "[::1]:5000", "[::1]:8080", "", nil, local},
		{"typed into a browser", machine, host, "", header("Sec-Fetch-Site", "none"), local},
		{"a link of its own", machine, host, "", header("Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8080"), local},
		{"a network, by an address", office, "10.0.0.2", "", nil, networks},
		{"a network, by a name that is allowed", office, "debug.example", "", nil, networks},
		{"a user, through a proxy", "192.0.2.1:5000", "shop.example", "ada", header("X-Forwarded-For", "198.51.100.1"), users},
	} {
		t.Run("let in: "+tt.name, func(t *testing.T) {
			w := serve("GET", paths[0], tt.peer, tt.host, tt.user, tt.header, tt.access)
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("GET %s: got %d, %v; want 200, not to be stored or sniffed", paths[0], w.Code, w.Header())
			}
			if w := serve("DELETE", paths[0], tt.peer, tt.host, tt.user, tt.header, tt.access); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("DELETE %s: got %d, want 405", paths[0], w.Code)
			}
		})
	}
}
