package caddyfile_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestSiteAtAPath checks what a site sees that is not at the root of its host.
func TestSiteAtAPath(t *testing.T) {
	v := caddyfile.Vocabulary{{Name: "tell", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		return func(middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				fmt.Fprintf(w, "%s %s %s", r.URL.Path, r.RequestURI, middleware.OriginalURL(w, r))
				return 0, nil
			})
		}, c.Err()
	}}}
	server, err := caddyfile.Build(parse(t, "localhost/a, localhost/b/c*, localhost/d/ {\n\ttell\n}"), caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	for _, tt := range []struct{ method, target, want string }{
		{"GET", "/a/", "/ / /a/"},
		{"GET", "/a/x?y=1", "/x /x?y=1 /a/x?y=1"},
		{"GET", "/a//x", "/x /x /a//x"},
		{"GET", "//a/x", "/x /x //a/x"},
		{"GET", "/z/../a/x/", "/x/ /x/ /z/../a/x/"},
		{"GET", "/%61/x%2Fy", "/x/y /x%2Fy /%61/x%2Fy"},
		{"GET", "/a/%2e%2e", "404"},
		{"GET", "/a", "301 /a/"},
		{"HEAD", "/a?y=1", "301 /a/?y=1"},
		{"POST", "/a", "/ / /a"},
		{"GET", "/ab", "404"},
		{"GET", "/b/c/x", "/b/c/x /b/c/x /b/c/x"}, // a path that ends in a star is no folder
		{"GET", "/b/cd", "/b/cd /b/cd /b/cd"},
		{"GET", "/d/x", "/x /x /d/x"},
		{"GET", "/d", "301 /d/"},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/", nil)
			r.Host = "localhost"
			u, err := url.Parse("http://x" + tt.target)
			require.NoError(t, err)
			u.Scheme, u.Host = "", ""
			r.URL, r.RequestURI = u, tt.target
			w := httptest.NewRecorder()
			server.Handler().ServeHTTP(w, r)
			got := w.Body.String()
			if w.Code != 200 {
				got = fmt.Sprint(w.Code)
				if to := w.Header().Get("Location"); to != "" {
					got += " " + to
				}
			}
			require.Equal(t, tt.want, got)
		})
	}
}
