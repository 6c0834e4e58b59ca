package fastcgi

import (
	"net/http"
	"strconv"
	"strings"
)

const maxFields = 2000

// A head is a block of fields, with what they mean to a gateway.
type head struct {
	status int // 0 is none given
	length int64
	chunks bool // the body is encoded, though nobody has asked for that
	header http.Header
	fields []field
}

type field struct{ name, value string }

// parseHead takes a block apart that readHead has returned. RFC 3875, section 6.
func parseHead(text string) (h head, err error) {
	h.length = -1
	count := strings.Count(text, "\n")
	if count > maxFields {
		return h, malformed("too many fields")
	}
	h.header = make(http.Header, count)
	values := make([]string, 0, count) // most names occur once, so that all lie in one slice
	for first := true; ; first = false {
		line, rest, ok := strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if !ok || line == "" {
			if first {
				return h, malformed("no fields")
			}
			break
		}
		text = rest
		if first && strings.HasPrefix(line, "HTTP/1.") { // PHP with cgi.rfc2616_headers
			if _, status, ok := strings.Cut(line, " "); !ok || h.takeStatus(status) != nil {
				return h, malformed("status line " + strconv.Quote(shorten(line)))
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) {
			return h, malformed("field " + strconv.Quote(shorten(line)))
		}
		if value = strings.Trim(value, " \t"); !isValue(value) {
			return h, malformed("value of " + name)
		}
		name = http.CanonicalHeaderKey(name)
		if keep, err := h.take(name, value); err != nil {
			return h, err
		} else if !keep {
			continue
		}
		if there := h.header[name]; there != nil {
			h.header[name] = append(there, value)
			continue
		}
		values = append(values, value)
		h.header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	if h.chunks {
		h.length = -1
		delete(h.header, "Content-Length")
	}
	return h, nil
}

// take looks at a field, and reports whether it is one for the client.
func (h *head) take(name, value string) (keep bool, err error) {
	switch name {
	case "Status":
		return false, h.takeStatus(value)
	case "Content-Length":
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil || h.length >= 0 && int64(n) != h.length {
			return false, malformed("Content-Length " + strconv.Quote(shorten(value)))
		}
		keep = h.length < 0
		h.length = int64(n)
		return keep, nil
	case "Transfer-Encoding":
		switch {
		case strings.EqualFold(value, "identity"):
		case strings.EqualFold(value, "chunked") && !h.chunks:
			h.chunks = true
		default:
			return false, malformed("Transfer-Encoding " + strconv.Quote(shorten(value)))
		}
		return false, nil
	case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade":
		// "The script MUST NOT return any header fields that relate to client-side
		// communication issues": RFC 3875, section 6.3.4.
		return false, nil
	}
	return true, nil
}

func (h *head) takeStatus(value string) error {
	code, reason, _ := strings.Cut(value, " ")
	n, err := strconv.ParseUint(code, 10, 16)
	if err != nil || len(code) != 3 || n < 100 || !isValue(reason) || h.status != 0 && h.status != int(n) {
		return malformed("status " + strconv.Quote(shorten(value)))
	}
	h.status = int(n)
	return nil
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
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
			continue
		}
		if !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) || c >= 0x80 {
			return false
		}
	}
	return s != ""
}

// isValue reports whether s has no control bytes but tabs.
func isValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
