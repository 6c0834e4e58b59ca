package condition_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// read sets up a directive that has conditions and leaves the rest alone.
func read(t *testing.T, site *directive.Site, src string) (s condition.Set, rest []*directive.Line, err error) {
	_, err = caddyfiletest.SetupIn(t, site, directive.Directive{Name: "x", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		line := c.Once()
		line.Args(0, 0)
		s, rest = condition.Read(line.Properties())
		for _, prop := range rest {
			prop.Args(0, directive.Any)
		}
		return nil, c.Err()
	}}, src)
	return s, rest, err
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, block string
		get, post   bool
		rest        int
	}{
		{"nothing", "", true, true, 0},
		{"one", "if {method} is GET", true, false, 0},
		{"two", "if {method} is GET\nif {path} is /b", false, false, 0},
		{"two, and", "if {method} is GET\nif {path} is /b\nif_op and", false, false, 0},
		{"two, or", "if_op or\nif {method} is GET\nif {path} is /b", true, false, 0},
		{"among others", "to /a /b\nif {method} not GET\next .a", false, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, rest, err := read(t, directive.NewSite(), "x {\n"+tt.block+"\n}")
			require.NoError(t, err)
			require.Len(t, rest, tt.rest)
			require.Equal(t, tt.get, s.Holds(&placeholder.Values{Request: httptest.NewRequest("GET", "/a", nil)}))
			require.Equal(t, tt.post, s.Holds(&placeholder.Values{Request: httptest.NewRequest("POST", "/a", nil)}))
		})
	}
}

func TestReadErrors(t *testing.T) {
	for _, tt := range []struct{ name, block, want string }{
		{"no operator", "if {method}", "Caddyfile:2:1: x: if: an operator such as \"is\" is missing"},
		{"a word too many", "if {method} is GET POST", `Caddyfile:2:20: x: if: unexpected "POST"`},
		{"an operator mistyped", "if {method} si GET", `Caddyfile:2:13: x: if: unknown operator "si" (did you mean "is"?)`},
		{"a bad pattern", "if {method} match (", "Caddyfile:2:19: x: if: error parsing regexp: missing closing ): `(`"},
		{"no such way to join", "if {method} is GET\nif_op xor", `Caddyfile:3:7: x: if_op: unknown operator "xor" (did you mean "or"?)`},
		{"joined twice", "if {method} is GET\nif_op or\nif_op and", `Caddyfile:4:1: x: if_op: already given at Caddyfile:3:1`},
		{"nothing to join", "if_op or", `Caddyfile:2:1: x: if_op: there is no if`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, directive.NewSite(), "x {\n"+tt.block+"\n}")
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestReadWarnings(t *testing.T) {
	var log strings.Builder
	site := directive.NewSite()
	site.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, _, err := read(t, site, "x {\n if {hots} is {hostt}\n if {path} match a{such}\n}")
	require.NoError(t, err)
	require.Contains(t, log.String(), `(did you mean \"{host}\"?)`)
	require.Equal(t, 2, strings.Count(log.String(), "\n"))
}
