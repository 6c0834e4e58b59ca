package redirect

import (
	"errors"
	"fmt"
	"strings"
)

// checkTarget returns what is wrong with a To: whether it leads somewhere, and
// whether it is its author alone who says to which host.
func checkTarget(to string) error {
	plain := strings.NewReplacer(`\{`, "_", `\}`, "_").Replace(to)
	switch {
	case to == "":
		return errors.New("there is nowhere to redirect to")
	case strings.ContainsFunc(to, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return fmt.Errorf("%q has spaces or control characters, which a URL has not: write %%20", to)
	case strings.Contains(plain, `\`):
		return fmt.Errorf("%q has a backslash, which browsers take for a slash", to)
	}
	switch scheme, authority, ok := cutScheme(plain); {
	case ok:
		return checkAuthority(to, authority)
	case scheme:
		return fmt.Errorf("%q has no host after its scheme", to)
	case strings.HasPrefix(plain, "/"):
		return nil
	case plain[0] == '{':
		if name, _, ok := cutPlaceholder(plain); ok && !paths[name] {
			return fmt.Errorf("{%s} would let a client choose where it is redirected to", name)
		}
		return nil
	}
	return fmt.Errorf("%q is neither a URL such as https://example.com/ nor a path that begins with /", to)
}

// cutScheme cuts off what stands in front of a host. If there is a scheme but
// nothing that could be a host, only that is true.
func cutScheme(to string) (scheme bool, rest string, ok bool) {
	if rest, ok = strings.CutPrefix(to, "//"); ok {
		return true, rest, true
	}
	name, rest, ok := strings.Cut(to, ":")
	if end := strings.TrimLeft(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789+-."); !ok || end != "" && name != "{scheme}" {
		return false, "", false
	}
	rest, ok = strings.CutPrefix(rest, "//")
	return true, rest, ok
}

// paths are the placeholders whose values begin with a slash, so that what stands
// in front of them is a whole host.
var paths = map[string]bool{"path": true, "uri": true, "rewrite_path": true, "rewrite_uri": true, "dir": true}

// hosts are those that are part of the host that the client named when it came.
var hosts = map[string]bool{"host": true, "hostonly": true, "server_port": true, "hostname": true}

// checkAuthority checks the host that rest begins with.
func checkAuthority(to, rest string) error {
	for n := 0; ; n++ {
		if rest == "" || strings.ContainsAny(rest[:1], "/?#") {
			if n == 0 {
				return fmt.Errorf("%q has no host", to)
			}
			return nil
		}
		name, after, ok := cutPlaceholder(rest)
		switch {
		case !ok:
			rest = rest[1:]
		case paths[name] && n > 0:
			return nil
		case hosts[name] || strings.HasPrefix(name, "label"):
			rest = after
		default:
			return fmt.Errorf("{%s} would let a client choose the host it is redirected to: a slash is missing in front of it", name)
		}
	}
}

// cutPlaceholder cuts a name in braces off the beginning of text.
func cutPlaceholder(text string) (name, rest string, ok bool) {
	if text[0] != '{' {
		return "", "", false
	}
	name, rest, ok = strings.Cut(text[1:], "}")
	return name, rest, ok && name != "" && !strings.Contains(name, "{")
}
