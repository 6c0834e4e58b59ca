package pprof_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/pprof"
)

func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name, src, peer string
		want            int
	}{
		{"this machine", "pprof {\n allow local\n}", "127.0.0.1:1", 0},
		{"another machine", "pprof {\n allow local\n}", "192.0.2.1:1", 404},
		{"a network", "pprof {\n allow 192.0.2.0/24\n}", "192.0.2.1:1", 0},
		{"nobody with a password", "pprof {\n allow user\n}", "127.0.0.1:1", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mw, err := caddyfiletest.Setup(t, pprof.Directive, tt.src)
			require.NoError(t, err)
			r := httptest.NewRequest("GET", "http://localhost/debug/pprof/", nil)
			r.RemoteAddr = tt.peer
			status, err := mw(middleware.Status(210)).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, tt.want == 404, err != nil)
			require.Equal(t, tt.want, status)
		})
	}
}

func TestDirectiveErrors(t *testing.T) {
	const nobody = "pprof: it has to be said who may see it: a block with allow local (this machine), allow user (who has a password) or allow and networks"
	for _, tt := range []struct{ name, src, want string }{
		{"open to everybody, as in Caddy 1", "pprof", "Caddyfile:1:1: " + nobody},
		{"an empty block", "pprof {\n}", "Caddyfile:1:1: " + nobody},
		{"a path", "pprof /x {\n allow local\n}", `Caddyfile:1:7: pprof: unexpected "/x"`},
		{"twice", "pprof {\n allow local\n}\npprof {\n allow local\n}", "Caddyfile:4:1: pprof: already given at Caddyfile:1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, pprof.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
