package browse

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// begin appends what comes before the first item.
func (l *listing) begin(dst []byte) []byte {
	switch l.format {
	case formatJSON:
		n := l.names
		dst = append(dst, `{"path":`...)
		dst = appendJSON(dst, l.path)
		for _, f := range [...]struct {
			name  string
			value int
		}{
			{"total", len(n.entries)}, {"folders", n.folders}, {"files", len(n.entries) - n.folders},
			{"offset", l.offset}, {"limit", l.limit},
		} {
			dst = append(dst, `,"`...)
			dst = append(dst, f.name...)
			dst = append(dst, `":`...)
			dst = strconv.AppendInt(dst, int64(f.value), 10)
		}
		dst = append(dst, `,"sort":"`...)
		dst = append(dst, l.sort.String()...)
		dst = append(dst, `","order":"`...)
		dst = append(dst, l.order.String()...)
		dst = append(dst, `","truncated":`...)
		dst = strconv.AppendBool(dst, l.truncated)
		return append(dst, `,"items":[`...)
	case formatJSON1:
		return append(dst, '[')
	}
	return dst
}

// item appends a row.
func (l *listing) item(dst []byte, r row, first bool) []byte {
	switch l.format {
	case formatJSON, formatJSON1:
		if !first {
			dst = append(dst, ',')
		}
		dst = append(dst, '\n')
		if l.format == formatJSON1 {
			return appendItem1(dst, r)
		}
		return appendItem(dst, r)
	case formatNDJSON:
		return append(appendItem(dst, r), '\n')
	}
	return append(appendURL(dst, r.entry), '\n')
}

// end appends what comes after the last item.
func (l *listing) end(dst []byte) []byte {
	switch l.format {
	case formatJSON:
		return append(dst, "\n]}\n"...)
	case formatJSON1:
		return append(dst, "\n]\n"...)
	}
	return dst
}

func appendItem(dst []byte, r row) []byte {
	dst = append(dst, `{"name":`...)
	dst = appendJSON(dst, r.name)
	dst = append(dst, `,"url":"`...)
	dst = appendURL(dst, r.entry)
	dst = append(dst, `","folder":`...)
	dst = strconv.AppendBool(dst, r.folder)
	if !r.folder {
		dst = append(dst, `,"size":`...)
		dst = strconv.AppendInt(dst, r.size, 10)
	}
	if !r.modified.IsZero() {
		dst = append(dst, `,"modified":"`...)
		dst = appendTime(dst, r.modified)
		dst = append(dst, '"')
	}
	if r.link {
		dst = append(dst, `,"link":true`...)
	}
	if r.target != "" {
		dst = append(dst, `,"target":`...)
		dst = appendJSON(dst, r.target)
	}
	return append(dst, '}')
}

// appendItem1 appends a row as Caddy 1.0.5 had it.
func appendItem1(dst []byte, r row) []byte {
	dst = append(dst, `{"IsDir":`...)
	dst = strconv.AppendBool(dst, r.folder)
	dst = append(dst, `,"IsSymlink":`...)
	dst = strconv.AppendBool(dst, r.link)
	dst = append(dst, `,"Name":`...)
	dst = appendJSON(dst, r.name)
	dst = append(dst, `,"Size":`...)
	dst = strconv.AppendInt(dst, r.size, 10)
	dst = append(dst, `,"URL":"`...)
	dst = appendURL(dst, r.entry)
	dst = append(dst, `","ModTime":"`...)
	dst = appendTime(dst, r.modified)
	dst = append(dst, `","Mode":`...)
	dst = strconv.AppendUint(dst, uint64(r.mode), 10)
	return append(dst, '}')
}

// appendTime appends t, which is of [modTime], as of RFC 3339, to the second.
func appendTime(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	two := func(n int, then byte) { dst = append(dst, byte('0'+n/10), byte('0'+n%10), then) }
	dst = append(dst, byte('0'+year/1000), byte('0'+year/100%10))
	two(year%100, '-')
	two(int(month), '-')
	two(day, 'T')
	two(hour, ':')
	two(minute, ':')
	two(second, 'Z')
	return dst
}

// appendURL appends a reference to an entry that is relative to the folder. The
// dot keeps a colon in the name from being the end of a scheme, and slashes from
// being the beginning of a host. It needs no escaping in JSON and HTML.
func appendURL(dst []byte, e entry) []byte {
	dst = append(dst, "./"...)
	dst = appendEscaped(dst, e.name)
	if e.folder {
		dst = append(dst, '/')
	}
	return dst
}

// appendEscaped appends a path with all escaped that is not unreserved in RFC
// 3986, section 2.3, but for slashes, which a name of what was found below the
// folder has.
func appendEscaped(dst []byte, name string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(name) {
		c := name[i]
		if plain[c] {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', hex[c>>4], hex[c&15])
	}
	return dst
}

var plain = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")

// bytesOf returns which bytes s consists of.
func bytesOf(s string) (set [256]bool) {
	for i := range len(s) {
		set[s[i]] = true
	}
	return set
}

// appendJSON appends s as a string of JSON that is safe in HTML, too. What is no
// UTF-8 becomes U+FFFD, of which the url knows better.
func appendJSON(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c < ' ' || c == 0x7f || c == '<' || c == '>' || c == '&':
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, `\ufffd`...)
		case r == '\u2028' || r == '\u2029' || isDirection(r):
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			dst = append(dst, s[i:i+n]...)
		}
		i += n
	}
	return append(dst, '"')
}

// isDirection reports whether a character does nothing but change the direction
// of text around it, by which exe.txt can be made of txt.exe (CVE-2021-42574).
func isDirection(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}
