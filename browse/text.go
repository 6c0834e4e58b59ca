package browse

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendMarkup appends text to be read as such in HTML, in an attribute, too.
func appendMarkup(dst []byte, s string) []byte {
	start := 0
	for i := range len(s) {
		escape := ""
		switch s[i] {
		case '&':
			escape = "&amp;"
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '"':
			escape = "&#34;"
		case '\'':
			escape = "&#39;"
		case 0:
			escape = "\ufffd"
		default:
			continue
		}
		dst = append(append(dst, s[start:i]...), escape...)
		start = i + 1
	}
	return append(dst, s[start:]...)
}

// appendText is appendMarkup for names, of which everything is to be seen: what is
// not is shown by its number.
func appendText(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if harmless[c] {
			i++
			continue
		}
		n, r := 1, rune(c)
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if bad := r == utf8.RuneError && n == 1; !bad && isShown(r) {
			if c < utf8.RuneSelf {
				dst = appendMarkup(append(dst, s[start:i]...), s[i:i+1])
				start = i + 1
			}
		} else {
			dst = append(append(dst, s[start:i]...), "<b>"...)
			if bad || r < utf8.RuneSelf {
				dst = append(dst, `\x`...)
				dst = appendHex(dst, uint32(c), 2)
			} else {
				dst = append(dst, "U+"...)
				dst = appendHex(dst, uint32(r), 4)
			}
			dst = append(dst, "</b>"...)
			start = i + n
		}
		i += n
	}
	return append(dst, s[start:]...)
}

// isShown reports whether a character looks like something.
func isShown(r rune) bool {
	switch r {
	case ' ', '\u3000': // a blank between ideographs
		return true
	case '\u200c', '\u200d': // of which Persian words are made, and emoji
		return true
	}
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r)
}

func appendHex(dst []byte, v uint32, least int) []byte {
	digits := strings.ToUpper(strconv.FormatUint(uint64(v), 16))
	for range least - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// harmless are the bytes of names that mean nothing in HTML.
var harmless = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/ !#$%()*+,:;=?@[\\]^`{|}")
