package fastcgi

import (
	"bytes"
	"io"
	"strconv"

	"github.com/shallot-http/shallot/middleware/probe"
)

// next returns what is buffered of the application's standard output, or nothing
// if there is none and it is not to wait for some. It returns io.EOF when the
// application has ended the request. On the way, it takes what is for the log.
func (x *exchange) next(wait bool) ([]byte, error) {
	c := x.conn
	for {
		have := c.buffered()
		switch {
		case c.content > 0:
			have = have[:min(len(have), c.content)]
			switch {
			case c.kind == typeStdout && len(have) > 0:
				return have, nil
			case c.kind == typeStderr && len(have) > 0:
				x.log(have)
				c.skip(len(have))
				continue
			case c.kind == typeEnd && len(have) == endLen:
				x.ended = true
				x.app = uint32(have[0])<<24 | uint32(have[1])<<16 | uint32(have[2])<<8 | uint32(have[3])
				x.refusal = Refusal(have[4])
				c.skip(endLen)
				x.tellEnd()
				continue
			}
		case c.padding > 0:
			if n := min(len(have), c.padding); n > 0 {
				c.r += n
				c.padding -= n
				continue
			}
		case x.ended:
			x.endLine()
			if x.refusal != 0 {
				return nil, x.refusal
			}
			return nil, io.EOF
		case len(have) >= headerLen:
			if err := x.begins(have); err != nil {
				return nil, err
			}
			c.r += headerLen
			continue
		}
		if !wait {
			return nil, nil
		}
		n, err := x.Read(c.room())
		c.w += n
		if err != nil {
			return nil, err
		}
	}
}

// read copies into p what there is of standard output. It waits for the first byte
// only.
func (x *exchange) read(p []byte) (n int, err error) {
	c := x.conn
	for n < len(p) {
		if n == 0 && c.kind == typeStdout && c.content >= connBuffer && len(p) >= connBuffer && len(c.buffered()) == 0 {
			n, err = x.Read(p[:min(len(p), c.content)])
			if c.content -= n; err != nil {
				return n, err
			}
			continue
		}
		have, err := x.next(n == 0)
		if len(have) == 0 {
			return n, err
		}
		m := copy(p[n:], have)
		c.skip(m)
		n += m
	}
	return n, nil
}

// begins takes the header of a record.
func (x *exchange) begins(b []byte) error {
	h, err := parseHeader(b)
	switch {
	case err != nil:
		return err
	case h.id != x.conn.id:
		// Whatever that is, it is not for whoever has asked. Caddy 2 adds it to the
		// response.
		return malformed("a record of request " + strconv.Itoa(int(h.id)))
	case h.kind != typeStdout && h.kind != typeStderr && h.kind != typeEnd:
		return malformed("a record of type " + strconv.Itoa(int(h.kind)))
	case h.kind == typeEnd && h.content != endLen:
		return malformed("an end of " + strconv.Itoa(h.content) + " bytes")
	case h.kind == typeStdout && x.silenced && h.content > 0:
		return malformed("output after its end")
	}
	if h.kind == typeStdout {
		x.silenced = h.content == 0
		x.spoke = x.spoke || h.content > 0
	}
	x.conn.kind, x.conn.content, x.conn.padding = h.kind, h.content, h.padding
	return nil
}

// maxLine is how much of a line of standard error is held.
const maxLine = 16 << 10

// log gives each line that ends to whom they are for, and holds what is left.
func (x *exchange) log(p []byte) {
	if x.client.cfg.Stderr == nil && !probe.FastCGIEnabled() {
		return
	}
	for {
		i := bytes.IndexByte(p, '\n')
		switch {
		case i >= 0 && len(x.line) == 0:
			x.say(p[:i])
			p = p[i+1:]
		case i >= 0 && len(x.line)+i <= maxLine:
			x.line = append(x.line, p[:i]...)
			x.endLine()
			p = p[i+1:]
		case len(x.line)+len(p) <= maxLine:
			x.line = append(x.line, p...)
			return
		default:
			n := maxLine - len(x.line)
			x.line = append(x.line, p[:n]...)
			x.endLine()
			p = p[n:]
		}
	}
}

func (x *exchange) endLine() {
	x.say(x.line)
	x.line = x.line[:0]
}

func (x *exchange) say(line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	for len(line) > 0 {
		piece := line[:min(len(line), maxLine)] // for a record may be longer
		line = line[len(piece):]
		x.tellLine(piece)
		if x.client.cfg.Stderr != nil {
			x.client.cfg.Stderr(x.ctx, piece)
		}
	}
}
