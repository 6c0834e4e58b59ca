package expvar_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/expvar"
)

func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name, src, path, peer string
		want                  int
	}{
		{"this machine", "expvar {\n allow local\n}", "/debug/vars", "127.0.0.1:1", 0},
		{"another path", "expvar /stats {\n allow local\n}", "/stats", "127.0.0.1:1", 0},
		{"another machine", "expvar /stats {\n allow local\n}", "/stats", "192.0.2.1:1", 404},
		{"a network", "expvar {\n allow 192.0.2.0/24\n}", "/debug/vars", "192.0.2.1:1", 0},
		{"nobody with a password", "expvar {\n allow user\n}", "/debug/vars", "127.0.0.1:1", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mw, err := caddyfiletest.Setup(t, expvar.Directive, tt.src)
			require.NoError(t, err)
			r := httptest.NewRequest("GET", "http://localhost"+tt.path, nil)
			r.RemoteAddr = tt.peer
			status, err := mw(middleware.Status(210)).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, tt.want == 404, err != nil)
			require.Equal(t, tt.want, status)
		})
	}
}

func TestDirectiveErrors(t *testing.T) {
	const nobody = "expvar: it has to be said who may see it: a block with allow local (this machine), allow user (who has a password) or allow and networks"
	for _, tt := range []struct{ name, src, want string }{
		{"open to everybody, as in Caddy 1", "expvar", "Caddyfile:1:1: " + nobody},
		{"with a path", "expvar /stats", "Caddyfile:1:1: " + nobody},
		{"twice", "expvar {\n allow local\n}\nexpvar", "Caddyfile:4:1: expvar: already given at Caddyfile:1:1"},
		{"two paths", "expvar /a /b {\n allow local\n}", `Caddyfile:1:11: expvar: unexpected "/b"`},
		{"an unknown property", "expvar {\n alow local\n}", "Caddyfile:1:1: " + nobody + "\n" + `Caddyfile:2:2: expvar: unknown property "alow" (did you mean "allow"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, expvar.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
