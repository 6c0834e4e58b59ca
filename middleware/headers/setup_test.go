package headers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/headers"
)

func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		want      http.Header
	}{
		{"a field", `header /foo X-A 1`, http.Header{"X-A": {"1"}}},
		{"a quoted value", `header / Strict-Transport-Security "max-age=1; preload"`, http.Header{"Strict-Transport-Security": {"max-age=1; preload"}}},
		{"an empty value", `header / X-A ""`, http.Header{"X-A": {""}}},
		{"another path", `header /bar X-A 1`, http.Header{}},
		{"a longer path", `header /foo/bar X-A 1`, http.Header{}},
		{"a block", "header / {\n\tX-A 1\n\tX-B 2\n\t-X-A\n}", http.Header{"X-B": {"2"}}},
		{"a block on one line, as Caddy 0.7.1 has it", `header /foo { Foo "Bar Baz" Baz Qux }`, http.Header{"Foo": {"Bar Baz"}, "Baz": {"Qux"}}},
		{"a block on one line with a deletion", `header / { Foo Bar -Foo +Baz Qux }`, http.Header{"Baz": {"Qux"}}},
		{"added", "header / X-A 1\nheader / +X-A 2", http.Header{"X-A": {"1", "2"}}},
		{"lines after one another all count", "header / X-A 1\nheader / X-B 2\nheader /foo X-C 3", http.Header{"X-A": {"1"}, "X-B": {"2"}, "X-C": {"3"}}},
		{"lines of one path are merged into the first", "header / X-A 1\nheader /foo X-A 2\nheader / X-A 3", http.Header{"X-A": {"2"}}},
		{"a placeholder", `header / X-A "{method} {path}"`, http.Header{"X-A": {"GET /foo"}}},
		{"the client, of whom a trusted proxy tells", `header / X-A {remote}`, http.Header{"X-A": {"198.51.100.7"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			site.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			mw, err := caddyfiletest.SetupIn(t, site, headers.Directive, tt.src)
			require.NoError(t, err)
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/foo", nil)
			r.Header.Set("X-Forwarded-For", "198.51.100.7")
			mw(nothing).ServeHTTP(w, r)
			require.Equal(t, tt.want, w.Header())
		})
	}
}

// TestDirectiveErrors has a word too many on a line, for which Caddy 0.7.1 dropped
// the line and all that followed it.
func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "header", "Caddyfile:1:1: header: the path comes first, which is / for all requests"},
		{"no field", "header /", "Caddyfile:1:1: header: a field, or a block of fields, is missing"},
		{"no path", "header X-A 1", `Caddyfile:1:8: header: "X-A" is not a path, which comes first, and is / for all requests`},
		{"a name without a value, which Caddy 0.7.1 took for the value", "header / X-A",
			`Caddyfile:1:10: header: X-A has no value ("" is an empty one, and -X-A deletes the field)`},
		{"a name without a value in a block", "header / {\n\tX-A\n}",
			`Caddyfile:2:2: header: X-A has no value ("" is an empty one, and -X-A deletes the field)`},
		{"a word too many", "header / X-A 1 2\nheader / X-B 1", `Caddyfile:1:16: header: unexpected "2" (a value with spaces has to be in quotes)`},
		{"a word too many in a block", "header / {\n\tX-A a b c\n\tX-B 1\n}", `Caddyfile:2:8: header: unexpected "b" (a value with spaces has to be in quotes)`},
		{"a value for a deletion", "header / -X-A 1", `Caddyfile:1:15: header: unexpected "1" (a value with spaces has to be in quotes)`},
		{"a field and a block", "header / X-A {\n\tX-B 1\n}", `Caddyfile:1:10: header: unexpected "X-A" (a value with spaces has to be in quotes)`},
		{"an empty block", "header / { }", "Caddyfile:1:1: header: there is no field in the block"},
		{"a block in a block", "header / {\n\tX-A 1 {\n\t\tX-B 2\n\t}\n}", "Caddyfile:2:2: header: X-A: takes no block"},
		{"no name", `header / "X A" 1`, `Caddyfile:1:10: header: "X A" cannot be the name of a field`},
		{"a name with a colon", "header / X-A: 1", `Caddyfile:1:10: header: "X-A:" cannot be the name of a field`},
		{"no name after a sign", "header / - 1", `Caddyfile:1:10: header: "" cannot be the name of a field` + "\n" +
			`Caddyfile:1:12: header: unexpected "1" (a value with spaces has to be in quotes)`},
		{"a line break", "header / X-A \"1\n2\"", `Caddyfile:1:14: header: the value of X-A must not have line breaks or other control characters`},
		{"a length", "header / content-length 1", "Caddyfile:1:10: header: content-length is what the server finds out by itself"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, headers.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}

// TestDirectiveWarnings has a placeholder mistyped.
func TestDirectiveWarnings(t *testing.T) {
	var log strings.Builder
	site := directive.NewSite()
	site.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, err := caddyfiletest.SetupIn(t, site, headers.Directive, "header / X-A {hots}")
	require.NoError(t, err)
	require.Contains(t, log.String(), `unknown placeholder {hots} stays as it is (did you mean \"{host}\"?)`)
	require.Contains(t, log.String(), "at=Caddyfile:1:14")
}
