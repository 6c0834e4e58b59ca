package autohttps

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Check reports why there can be no certificate for a name, with what there can be
// in its place. It may be one of a private network if the ACME server is.
func Check(name string, private bool) error {
	const instead = "; what can be had is tls self_signed, or tls CERT KEY"
	labels := strings.Split(name, ".")
	_, err := netip.ParseAddr(name)
	switch last := labels[len(labels)-1]; {
	case name == "":
		return errors.New("a site for any host has no name to get a certificate for; write its names as addresses")
	case strings.Contains(name, "*"):
		return fmt.Errorf("a certificate for %s takes a proof in the DNS, which cannot be given here; write the names themselves as addresses, or have a certificate by tls CERT KEY", name)
	case err == nil:
		return fmt.Errorf("%s is no name to get a certificate for%s", name, instead)
	case last == "localhost":
		return fmt.Errorf("%s is this machine for everybody, so that nobody gets a certificate for it%s", name, instead)
	case len(labels) == 1, !private && slices.Contains(privateNames, last), !private && strings.HasSuffix(name, ".home.arpa"):
		return fmt.Errorf("%s is a name of a private network, which no public CA can reach%s", name, instead)
	}
	for _, label := range labels {
		if !isLabel(label) {
			return fmt.Errorf("%s cannot be the name of a host on the Internet%s", name, instead)
		}
	}
	return nil
}

// privateNames are top-level domains that are none of the Internet: RFC 6761,
// 6762, 7686 and 9476, and what ICANN reserved in 2024.
var privateNames = []string{"alt", "internal", "invalid", "local", "onion"}

// isLabel reports whether s is a label of RFC 1123, section 2.1.
func isLabel(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	return s != "" && len(s) <= 63 && strings.Trim(s, letters+"-") == "" && s[0] != '-' && s[len(s)-1] != '-'
}
