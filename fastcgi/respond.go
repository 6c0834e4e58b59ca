package fastcgi

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
)

// maxInformational is how many blocks of status 1xx may precede the one that
// counts.
const maxInformational = 64

// receive reads heads up to that of the final response.
func (x *exchange) receive(refused bool) error {
	x.refused = refused
	left := x.client.cfg.MaxHeader
	for informational := 0; ; {
		text, err := x.readHead(left)
		if err != nil {
			return x.failed(OpHeader, x.endOfAnswer(err))
		}
		left -= len(text)
		h, err := parseHead(text)
		if err != nil {
			return x.failed(OpHeader, err)
		}
		if h.status == 0 || h.status >= 200 {
			x.respond(h)
			return nil
		}
		if informational++; informational > maxInformational || h.status == http.StatusSwitchingProtocols {
			return x.failed(OpHeader, malformed("status "+strconv.Itoa(h.status)))
		}
		if h.status != http.StatusContinue && x.req.Informational != nil {
			if err := x.req.Informational(h.status, h.header); err != nil {
				return x.failed(OpHeader, err)
			}
		}
	}
}

var errTooEarly = malformed("it has ended within its head")

// endOfAnswer returns what it means that a head did not arrive.
func (x *exchange) endOfAnswer(err error) error {
	if x.ended && x.refusal == 0 {
		return errTooEarly
	}
	return err
}

// respond makes the response of a final head.
func (x *exchange) respond(h head) {
	x.resp = Response{Status: h.status, Header: h.header, ContentLength: h.length, Body: &x.body}
	if h.status == 0 {
		x.resp.Status = http.StatusOK
		if location := h.header.Get("Location"); location != "" {
			// A second slash would begin the name of another server.
			x.resp.Local = location[0] == '/' && !strings.HasPrefix(location, "//")
			x.resp.Status = http.StatusFound
		}
	}
	x.body.begin(x, h)
}

// readHead returns the next block up to its empty line, of no more than limit
// bytes. It is a copy, of which all fields will be parts.
func (x *exchange) readHead(limit int) (string, error) {
	var text []byte // what does not lie in one piece
	for seen := 0; ; {
		have, err := x.next(true)
		if err != nil {
			return "", err
		}
		part := have
		if text != nil {
			text = append(text, have...)
			part = text
		}
		end := endOfHead(part, seen)
		if end > limit || end < 0 && len(part) > limit {
			return "", malformed("head too long")
		}
		if end < 0 {
			if text == nil {
				text = append(make([]byte, 0, 2*len(have)), have...)
			}
			x.conn.skip(len(have))
			seen = max(0, len(part)-2)
			continue
		}
		x.conn.skip(len(have) - (len(part) - end))
		return string(part[:end]), nil
	}
}

// endOfHead returns how much of text is a block with its empty line, or -1. What is
// before from was searched.
func endOfHead(text []byte, from int) int {
	for {
		i := bytes.IndexByte(text[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		rest := text[from:]
		switch {
		case from == 1 || from == 2 && text[0] == '\r': // there is nothing but that line
			return from
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}
