package gzip

import (
	"encoding/binary"
	"math/bits"
)

// A match is that of buf from start to end with what begins at from, which is
// negative if it is in the dictionary.
type match struct{ start, end, from int }

func (m match) len() int { return m.end - m.start }

// repeated returns the match at s that is as far away as the last one, and
// remembers the place before.
func (m *matcher) repeated(s, distance int) (f match, ok bool) {
	v := binary.LittleEndian.Uint64(m.buf[s-1:])
	from := s - distance
	switch {
	case distance == 0:
		return f, false
	case from >= 0:
		ok = binary.LittleEndian.Uint32(m.buf[from:]) == uint32(v>>8)
	case m.dict != nil:
		ok = m.dict.has(m.inDictionary(from), uint32(v>>8))
	}
	if ok {
		place := m.base + uint32(s-1)
		m.long[hash8(v)], m.short[hash5(v)] = place, place
	}
	return match{start: s, from: from}, ok
}

// candidate returns where at least four bytes at s, or next to it, have been
// before, and remembers s.
func (m *matcher) candidate(s int) (f match, ok bool) {
	v := binary.LittleEndian.Uint64(m.buf[s:])
	place := m.base + uint32(s)
	long, short := &m.long[hash8(v)], &m.short[hash5(v)]
	fromLong, fromShort := int(int32(*long-m.base)), int(int32(*short-m.base))
	*long, *short = place, place
	if m.isMatch(s, fromLong, v) {
		return match{start: s, from: fromLong}, true
	}
	if m.dict != nil {
		if from, ok := m.lookUp(s, v); ok {
			return match{start: s, from: from}, true
		}
	}
	if !m.isMatch(s, fromShort, v) {
		return f, false
	}
	v = binary.LittleEndian.Uint64(m.buf[s+1:])
	long = &m.long[hash8(v)]
	fromLong = int(int32(*long - m.base))
	*long = place + 1
	if m.isMatch(s+1, fromLong, v) {
		return match{start: s + 1, from: fromLong}, true
	}
	return match{start: s, from: fromShort}, true
}

// isMatch reports whether the four bytes at s are those that v begins with.
func (m *matcher) isMatch(s, from int, v uint64) bool {
	return from >= 0 && uint(s-from-1) < uint(m.reach) && binary.LittleEndian.Uint32(m.buf[from:]) == uint32(v)
}

// lookUp returns where in the dictionary v is, as from where it would have been
// copied were the dictionary the beginning of the stream.
func (m *matcher) lookUp(s int, v uint64) (from int, ok bool) {
	at, ok := m.dict.find(v)
	from = at - len(m.dict.data) - m.slid
	return from, ok && s-from <= m.reach
}

// inDictionary returns the place in the dictionary of a match that is from there.
func (m *matcher) inDictionary(from int) int { return from + m.slid + len(m.dict.data) }

// extend returns f, of which the first four bytes are known, as long as it is,
// backwards to done at most.
func (m *matcher) extend(f match, done int) match {
	src, at := m.buf, f.from
	if at < 0 { // a copy must not run from the dictionary into the stream
		src, at = m.dict.data, m.inDictionary(at)
	}
	f.end = f.start + 4 + commonLen(src[at+4:], m.buf[f.start+4:])
	for at > 0 && f.start > done && src[at-1] == m.buf[f.start-1] {
		at--
		f.start--
		f.from--
	}
	return f
}

// remember makes the places i and i+1 known.
func (m *matcher) remember(i int) {
	v := binary.LittleEndian.Uint64(m.buf[i:])
	m.long[hash8(v)] = m.base + uint32(i)
	m.short[hash5(v>>8)] = m.base + uint32(i+1)
}

// commonLen returns how long a and b are the same.
func commonLen(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// hash5 and hash8 spread what the first five or eight bytes are over a table.
func hash5(v uint64) uint64 { return v << 24 * 889523592379 >> (64 - shortBits) }
func hash8(v uint64) uint64 { return v * 0xcf1bbcdcb7a56463 >> (64 - longBits) }
