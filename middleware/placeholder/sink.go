package placeholder

import (
	"unicode"
	"unicode/utf8"
)

// A Sink is what a text is for, and so which bytes of a value cannot stand there
// as they are.
type Sink int

const (
	// Plain takes values as they are.
	Plain Sink = iota

	// Log is for one line of a log. Quotes, backslashes, bytes that are no UTF-8 and
	// all of a character that does not print are written as \xHH, as nginx does; so
	// are spaces outside of double quotes, lest a value pass for two. An empty value
	// is a "-", and one that is a dash is \x2D.
	Log

	// JSON is for a string that is yet to be encoded as JSON, which has its own way
	// of quoting: as Log, but quotes and spaces stay, and what is empty or a dash too.
	JSON

	// Header is for the value of a header field: control characters other than tabs
	// are left out.
	Header

	// Path is for the path of a URL, or for several segments of one. What was
	// escaped already, such as {uri}, is not escaped again.
	Path

	// Query is for one argument of a query. Only what is a query or was made for one,
	// such as {query} or {uri_escaped}, is not escaped.
	Query

	// URL is Path up to the first question mark of the text itself, and Query from
	// there on. The result begins with two slashes only if the text does.
	URL
)

// Append appends value to dst, escaped for s; for a Log, as between quotes.
func (s Sink) Append(dst []byte, value string) []byte {
	start := len(dst)
	return s.escape(append(dst, value...), start, text, false)
}

// A form is what a value has been through before it gets to a sink.
type form int

const (
	text    form = iota // anything at all
	ours                // not of a client's making, and fit to print
	uri                 // escaped, of a path and perhaps a query
	query               // escaped, of a query
	escaped             // for any part of a URL
)

// escape escapes dst[start:], which is of the given form, for s.
func (s Sink) escape(dst []byte, start int, form form, open bool) []byte {
	switch s {
	case Log:
		if form == ours {
			return dst
		}
		return escapeLog(dst, start, '"', open)
	case JSON:
		return escapeLog(dst, start, '\\', false)
	case Header:
		return dropControls(dst, start)
	case Path, URL:
		return escapePercent(dst, start, form == text || form == ours, inPath)
	case Query:
		return escapePercent(dst, start, form != query && form != escaped, inArgument)
	}
	return dst
}

const hexDigits = "0123456789ABCDEF"

// escapeLog escapes what does not print, backslashes, quotes and, where the value
// is open, spaces.
func escapeLog(dst []byte, start int, quote byte, open bool) []byte {
	plain := func(c byte) bool {
		return ' ' < c && c < 0x7f && c != quote && c != '\\' || c == ' ' && !open
	}
	for start < len(dst) && plain(dst[start]) {
		start++
	}
	end := len(dst)
	for i := start; i < end; {
		if plain(dst[i]) {
			dst = append(dst, dst[i])
			i++
			continue
		}
		// The second half of the characters of Latin 1 are commands to some terminals,
		// and others make a line read backwards.
		r, size := utf8.DecodeRune(dst[i:end])
		if size > 1 && unicode.IsPrint(r) {
			dst = append(dst, dst[i:i+size]...)
		} else {
			for _, c := range dst[i : i+size] {
				dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
			}
		}
		i += size
	}
	return moveDown(dst, start, end)
}

func dropControls(dst []byte, start int) []byte {
	keep := start
	for _, c := range dst[start:] {
		if ' ' <= c && c != 0x7f || c == '\t' {
			dst[keep] = c
			keep++
		}
	}
	return dst[:keep]
}

// escapePercent escapes what cannot stand in a URL and, if all is set, what can
// but not as part of a value.
func escapePercent(dst []byte, start int, all bool, inValue func(byte) bool) []byte {
	plain := func(c byte) bool { return inValue(c) || !all && (c == '%' || c == '?' || inPath(c)) }
	for start < len(dst) && plain(dst[start]) {
		start++
	}
	end := len(dst)
	for i := start; i < end; i++ {
		if c := dst[i]; plain(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return moveDown(dst, start, end)
}

// inArgument reports whether c is unreserved, RFC 3986 section 2.3.
func inArgument(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '-' || c == '.' || c == '_' || c == '~'
}

// inPath reports whether c may stand in a path, RFC 3986 section 3.3.
func inPath(c byte) bool {
	switch c {
	case '/', ':', '@', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=':
		return true
	}
	return inArgument(c)
}

// moveDown puts what stands from end on in place of what stands from start on.
func moveDown(dst []byte, start, end int) []byte {
	return dst[:start+copy(dst[start:], dst[end:])]
}
