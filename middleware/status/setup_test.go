package status_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/status"
)

func TestDirective(t *testing.T) {
	mw, err := caddyfiletest.Setup(t, status.Directive, "status 410 /a\nstatus 204 {\n /a/b\n /c\n}\nstatus 403 /d {\n /e\n}")
	require.NoError(t, err)
	for path, want := range map[string]int{"/": 210, "/a": 410, "/a/b": 204, "/c/x": 204, "/d": 403, "/e": 403} {
		got, err := mw(middleware.Status(210)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
		require.NoError(t, err)
		require.Equal(t, want, got, path)
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "status", "Caddyfile:1:1: status: a status from 200 to 599 is missing"},
		{"no path", "status 404", "Caddyfile:1:8: status: the path is missing that has the status"},
		{"an empty block", "status 404 {\n}", "Caddyfile:1:8: status: the path is missing that has the status"},
		{"no status", "status /a", "Caddyfile:1:8: status: \"/a\" is not a status from 200 to 599"},
		{"no number", "status gone /a", `Caddyfile:1:8: status: "gone" is not a status from 200 to 599`},
		{"an informational status", "status 103 /a", `Caddyfile:1:8: status: "103" is not a status from 200 to 599`},
		{"two paths on a line", "status 404 /a /b", `Caddyfile:1:15: status: unexpected "/b"`},
		{"two paths on a line of the block", "status 404 {\n /a /b\n}", `Caddyfile:2:5: status: /a: unexpected "/b"`},
		{"a path twice", "status 404 /a\nstatus 403 /a", `Caddyfile:2:12: status: "/a" has a status already, given at Caddyfile:1:12`},
		{"a path twice, in other letters", "status 404 {\n /a\n /A\n}", `Caddyfile:3:2: status: /A: "/A" has a status already, given at Caddyfile:2:2`},
		{"a path twice, with a star", "status 404 {\n /a\n /a*\n}", `Caddyfile:3:2: status: /a*: "/a*" has a status already, given at Caddyfile:2:2`},
		{"a name", "status 404 a", `Caddyfile:1:12: status: "a" is not a path: a path begins with /`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, status.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
