package directive_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestAccess(t *testing.T) {
	network := netip.MustParsePrefix("10.0.0.0/8")
	for _, tt := range []struct {
		name, src string
		want      middleware.Access
		err       string
	}{
		{"this machine", "x {\n allow local\n}", middleware.Access{Private: &middleware.Private{}}, ""},
		{"users", "x {\n allow user\n}", middleware.Access{Users: true}, ""},
		{"all there is", "x {\n allow local user\n allow 10.0.0.0/8\n host a b\n}",
			middleware.Access{Users: true, Private: &middleware.Private{Networks: []netip.Prefix{network}, Hosts: []string{"a", "b"}}}, ""},
		{"nobody", "x", middleware.Access{},
			"Caddyfile:1:1: x: it has to be said who may see it: a block with allow local (this machine), allow user (who has a password) or allow and networks"},
		{"nobody named", "x {\n allow\n}", middleware.Access{}, "Caddyfile:2:2: x: allow: local, user or a network is missing"},
		{"no network", "x {\n allow me\n}", middleware.Access{}, `Caddyfile:2:8: x: allow: "me" is not a network such as 10.0.0.0/8`},
		{"this machine by its name", "x {\n allow localhost\n}", middleware.Access{}, `Caddyfile:2:8: x: allow: this machine is called "local" here`},
		{"everybody by a word", "x {\n allow all\n}", middleware.Access{}, `Caddyfile:2:8: x: allow: everybody is "0.0.0.0/0 ::/0"`},
		{"a host for nobody", "x {\n allow local\n host a\n}", middleware.Access{}, "Caddyfile:1:1: x: host is of use only to the networks that allow names"},
		{"a host with a port", "x {\n allow 10.0.0.0/8\n host a:80\n}", middleware.Access{}, `Caddyfile:3:7: x: host: "a:80" is not the name of a host, without its port`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, tt.src)...)
			var got middleware.Access
			line := c.Once()
			line.Args(0, 0)
			for _, prop := range line.Properties(directive.AccessProperties()...) {
				require.True(t, prop.Access(&got))
			}
			line.NeedsAccess(got)
			if tt.err != "" {
				require.EqualError(t, c.Err(), tt.err)
				return
			}
			require.NoError(t, c.Err())
			require.Equal(t, tt.want, got)
		})
	}
}
