package proxy_test

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// FuzzPath checks that no path leads a backend out of what it is to be asked for,
// whether or not it resolves paths, and that nothing is escaped anew.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"/api/x", "/api", "/api/", "//api/x", "/api//x", "/api/../x", "/api/%2e%2e/x", "/api/..%2fx", "/%61pi/%2F", "/x/../api/y", "/api%2Fx", "/apix", "/api/a%2Fb\"", "/api/\xff%2f"} {
		f.Add(s)
	}
	target := upstream.Target{Addr: "localhost:80", Path: "/v%201"}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.ParseRequestURI(s)
		if err != nil || !strings.HasPrefix(s, "/") {
			return
		}
		r := &http.Request{URL: u}
		c := proxy.Config{From: "/api", Without: "/api"}
		if !middleware.Path("/api").Match(r) {
			return
		}
		got, err := proxy.PathAt(c, r, target)
		if err != nil {
			return
		}
		rest, ok := strings.CutPrefix(got, "/v%201/")
		require.True(t, ok, got)
		if plain := u.EscapedPath(); u.RawPath == "" || plain == u.RawPath {
			require.True(t, rest == "" || strings.HasSuffix(plain, "/"+rest), got)
		}
		require.Equal(t, strings.Count(strings.ToLower(u.RawPath), "%2f"), strings.Count(strings.ToLower(got), "%2f"), got)
		decoded, err := url.PathUnescape(got)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(path.Clean(decoded)+"/", "/v 1/"), got)
	})
}
