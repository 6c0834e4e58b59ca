package upstream

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// maxRange is how many ports a range may have: more are a slip of the pen.
const maxRange = 1024

// ports are those of schemes that may do without.
var ports = map[string]string{"": "80", "http": "80", "h2c": "80", "https": "443", "h2": "443", "fastcgi": "9000"}

// Parse reads targets:
//
//	app.internal            port 80
//	app.internal:8080
//	:8080                   localhost
//	[2001:db8::1]:8080
//	app.internal:8001-8005  five targets
//	https://app.internal/v1 port 443; also http, h2 (443), h2c (80) and fastcgi (9000)
//	unix:/run/app.sock      also /run/app.sock, and unix:@name on Linux
//
// Every text has to be a target: the error names the first that is not.
func Parse(texts ...string) ([]Target, error) {
	var targets []Target
	for _, text := range texts {
		found, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		targets = append(targets, found...)
	}
	return targets, nil
}

func parse(text string) ([]Target, error) {
	if i := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }); i >= 0 {
		return nil, fmt.Errorf("%q cannot stand in an address", []rune(text[i:])[0])
	}
	if socket, ok := strings.CutPrefix(text, "unix:"); ok || strings.HasPrefix(text, "/") {
		return parseSocket(socket, text)
	}
	var t Target
	scheme, rest, ok := strings.Cut(text, "://")
	if ok {
		t.Scheme = strings.ToLower(scheme)
	} else {
		rest = text
	}
	if _, known := ports[t.Scheme]; !known || ok && scheme == "" {
		if t.Scheme == "srv" || t.Scheme == "dns" {
			return nil, fmt.Errorf("%s:// is a source of targets, for ParseSource", t.Scheme)
		}
		return nil, fmt.Errorf("unknown scheme %q", scheme)
	}
	if err := slip(text, ok); err != nil {
		return nil, err
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, t.Path = rest[:i], rest[i:]
	}
	if strings.ContainsAny(rest+t.Path, "?#@{}") {
		return nil, fmt.Errorf("only a host, a port and a path can be given")
	}
	if t.Path == "/" {
		t.Path = ""
	}
	host, port, err := splitPort(rest)
	if err != nil {
		return nil, err
	}
	if t.Scheme == "" && host == "unix" {
		return nil, fmt.Errorf("a host called unix has to be given with a scheme")
	}
	if port == "" {
		port = ports[t.Scheme]
	}
	return expand(t, host, port)
}

// slip returns what is wrong with a text that could be read, but as something that
// nobody means.
func slip(text string, hasScheme bool) error {
	if strings.Contains(text, ",") {
		return fmt.Errorf("every target has to be an argument of its own, without commas")
	}
	if hasScheme {
		return nil
	}
	if strings.Trim(text, "0123456789") == "" && text != "" {
		return fmt.Errorf("a host is missing, or the colon in front of a port")
	}
	before, _, _ := strings.Cut(text, "/")
	scheme := strings.ToLower(strings.TrimSuffix(before, ":"))
	if _, known := ports[scheme]; known && scheme != "" && len(before) < len(text) && (before != scheme || strings.HasPrefix(text[len(before):], "//")) {
		return fmt.Errorf("a scheme is followed by ://")
	}
	return nil
}

func parseSocket(socket, text string) ([]Target, error) {
	if socket == "" {
		socket = text
	}
	if bare := strings.TrimLeft(socket, "/"); bare != socket {
		socket = "/" + bare // of unix:///run/app.sock
	}
	if len(socket) < 2 || socket[0] != '/' && socket[0] != '@' {
		return nil, fmt.Errorf("a socket has to be given by its absolute path")
	}
	return []Target{{Network: "unix", Addr: socket}}, nil
}

// splitPort splits host:port, where either may be missing.
func splitPort(s string) (host, port string, err error) {
	host = s
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		if host, port = s[:i], s[i+1:]; port == "" {
			return "", "", fmt.Errorf("a port is missing behind the colon")
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if addr, err := netip.ParseAddr(inner); !ok || err != nil || !addr.Is6() || strings.ContainsAny(addr.Zone(), "[]") {
			return "", "", fmt.Errorf("%q is not an IPv6 address", host)
		}
		return inner, port, nil
	}
	switch {
	case host == "" && port == "":
		return "", "", fmt.Errorf("a host is missing")
	case host == "":
		host = "localhost"
	case strings.Contains(host, ":"):
		return "", "", fmt.Errorf("an IPv6 address has to be in brackets")
	}
	for _, c := range []byte(host) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		default:
			return "", "", fmt.Errorf("%q cannot stand in a host", c)
		}
	}
	return host, port, nil
}

// expand returns t for each of the ports, which are one or a range.
func expand(t Target, host, ports string) ([]Target, error) {
	from, to, isRange := strings.Cut(ports, "-")
	if !isRange {
		to = from
	}
	first, err := parsePort(from)
	if err != nil {
		return nil, err
	}
	last, err := parsePort(to)
	switch {
	case err != nil:
		return nil, err
	case last < first:
		return nil, fmt.Errorf("the ports of a range go upwards")
	case last-first >= maxRange:
		return nil, fmt.Errorf("a range has up to %d ports", maxRange)
	}
	t.Network = "tcp"
	targets := make([]Target, 0, last-first+1)
	for port := first; port <= last; port++ {
		t.Addr = net.JoinHostPort(host, strconv.Itoa(port))
		targets = append(targets, t)
	}
	return targets, nil
}

func parsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || s[0] == '0' || s[0] == '+' {
		return 0, fmt.Errorf("%q is not a port", s)
	}
	return int(n), nil
}
