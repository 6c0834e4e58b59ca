package accept

import (
	"net/http"
	"strings"
)

// A Quality is the weight of something in thousandths: 1000 is what a client
// likes best, 0 what it refuses. See RFC 9110, section 12.4.2.
type Quality int16

// Preferred is the weight of what is listed without one.
const Preferred Quality = 1000

// Vary adds field to the Vary field of h, unless it is there already or Vary
// says "*", which covers everything. Several lines are joined to one, since
// some caches read but the first.
//
// Values of h may be shared between responses. Replace them, do not write into
// them: Set and Add do it right.
func Vary(h http.Header, field string) {
	lines := h["Vary"]
	if len(lines) == 0 {
		if field == "Accept-Encoding" {
			h["Vary"] = varyEncoding[:1:1]
			return
		}
		h["Vary"] = []string{field}
		return
	}
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = trim(name); name == "*" || same(name, field) {
				return
			}
		}
	}
	if field == "*" {
		h["Vary"] = []string{"*"}
		return
	}
	h["Vary"] = []string{strings.Join(lines, ", ") + ", " + field}
}

// varyEncoding is what most responses have, and it costs them nothing. Its
// capacity is 1 wherever it is handed out, so that Header.Add copies it.
var varyEncoding = [1]string{"Accept-Encoding"}

// An element is one of the comma-separated elements of a field line.
type element struct {
	name string  // what stands before the first semicolon
	q    Quality // 1000 if it has none
	bare bool    // has no parameters but a weight
}

// cut takes the first element off a field line. An element that is not ok has
// to be skipped.
func cut(line string) (e element, ok bool, rest string) {
	i := 0
	for i < len(line) && line[i] != ',' && line[i] != ';' {
		i++
	}
	e = element{name: trim(line[:i]), q: Preferred, bare: true}
	ok = e.name != ""
	for i < len(line) && line[i] == ';' {
		start := i + 1
		i = start + parameter(line[start:])
		switch weight, isWeight := weightOf(line[start:i]); {
		case !isWeight:
			e.bare = e.bare && trim(line[start:i]) == ""
		case weight < 0:
			ok = false
		default:
			e.q = weight
		}
	}
	if i < len(line) {
		i++ // the comma
	}
	return e, ok, line[i:]
}

// parameter returns the length of the parameter that s begins with, up to a
// comma or semicolon that is not part of a quoted string.
func parameter(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case (c == ',' || c == ';') && !quoted:
			return i
		}
	}
	return len(s)
}

// weightOf returns the weight that a parameter stands for, if it is one: -1 if
// it makes no sense.
func weightOf(param string) (weight Quality, isWeight bool) {
	param = trim(param)
	if len(param) < 2 || param[0]|0x20 != 'q' {
		return 0, false
	}
	value, isWeight := strings.CutPrefix(trim(param[1:]), "=")
	if !isWeight {
		return 0, false
	}
	return parseQuality(trim(value)), true
}

// parseQuality returns the number that s is, or -1 if it is none from 0 to 1.
// What is not 0 does not become 0: that would be a refusal.
func parseQuality(s string) Quality {
	whole, decimals, _ := strings.Cut(s, ".")
	if whole == "" && decimals == "" || whole != "" && whole != "0" && whole != "1" {
		return -1
	}
	var q, unit Quality = 0, 100
	tiny := false
	for _, c := range []byte(decimals) {
		if c < '0' || c > '9' || c != '0' && whole == "1" {
			return -1
		}
		q += unit * Quality(c-'0')
		tiny = tiny || c != '0'
		unit /= 10
	}
	switch {
	case whole == "1":
		return Preferred
	case q == 0 && tiny:
		return 1
	}
	return q
}

// same reports whether two names are, but for their case.
func same(a, b string) bool {
	return len(a) == len(b) && (a == b || strings.EqualFold(a, b))
}

// trim is strings.TrimSpace for the blanks that RFC 9110, section 5.6.3, knows.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
