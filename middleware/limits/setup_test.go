package limits_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/limits"
)

func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		header    int
		bodies    map[string]int // the most that gets through, by path; -1 is everything
	}{
		{"one for all", "limits 2KB", 2048, map[string]int{"/": 2048, "/a": 2048}},
		{"a header", "limits {\n header 10kb\n}", 10240, map[string]int{"/": -1}},
		{"a body", "limits {\n body 100\n}", 0, map[string]int{"/": 100}},
		{"bodies", "limits {\n header 1MB\n body /a 10\n body 1000B\n body /a/b 20\n}", 1 << 20,
			map[string]int{"/": 1000, "/a": 10, "/a/b": 20, "/A": 10}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite("localhost")
			mw, err := caddyfiletest.SetupIn(t, site, limits.Directive, tt.src)
			require.NoError(t, err)
			require.Equal(t, tt.header, site.Server.MaxHeaderBytes)
			for path, most := range tt.bodies {
				send := func(n int) error {
					_, err := mw(echo).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, strings.NewReader(strings.Repeat("x", n))))
					return err
				}
				if most < 0 {
					require.NoError(t, send(100_000))
					continue
				}
				require.NoError(t, send(most))
				require.Error(t, send(most+1))
			}
		})
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "limits", "Caddyfile:1:1: limits: a size, or a block of header and body, is missing"},
		{"an empty block", "limits {\n}", "Caddyfile:1:1: limits: a size, or a block of header and body, is missing"},
		{"no size", "limits large", `Caddyfile:1:8: limits: "large" is not a size such as 512B, 64KB or 10MB`},
		{"zero", "limits 0", `Caddyfile:1:8: limits: "0" is not a size such as 512B, 64KB or 10MB`},
		{"zero in a block", "limits {\n body 0KB\n}", `Caddyfile:2:7: limits: body: "0KB" is not a size such as 512B, 64KB or 10MB`},
		{"both", "limits 1KB {\n body 1KB\n}", "Caddyfile:1:8: limits: there is either one size for all or a block, not both"},
		{"twice", "limits 1KB\nlimits 2KB", "Caddyfile:2:1: limits: already given at Caddyfile:1:1"},
		{"two headers", "limits {\n header 1KB\n header 2KB\n}", "Caddyfile:3:2: limits: header: already given at Caddyfile:2:2"},
		{"a header no machine has", "limits {\n header 100GB\n}", `Caddyfile:2:9: limits: header: "100GB" is more than the header of a request can have`},
		{"a path twice, of which Caddy 1 took the last", "limits {\n body /a 1KB\n body /A 2KB\n}", `Caddyfile:3:7: limits: body: "/A" has a size already, given at Caddyfile:2:7`},
		{"two bodies for all", "limits {\n body 1KB\n body / 2KB\n}", `Caddyfile:3:7: limits: body: "/" has a size already, given at Caddyfile:2:2`},
		{"a path without a slash", "limits {\n body a 1KB\n}", `Caddyfile:2:7: limits: body: "a" is not a path: a path begins with /`},
		{"a property without its block", "limits body 1KB", `Caddyfile:1:8: limits: body stands in a block, between { and } on lines of their own`},
		{"an unknown property", "limits {\n boddy 1KB\n}", `Caddyfile:2:2: limits: unknown property "boddy" (did you mean "body"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, limits.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
