package fastcgi_test

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/shallot-http/shallot/fastcgi"
)

// The types of records.
const (
	begin  = 1
	end    = 3
	params = 4
	stdin  = 5
	stdout = 6
	stderr = 7
)

// An asked is a request as an application sees it.
type asked struct {
	id     uint16
	role   fastcgi.Role
	keep   bool
	params map[string]string
	body   []byte
	sizes  []int // of the records of parameters
}

// record reads one, or returns 0 at the end.
func (p *peer) record() (kind byte, id uint16, content []byte) {
	var h [8]byte
	if _, err := io.ReadFull(p.br, h[:]); err != nil || h[0] != 1 {
		return 0, 0, nil
	}
	content = make([]byte, int(binary.BigEndian.Uint16(h[4:]))+int(h[6]))
	if _, err := io.ReadFull(p.br, content); err != nil {
		return 0, 0, nil
	}
	return h[1], binary.BigEndian.Uint16(h[2:]), content[:len(content)-int(h[6])]
}

// head reads a request without its body, or returns nil at the end, also where
// the request is not as it has to be.
func (p *peer) head() *asked {
	kind, id, content := p.record()
	if kind != begin || len(content) != 8 || id == 0 {
		return nil
	}
	p.id = id
	r := &asked{
		id: id, role: fastcgi.Role(binary.BigEndian.Uint16(content)), keep: content[2]&1 != 0,
		params: map[string]string{},
	}
	for {
		kind, got, content := p.record()
		if kind != params || got != id {
			return nil
		}
		if len(content) == 0 {
			return r
		}
		r.sizes = append(r.sizes, len(content))
		for len(content) > 0 { // whole pairs, as PHP wants them
			name, value := size(&content), size(&content)
			if name < 0 || value < 0 || len(content) < name+value {
				return nil
			}
			r.params[string(content[:name])] = string(content[name : name+value])
			content = content[name+value:]
		}
	}
}

func size(b *[]byte) int {
	switch {
	case len(*b) > 0 && (*b)[0] < 128:
		n := int((*b)[0])
		*b = (*b)[1:]
		return n
	case len(*b) >= 4:
		n := int(binary.BigEndian.Uint32(*b) &^ (1 << 31))
		*b = (*b)[4:]
		return n
	}
	return -1
}

// request reads a request with its body, or returns nil.
func (p *peer) request() *asked {
	r := p.head()
	if r == nil {
		return nil
	}
	var ok bool
	if r.body, ok = p.input(); !ok {
		return nil
	}
	return r
}

// input reads the body of a request. It is not ok if nothing has ended it.
func (p *peer) input() (body []byte, ok bool) {
	for {
		kind, id, content := p.record()
		if kind != stdin || id != p.id {
			return body, false
		}
		if len(content) == 0 {
			return body, true
		}
		body = append(body, content...)
	}
}

// rec returns a record, of which there is no more than fits into one.
func rec(kind byte, id uint16, content string) string {
	return string([]byte{1, kind, byte(id >> 8), byte(id), byte(len(content) >> 8), byte(len(content)), 0, 0}) + content
}

// recs returns as many records as it takes.
func recs(kind byte, id uint16, content string) string {
	var b strings.Builder
	for len(content) > 0 {
		n := min(len(content), 65535)
		b.WriteString(rec(kind, id, content[:n]))
		content = content[n:]
	}
	return b.String()
}

func ending(id uint16, status uint32, protocol byte) string {
	return rec(end, id, string(append(binary.BigEndian.AppendUint32(nil, status), protocol, 0, 0, 0)))
}

func (p *peer) send(s string)          { _, _ = io.WriteString(p, s) }
func (p *peer) out(s string)           { p.send(recs(stdout, p.id, s)) }
func (p *peer) errs(s string)          { p.send(recs(stderr, p.id, s)) }
func (p *peer) end(status, why uint32) { p.send(ending(p.id, status, byte(why))) }

// reply is all of an answer, in one piece.
func (p *peer) reply(s string) { p.send(recs(stdout, p.id, s) + ending(p.id, 0, 0)) }
