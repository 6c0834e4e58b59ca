package fastcgi

import (
	"encoding/binary"
	"iter"
	"net/http"
	"strings"
)

// Params are the name-value pairs of a request, in the order they were added and
// the form they are sent in. The zero Params is empty. Once it has grown, nothing
// is allocated for the next request: see Reset.
//
// Where a name occurs twice, most applications, PHP among them, know the last
// value only.
type Params struct {
	buf []byte
	err error
}

// Add adds a pair. A pair of more than 65,535 bytes cannot be sent to all
// applications, of which PHP does not take one that lies in two records: it makes
// Err, and Client.Do, fail with [ErrTooLarge], and nothing is ever cut off.
func (p *Params) Add(name, value string) {
	if p.begin(len(name), len(value)) {
		p.buf = append(append(p.buf, name...), value...)
	}
}

// Join adds a pair whose value is that of [strings.Join] of the parts, which it
// does not make.
func (p *Params) Join(name, separator string, parts ...string) {
	size := max(len(parts)-1, 0) * len(separator)
	for _, part := range parts {
		size += len(part)
	}
	if !p.begin(len(name), size) {
		return
	}
	p.buf = append(p.buf, name...)
	for i, part := range parts {
		if i > 0 {
			p.buf = append(p.buf, separator...)
		}
		p.buf = append(p.buf, part...)
	}
}

// Append adds the pairs of q, such as those that are the same for every request of
// a site.
func (p *Params) Append(q *Params) {
	p.buf = append(p.buf, q.buf...)
	if p.err == nil {
		p.err = q.err
	}
}

// Err returns ErrTooLarge if a pair was.
func (p *Params) Err() error { return p.err }

// Len returns how many bytes there are.
func (p *Params) Len() int { return len(p.buf) }

// Reset makes p empty, for use by another request.
func (p *Params) Reset() { p.buf, p.err = p.buf[:0], nil }

// All returns the pairs.
func (p *Params) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for rest := p.buf; len(rest) > 0; {
			var name, value []byte
			name, value, rest = nextPair(rest)
			if !yield(string(name), string(value)) {
				return
			}
		}
	}
}

// begin appends the lengths of a pair, which must follow.
func (p *Params) begin(name, value int) bool {
	if name > maxContent || value > maxContent || sizeLen(name)+sizeLen(value)+name+value > maxContent {
		p.err = ErrTooLarge
		return false
	}
	p.buf = appendSize(appendSize(p.buf, name), value)
	return true
}

// appendRecords appends the records of the pairs, without that which ends them.
// No pair lies in two of them.
func (p *Params) appendRecords(b []byte, id uint16) []byte {
	for rest := p.buf; len(rest) > 0; {
		n := len(rest)
		if n > maxContent {
			n = wholePairs(rest)
		}
		b = append(appendHeader(b, typeParams, id, n), rest[:n]...)
		rest = rest[n:]
	}
	return b
}

// wholePairs returns how many bytes of whole pairs go into a record.
func wholePairs(b []byte) int {
	n := 0
	for rest := b; len(rest) > 0; {
		_, _, rest = nextPair(rest)
		if len(b)-len(rest) > maxContent {
			break
		}
		n = len(b) - len(rest)
	}
	return n
}

func sizeLen(n int) int {
	if n < 1<<7 {
		return 1
	}
	return 4
}

func appendSize(b []byte, n int) []byte {
	if n < 1<<7 {
		return append(b, byte(n))
	}
	return binary.BigEndian.AppendUint32(b, uint32(n)|1<<31)
}

// nextPair takes apart what Params has put together.
func nextPair(b []byte) (name, value, rest []byte) {
	n, b := nextSize(b)
	v, b := nextSize(b)
	return b[:n], b[n : n+v], b[n+v:]
}

func nextSize(b []byte) (int, []byte) {
	if b[0] < 1<<7 {
		return int(b[0]), b[1:]
	}
	return int(binary.BigEndian.Uint32(b) &^ (1 << 31)), b[4:]
}

// ErrTooLarge is a name-value pair that does not fit into a record.
const ErrTooLarge tooLarge = "a parameter of more than 65,535 bytes"

type tooLarge string

func (e tooLarge) Error() string { return string(e) }

// StatusCode returns 431: what gets that large are fields of a client's.
func (e tooLarge) StatusCode() int { return http.StatusRequestHeaderFieldsTooLarge }

// String returns the pairs, one in a line.
func (p *Params) String() string {
	var s strings.Builder
	for name, value := range p.All() {
		s.WriteString(name + "=" + value + "\n")
	}
	return s.String()
}
