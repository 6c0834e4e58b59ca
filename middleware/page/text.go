package page

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"math/big"
	"net"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// What is here takes text of any type, since what .Include and .Markdown return is
// HTML to package html/template.

// stringOf returns v as a string.
func stringOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case template.HTML:
		return string(v)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// Truncate returns the first characters of a text, or the last if length is
// negative.
func (c *Context) Truncate(input any, length int) string {
	s := stringOf(input)
	n := utf8.RuneCountInString(s)
	cut := length // from the beginning
	switch {
	case length >= n || -length >= n && length < 0:
		return s
	case length < 0:
		cut = n + length
	}
	i := 0
	for range cut {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	if length < 0 {
		return s[i:]
	}
	return s[:i]
}

// StripHTML returns a text without its tags. What is left is not safe as HTML: an
// entity may stand for a bracket.
func (c *Context) StripHTML(input any) string {
	s := stringOf(input)
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "<")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		end := strings.IndexAny(after, "<>")
		switch {
		case end < 0:
			b.WriteString("<" + after)
			return b.String()
		case after[end] == '<': // which begins what may be a tag, unlike the one before
			b.WriteString("<" + after[:end])
			s = after[end:]
		default:
			s = after[end+1:]
		}
	}
}

// Ext returns what follows the last dot of a path's last element, with the dot.
func (c *Context) Ext(name string) string { return path.Ext(name) }

// StripExt returns a path without its Ext.
func (c *Context) StripExt(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// Replace returns a text with new in every place of old.
func (c *Context) Replace(input, old, new any) (string, error) {
	s, from, to := stringOf(input), stringOf(old), stringOf(new)
	most := c.visit.engine.cfg.Limit
	if n := int64(strings.Count(s, from)); n > 0 && int64(len(to)) > most/n {
		return "", tooMuch(most)
	}
	return strings.ReplaceAll(s, from, to), nil
}

// ToLower returns a text in small letters.
func (c *Context) ToLower(s any) string { return strings.ToLower(stringOf(s)) }

// ToUpper returns a text in capitals.
func (c *Context) ToUpper(s any) string { return strings.ToUpper(stringOf(s)) }

// Split returns the parts of a text between separators.
func (c *Context) Split(s, separator any) []string {
	return strings.Split(stringOf(s), stringOf(separator))
}

// Join returns the parts with separators in between.
func (c *Context) Join(parts []string, separator any) (string, error) {
	sep, most := stringOf(separator), c.visit.engine.cfg.Limit
	size := int64(0)
	for _, part := range parts {
		if size += int64(len(part) + len(sep)); size > most {
			return "", tooMuch(most)
		}
	}
	return strings.Join(parts, sep), nil
}

// Slice returns its arguments in a list.
func (c *Context) Slice(elements ...any) ([]any, error) {
	return elements, weigh(c.visit.engine.cfg.Limit, elements...)
}

// Map returns a map of its arguments, which are a key, its value, a key, and so on.
func (c *Context) Map(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("a key has no value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("argument %d is a key but no string", i+1)
		}
		m[key] = pairs[i+1]
	}
	return m, weigh(c.visit.engine.cfg.Limit, m)
}

// RandomString returns letters and digits that nobody can guess, at least min and
// at most max of them.
func (c *Context) RandomString(min, max int) (string, error) {
	if min < 0 || max < min || max > longestRandom {
		return "", fmt.Errorf("there is no random string of %d to %d characters: %d is the most", min, max, longestRandom)
	}
	n := min
	if max > min {
		more, err := rand.Int(rand.Reader, big.NewInt(int64(max-min+1)))
		if err != nil {
			return "", err
		}
		n += int(more.Int64())
	}
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(rand.Text())
	}
	return b.String()[:n], nil
}

const longestRandom = 4096

// lookup returns the names of an address, unless that takes too long.
func (v *Visit) lookup(ip string) ([]string, error) {
	ctx, cancel := context.WithTimeout(v.r.Context(), min(time.Second, v.engine.cfg.Time))
	defer cancel()
	return net.DefaultResolver.LookupAddr(ctx, ip)
}
