package gzip

import "github.com/andybalholm/brotli/matchfinder"

const (
	windowBits = 18
	window     = 1 << windowBits

	// A block has its own code, and has to say which. What differs little from a
	// dictionary is worth fewer of them.
	blockLen     = 64 << 10
	longBlockLen = 256 << 10

	shortBits = 15 // of the hash of five bytes
	longBits  = 16 // of the hash of eight

	// maxMatches keeps small what an encoder holds. A block that needs more ends.
	maxMatches = 8 << 10
)

// An effort is how hard a matcher looks.
type effort int

const (
	quick    effort = iota // takes what it finds
	usual                  // looks for a longer match that overlaps the one found
	thorough               // and remembers every place
)

// A matcher finds what was in a stream before. It is one of package matchfinder
// but for what matters to a server: its tables are not cleared for a new stream,
// which would take longer than a short body does; it holds no more than it needs;
// and a stream may begin with a dictionary, which is not copied.
type matcher struct {
	effort effort
	dict   *dictionaryIndex // nil is none
	reach  int              // the largest distance
	block  int              // the length of a block

	buf     []byte // the window, and what is to be encoded next
	next    int    // where that begins
	slid    int    // how much of the stream is no longer in buf
	matches []matchfinder.Match

	// Where bytes of a hash were last seen: a place in buf, plus base. Those of
	// earlier streams are below base.
	base  uint32
	short [1 << shortBits]uint32
	long  [1 << longBits]uint32
}

// reset begins a stream.
func (m *matcher) reset() {
	if m.buf == nil {
		m.buf = make([]byte, 0, window+m.block+blockLen)
	}
	m.forget(len(m.buf))
	m.buf, m.next, m.slid = m.buf[:0], 0, 0
}

// forget makes the first n places of buf unknown.
func (m *matcher) forget(n int) {
	m.base += uint32(n)
	if m.base > 1<<30 {
		clear(m.short[:])
		clear(m.long[:])
		m.base = 0
	}
	m.base = max(m.base, 1) // more than the tables have of places never seen
}

// pending returns what is to be encoded.
func (m *matcher) pending() []byte { return m.buf[m.next:] }

func (m *matcher) isFull() bool { return len(m.pending()) >= m.block }

// fill takes as much of p as makes a block.
func (m *matcher) fill(p []byte) int {
	n := min(len(p), m.block-len(m.pending()))
	if len(m.buf)+n > cap(m.buf) {
		cut := m.next - window
		m.buf = m.buf[:copy(m.buf, m.buf[cut:])]
		m.next -= cut
		m.slid += cut
		m.forget(cut)
	}
	m.buf = append(m.buf, p[:n]...)
	return n
}

// find returns the matches of what is pending, or as many as there may be, and
// how much of it that is.
func (m *matcher) find() (matches []matchfinder.Match, n int) {
	const most = maxMatches - 2
	m.matches = m.matches[:0]
	done, last := m.next, 0 // up to where, and the last distance
	s, limit := done, len(m.buf)-10
	haste := 5 + int(m.effort) // how long to go on where nothing is found before skipping ahead
	for s <= limit && len(m.matches) < most {
		found, ok := m.repeated(s+1, last)
		if !ok {
			found, ok = m.candidate(s)
		}
		if !ok {
			s += 1 + (s-done)>>haste
			continue
		}
		found = m.extend(found, done)
		m.remember(s + 1)
		for m.effort > quick && found.end <= limit && len(m.matches) < most {
			longer, ok := m.overlap(found, done)
			if !ok {
				break
			}
			if longer.start-found.start >= 4 {
				found.end = min(found.end, longer.start)
				done, last = m.emit(found, done)
			}
			found = longer
		}
		if m.effort == thorough {
			for i := s + 2; i < min(found.end-2, limit); i++ {
				m.remember(i)
			}
		}
		done, last = m.emit(found, done)
		if s = done; s <= limit {
			m.remember(s - 2)
		}
	}
	if len(m.matches) < most && done < len(m.buf) {
		m.matches = append(m.matches, matchfinder.Match{Unmatched: len(m.buf) - done})
		done = len(m.buf)
	}
	return m.matches, done - m.next
}

// emit notes a match behind what is done, and returns what is done then, and the
// distance.
func (m *matcher) emit(f match, done int) (end, distance int) {
	distance = f.start - f.from
	m.matches = append(m.matches, matchfinder.Match{Unmatched: f.start - done, Length: f.len(), Distance: distance})
	return f.end, distance
}

// overlap returns a match longer than f, that begins within it, or before it but
// not before done.
func (m *matcher) overlap(f match, done int) (longer match, ok bool) {
	s := max(f.start+2, f.end-6)
	longer, ok = m.candidate(s)
	if !ok || longer.start-longer.from == f.start-f.from {
		return f, false
	}
	longer = m.extend(longer, done)
	return longer, longer.len() > f.len()
}
