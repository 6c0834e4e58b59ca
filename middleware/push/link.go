package push

import (
	"net/url"
	"slices"
	"strings"
)

// A link is one of a Link field.
type link struct {
	url             string
	preload, nopush bool
}

// parseLinks parses a Link field by RFC 8288, section 3, as far as it is well formed.
func parseLinks(field string) (links []link) {
	for {
		_, rest, ok := strings.Cut(field, "<")
		if !ok {
			return links
		}
		target, rest, ok := strings.Cut(rest, ">")
		if !ok {
			return links
		}
		l := link{url: target}
		for {
			rest = strings.TrimLeft(rest, " \t")
			var more bool
			if rest, more = strings.CutPrefix(rest, ";"); !more {
				break
			}
			var name, value string
			name, value, rest = cutParameter(rest)
			switch name {
			case "rel":
				l.preload = slices.Contains(strings.Fields(strings.ToLower(value)), "preload")
			case "nopush":
				l.nopush = true
			}
		}
		links, field = append(links, l), rest
	}
}

// cutParameter cuts a parameter off the beginning of s.
func cutParameter(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		end = len(s)
	}
	name, rest = strings.ToLower(strings.Trim(s[:end], " \t")), s[end:]
	rest, ok := strings.CutPrefix(rest, "=")
	if !ok {
		return name, "", rest
	}
	rest = strings.TrimLeft(rest, " \t")
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		for i := 0; i < len(quoted); i++ {
			switch quoted[i] {
			case '\\':
				i++
			case '"':
				return name, quoted[:i], quoted[i+1:]
			}
		}
		return name, quoted, "" // that has no end
	}
	if end = strings.IndexAny(rest, ";,"); end < 0 {
		end = len(rest)
	}
	return name, strings.TrimRight(rest[:end], " \t"), rest[end:]
}

// isOurs reports whether a URL is a path of the host it is found at, and fit to stand
// in a Link field.
func isOurs(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune("\\<>\"#", c)
	}) && pathOf(s) != ""
}

// pathOf returns the decoded path of a URL; "" if it is none.
func pathOf(s string) string {
	u, err := url.ParseRequestURI(s)
	if err != nil {
		return ""
	}
	return u.Path
}
