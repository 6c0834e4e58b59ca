package hidden_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/hidden"
)

func TestDirective(t *testing.T) {
	site := directive.NewSite("localhost")
	mw, err := caddyfiletest.SetupIn(t, site, hidden.Directive, "internal /a\ninternal /b/c")
	require.NoError(t, err)
	require.True(t, site.Accel, "directives further in are told")
	for path, want := range map[string]int{"/": 200, "/b": 200, "/a": 404, "/A/x": 404, "/b/c/d": 404} {
		status, err := mw(middleware.Status(200)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
		require.NoError(t, err)
		require.Equal(t, want, status, path)
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"no path", "internal", "Caddyfile:1:1: internal: a path is missing"},
		{"two paths on a line", "internal /a /b", `Caddyfile:1:13: internal: unexpected "/b"`},
		{"a name", "internal a", `Caddyfile:1:10: internal: "a" is not a path: a path begins with /`},
		{"a block", "internal /a {\n /b\n}", "Caddyfile:1:1: internal: takes no block"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, hidden.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
