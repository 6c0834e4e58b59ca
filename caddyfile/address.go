package caddyfile

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/shallot-http/shallot/middleware/directive"
)

// An Address is where a site is found, as in https://example.com:8443/docs. What
// is not written is empty.
type Address struct {
	Text   string // as written
	Pos    directive.Pos
	Scheme string // http or https
	Host   string // as written, without brackets: a name, a name with wildcards, or an IP address
	Port   string // a number; for :http it is 80, for :https 443
	Path   string // begins with a slash, but is not / alone
}

// parseAddress returns the address that s is. The error says what is wrong with
// it, and does not repeat it.
func parseAddress(s string) (a Address, err error) {
	a.Text = s
	rest := s
	if scheme, after, ok := strings.Cut(s, "://"); ok {
		a.Scheme, rest = strings.ToLower(scheme), after
		if a.Scheme != "http" && a.Scheme != "https" {
			return a, fmt.Errorf("the scheme has to be http or https%s", directive.Suggest(a.Scheme, "http", "https"))
		}
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, a.Path = rest[:i], strings.TrimSuffix(rest[i:], "/")
		if err := checkPath(a.Path); err != nil {
			return a, err
		}
	}
	var hasPort bool
	if a.Host, a.Port, hasPort, err = splitPort(rest); err != nil {
		return a, err
	}
	if hasPort {
		if a.Port, err = parsePort(a.Port); err != nil {
			return a, err
		}
	}
	switch {
	case a.Host == "" && !hasPort && a.Path == "" && a.Scheme == "":
		return a, errors.New("it has no host")
	case a.Scheme == "https" && a.Port == "80":
		return a, errors.New("the port 80 is not one of https")
	case isNumber(a.Host):
		hint := ""
		if port, err := parsePort(a.Host); err == nil && !hasPort {
			hint = fmt.Sprintf(` (did you mean ":%s"?)`, port)
		}
		return a, fmt.Errorf("a host is not a mere number%s", hint)
	}
	return a, checkHost(a.Host)
}

func isNumber(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return c < '0' || c > '9' }) < 0
}

// splitPort cuts host:port, where either may be missing. Colons are part of the
// host only in an IPv6 address.
func splitPort(s string) (host, port string, hasPort bool, err error) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		host, rest, ok = strings.Cut(rest, "]")
		if addr, err := netip.ParseAddr(host); !ok || err != nil || !addr.Is6() {
			return "", "", false, errors.New("what is in brackets has to be an IPv6 address")
		}
		if port, hasPort = strings.CutPrefix(rest, ":"); !hasPort && rest != "" {
			return "", "", false, errors.New("after the bracket there can only be a port")
		}
		return host, port, hasPort, nil
	}
	if strings.Count(s, ":") > 1 {
		if addr, err := netip.ParseAddr(s); err != nil || !addr.Is6() {
			return "", "", false, errors.New("it has several colons, but is not an IPv6 address")
		}
		return s, "", false, nil
	}
	host, port, hasPort = strings.Cut(s, ":")
	return host, port, hasPort, nil
}

// parsePort returns the number of a port.
func parsePort(s string) (string, error) {
	switch s {
	case "":
		return "", errors.New("the port is missing after the colon")
	case "http":
		return "80", nil
	case "https":
		return "443", nil
	}
	if n, err := strconv.ParseUint(s, 10, 16); err == nil && s[0] != '+' {
		return strconv.FormatUint(n, 10), nil
	}
	return "", fmt.Errorf("%q is not a port, which is a number up to 65535", clip(s))
}

// checkHost reports what no host has in it. It leaves to the DNS what it has to
// say.
func checkHost(host string) error {
	if strings.Contains(host, ":") {
		return nil // splitPort has seen to it
	}
	const rest = "-_.*\u200c\u200d\u00b7\u30fb" // RFC 5892
	for _, c := range host {
		switch {
		case unicode.IsLetter(c), unicode.IsNumber(c), strings.ContainsRune(rest, c), unicode.IsMark(c):
		case c == ',':
			return errors.New("a space is missing after the comma")
		default:
			return fmt.Errorf("%q cannot be part of a host", c)
		}
	}
	switch {
	case len(host) > 255: // RFC 1035, section 2.3.4
		return errors.New("a host has at most 255 bytes")
	case strings.HasPrefix(host, "."), strings.Contains(host, ".."):
		return errors.New("there is nothing before a dot")
	case strings.Count(host, "*") > 1 && !isWild(host):
		return errors.New("a host can have several * only as its first labels, as in *.*.example.com")
	}
	return nil
}

// checkPath reports what keeps every request from being within a path, whose
// last slash is gone: those it is compared with are decoded and clean.
func checkPath(p string) error {
	switch clean := strings.TrimSuffix(path.Clean(p+"/"), "/"); {
	case strings.ContainsAny(p, "?#%"):
		return errors.New("its path has to be written without %-escapes, and without a query")
	case strings.Contains(strings.TrimSuffix(p, "*"), "*"):
		return errors.New("its path can have a * only at the end")
	case p != clean:
		return fmt.Errorf("its path has to be written %q", clean+"/")
	}
	return nil
}

// looksLikeAddress reports whether a word that could be a directive is rather
// meant for an address: directives have names without punctuation.
func looksLikeAddress(s string) bool {
	s = strings.TrimSuffix(s, ",")
	if s == "localhost" {
		return true
	}
	if i := strings.IndexAny(s, ".:"); i < 0 || i == len(s)-1 || s[0] == '/' || s[0] == '.' {
		return false
	}
	_, err := parseAddress(s)
	return err == nil
}
