package gzip

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A DictionaryRule says which responses are dictionaries, and for what.
type DictionaryRule struct {
	// Match is the pattern of the paths whose responses are to be encoded with
	// the dictionary: it begins with a slash, and a * in it stands for any
	// characters, as in /assets/app.*.js. The query does not matter. Clients
	// prefer the longest of several that match.
	Match string

	// From is the pattern of the paths whose responses are the dictionaries;
	// "" is Match, which makes a response the dictionary of those that take its
	// place later.
	From string

	// Dest are the destinations of the requests, such as document or script, in
	// the terms of Sec-Fetch-Dest. Nil is all.
	Dest []string

	// ID is repeated by clients in Dictionary-ID. It may have up to 1,024
	// printable characters of ASCII; "" is none.
	ID string
}

// A rule is a DictionaryRule, parsed.
type rule struct {
	match, from pattern
	dest        []string
	id          string   // as in Dictionary-ID
	header      []string // of Use-As-Dictionary; its capacity is 1
	learns      bool
}

func (r DictionaryRule) parse() (*rule, error) {
	var parsed rule
	var err error
	if parsed.match, err = parsePattern(r.Match); err != nil {
		return nil, err
	}
	if parsed.from, err = parsePattern(cmp.Or(r.From, r.Match)); err != nil {
		return nil, err
	}
	text := "match=" + quote(r.Match)
	if len(r.Dest) > 0 {
		var quoted []string
		for _, dest := range r.Dest {
			if err := checkDest(dest); err != nil {
				return nil, err
			}
			quoted = append(quoted, quote(dest))
		}
		text += ", match-dest=(" + strings.Join(quoted, " ") + ")"
		parsed.dest = slices.Clone(r.Dest)
	}
	if r.ID != "" {
		if err := checkID(r.ID); err != nil {
			return nil, err
		}
		parsed.id = quote(r.ID)
		text += ", id=" + parsed.id
	}
	parsed.header = []string{text}
	return &parsed, nil
}

func checkDest(dest string) error {
	if dest == "" || strings.Trim(dest, "abcdefghijklmnopqrstuvwxyz") != "" {
		return fmt.Errorf("%q is not a destination such as document or script", dest)
	}
	return nil
}

func checkID(id string) error {
	if len(id) > 1024 || strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' }) {
		return fmt.Errorf("%.40q is not an identifier of at most 1,024 printable characters of ASCII", id)
	}
	return nil
}

// quote returns s as a string of RFC 9651, section 3.3.3.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// isFor reports whether responses to r may be encoded with the dictionaries of
// this rule.
func (u *rule) isFor(r *http.Request, path string) bool {
	if !u.match.matches(path) {
		return false
	}
	if dest := r.Header["Sec-Fetch-Dest"]; u.dest != nil && len(dest) > 0 && !slices.Contains(u.dest, dest[0]) {
		return false
	}
	id := r.Header["Dictionary-Id"]
	return len(id) == 0 || itemOf(id[0]) == u.id
}

// A pattern is one of the URL Pattern Standard, of which it may have a path and
// wildcards: these are the strings between the wildcards.
type pattern []string

// parsePattern refuses the rest of that standard, for there some characters stand
// for something else than themselves.
func parsePattern(s string) (pattern, error) {
	const plain = "-._~!$&',;=@%/" // RFC 3986, section 3.3, and the slash
	switch {
	case s == "":
		return nil, errors.New("a pattern of paths is missing")
	case s[0] != '/':
		return nil, fmt.Errorf("%q is not a path with wildcards: it does not begin with a slash", s)
	case strings.Contains(s, "**"):
		return nil, fmt.Errorf("%q is not a path with wildcards: it has one behind another", s)
	}
	for _, c := range s {
		isPlain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(plain, c)
		if !isPlain && c != '*' {
			return nil, fmt.Errorf("%q is not a path with wildcards: it has a %q", s, c)
		}
	}
	return strings.Split(s, "*"), nil
}

// matches reports whether p is the pattern of a path as it is in a URL.
func (p pattern) matches(path string) bool {
	last := len(p) - 1
	rest, ok := strings.CutPrefix(path, p[0])
	if !ok || last == 0 {
		return ok && rest == ""
	}
	for _, part := range p[1:last] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, p[last])
}
