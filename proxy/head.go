package proxy

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	maxLine   = 64 << 10 // of one field
	maxFields = 2000
)

// A head is a status line and the fields after it.
type head struct {
	proto  string // HTTP/1.0 or HTTP/1.1
	status string // such as 200 OK
	code   int
	fields []field
}

type field struct{ name, value string }

// readHead returns the next head up to its empty line, of no more than limit
// bytes. It is a copy, of which all fields will be parts.
func (b *reader) readHead(src io.Reader, limit int) (string, error) {
	const version = "HTTP/1."
	line, seen := 0, 0 // where the line starts, and how far it was searched, from b.r
	for {
		text := b.buffered()
		if line == 0 && !strings.HasPrefix(version, string(text[:min(len(text), len(version))])) {
			return "", malformed("not HTTP/1")
		}
		i := bytes.IndexByte(text[seen:], '\n')
		if i < 0 {
			seen = len(text)
			if seen > limit || seen-line > maxLine {
				return "", malformed("head too long")
			}
			if err := b.more(src, limit+1); err != nil {
				if err == io.EOF && seen > 0 {
					err = io.ErrUnexpectedEOF
				}
				return "", err
			}
			continue
		}
		end := seen + i
		switch {
		case end+1 > limit || end-line > maxLine:
			return "", malformed("head too long")
		case end == line || text[end-1] != '\r':
			return "", malformed("line that does not end in CRLF")
		case end-1 == line:
			b.r += end + 1
			return string(text[:end+1]), nil
		}
		line, seen = end+1, end+1
	}
}

// parseHead takes a head apart that readHead has returned, and uses the space of
// fields.
func parseHead(text string, fields []field) (head, error) {
	line, rest, _ := strings.Cut(text, "\r\n")
	h, err := parseStatusLine(line)
	if err != nil {
		return head{}, err
	}
	h.fields, err = parseFields(rest, fields[:0])
	return h, err
}

func parseStatusLine(line string) (h head, err error) {
	const version = len("HTTP/1.1")
	if len(line) < version+len(" 200") || line[:version] != "HTTP/1.1" && line[:version] != "HTTP/1.0" || line[version] != ' ' {
		return h, malformed("status line " + strconv.Quote(shorten(line)))
	}
	h.proto, h.status = line[:version], line[version+1:]
	for i := range 3 {
		digit := h.status[i] - '0'
		if digit > 9 {
			return h, malformed("status " + strconv.Quote(shorten(h.status)))
		}
		h.code = 10*h.code + int(digit)
	}
	if h.code < 100 || len(h.status) > 3 && h.status[3] != ' ' || !isValue(h.status) {
		return h, malformed("status " + strconv.Quote(shorten(h.status)))
	}
	return h, nil
}

// parseFields appends the fields of lines, which end in an empty one.
func parseFields(lines string, fields []field) ([]field, error) {
	for {
		line, rest, ok := strings.Cut(lines, "\r\n")
		if !ok || line == "" {
			return fields, nil
		}
		if len(fields) == maxFields {
			return nil, malformed("too many fields")
		}
		name, value, ok := strings.Cut(line, ":")
		// Also of lines that begin with a space, which once continued the one
		// before them: RFC 9112, section 5.2.
		if !ok || !isToken(name) {
			return nil, malformed("field " + strconv.Quote(shorten(line)))
		}
		if value = strings.Trim(value, " \t"); !isValue(value) {
			return nil, malformed("value of " + name)
		}
		fields = append(fields, field{http.CanonicalHeaderKey(name), value})
		lines = rest
	}
}

// addTo adds fields to h. Most names occur once, so all values lie in one slice.
func addTo(h http.Header, fields []field) {
	values := make([]string, len(fields))
	for i, f := range fields {
		if there := h[f.name]; there != nil {
			h[f.name] = append(there, f.value)
			continue
		}
		values[i] = f.value
		h[f.name] = values[i : i+1 : i+1]
	}
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !tokenBytes.has(s[i]) {
			return false
		}
	}
	return s != ""
}

// A byteSet has a bit for each byte of ASCII in it.
type byteSet [2]uint64

func (s *byteSet) has(c byte) bool { return c < 128 && s[c/64]&(1<<(c%64)) != 0 }

func setOf(chars string) (set byteSet) {
	for i := range len(chars) {
		set[chars[i]/64] |= 1 << (chars[i] % 64)
	}
	return set
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var (
	tokenBytes = setOf(alphanumeric + "!#$%&'*+-.^_`|~")
	hostBytes  = setOf(alphanumeric + "!$&'()*+,-.:;=[]_~%") // RFC 3986, section 3.2.2, and a port
)

// isValue reports whether s has no control bytes but tabs.
func isValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
