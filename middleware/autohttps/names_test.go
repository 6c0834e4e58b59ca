package autohttps_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/autohttps"
)

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name, host string
		private    bool
		want       string
	}{
		{"a name", "www.example.com", false, ""},
		{"a name of another alphabet", "xn--bcher-kva.example", false, ""},
		{"a name of digits", "1.2.3.4.example", false, ""},
		{"any host", "", false, "a site for any host has no name to get a certificate for; write its names as addresses"},
		{"a wildcard", "*.example.com", false,
			"a certificate for *.example.com takes a proof in the DNS, which cannot be given here; write the names themselves as addresses, or have a certificate by tls CERT KEY"},
		{"an address", "192.0.2.1", true, "192.0.2.1 is no name to get a certificate for; what can be had is tls self_signed, or tls CERT KEY"},
		{"an address of IPv6", "2001:db8::1", true, "2001:db8::1 is no name to get a certificate for; what can be had is tls self_signed, or tls CERT KEY"},
		{"this machine", "localhost", true, "localhost is this machine for everybody, so that nobody gets a certificate for it; what can be had is tls self_signed, or tls CERT KEY"},
		{"below this machine", "a.localhost", true, "a.localhost is this machine for everybody, so that nobody gets a certificate for it; what can be had is tls self_signed, or tls CERT KEY"},
		{"one label", "intranet", true, "intranet is a name of a private network, which no public CA can reach; what can be had is tls self_signed, or tls CERT KEY"},
		{"a private network", "printer.local", false, "printer.local is a name of a private network, which no public CA can reach; what can be had is tls self_signed, or tls CERT KEY"},
		{"a private network at home", "printer.home.arpa", false, "printer.home.arpa is a name of a private network, which no public CA can reach; what can be had is tls self_signed, or tls CERT KEY"},
		{"a private network with a CA", "printer.local", true, ""},
		{"no host", "a_b.example.com", false, "a_b.example.com cannot be the name of a host on the Internet; what can be had is tls self_signed, or tls CERT KEY"},
		{"no letters of the DNS", "bücher.example", false, "bücher.example cannot be the name of a host on the Internet; what can be had is tls self_signed, or tls CERT KEY"},
		{"a long label", strings.Repeat("a", 64) + ".example", false, strings.Repeat("a", 64) + ".example cannot be the name of a host on the Internet; what can be had is tls self_signed, or tls CERT KEY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := autohttps.Check(tt.host, tt.private)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

// FuzzCheck checks that nothing but names gets to the CA, and none into a name of
// a file.
func FuzzCheck(f *testing.F) {
	f.Add("example.com", false)
	f.Add("../x.y", true)
	f.Add("a.192.0.2.1", true)
	f.Fuzz(func(t *testing.T, name string, private bool) {
		if autohttps.Check(name, private) != nil {
			return
		}
		require.Empty(t, strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-."))
		require.Contains(t, name, ".")
		require.NotContains(t, name, "..")
		_, err := netip.ParseAddr(name)
		require.Error(t, err)
	})
}
