package browse

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compareNames compares names as people do: without regard to case and to the
// accents of Latin letters, and numbers by their value. Names that are the same
// then are compared as they are written.
func compareNames(a, b string) int {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y := a[i], b[j]
		if isDigit(x) && isDigit(y) {
			m, n := digits(a[i:]), digits(b[j:])
			if c := compareNumbers(a[i:i+m], b[j:j+n]); c != 0 {
				return c
			}
			i, j = i+m, j+n
			continue
		}
		if x < utf8.RuneSelf && y < utf8.RuneSelf {
			if x != y {
				if x, y = lower(x), lower(y); x != y {
					return cmp.Compare(x, y)
				}
			}
			i, j = i+1, j+1
			continue
		}
		r, m := utf8.DecodeRuneInString(a[i:])
		s, n := utf8.DecodeRuneInString(b[j:])
		if c := cmp.Compare(foldRune(r), foldRune(s)); c != 0 {
			return c
		}
		i, j = i+m, j+n
	}
	if c := cmp.Compare(len(a)-i, len(b)-j); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// digits returns how many s begins with.
func digits(s string) (n int) {
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// compareNumbers compares numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// foldRune maps letters that differ in case, or in an accent, to one.
func foldRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return rune(lower(byte(r)))
	case firstLatin <= r && r < firstLatin+rune(len(latin)):
		if base := latin[r-firstLatin]; base != ' ' {
			return rune(base)
		}
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// latin are the letters without accents of those from U+00C0 to U+017F; a blank
// is one that is a letter of its own.
const (
	firstLatin = 'À'
	latin      = "aaaaaa ceeeeiiii nooooo ouuuuy saaaaaa ceeeeiiii nooooo ouuuuy y" +
		"aaaaaaccccccccdd  eeeeeeeeeegggggggghh  iiiiiiiiii  jjkk llllll  llnnnnnn   oooooo  rrrrrrsssssssstttt  uuuuuuuuuuuuwwyyyzzzzzzs"
)

// foldName is foldRune for all of a name.
func foldName(s string) string { return strings.Map(foldRune, s) }
