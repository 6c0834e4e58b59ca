package gzip

import (
	"cmp"
	"hash/maphash"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/shallot-http/shallot/middleware/accept"
)

// settings are a Config, complete, and what its responses share.
type settings struct {
	Config
	pools  []*pool  // of the codings, in order of preference
	names  []string // of the codings
	small  []string // the same for bodies below smallBody; nil if there is no difference
	custom bool     // the types are

	varyEncoding []string // with a capacity of 1, so that Header.Add copies it

	seed    maphash.Seed
	running atomic.Int64 // bodies being encoded, if there is a limit
	writers sync.Pool    // of *writer
	buffers sync.Pool    // of *[]byte
}

// smallBody is the size below which brotli, which has to do without its
// dictionary here, is not better than gzip.
const smallBody = 4 << 10

func newSettings(c Config) *settings {
	s := &settings{Config: c, custom: c.Types != nil, varyEncoding: []string{"Accept-Encoding"}, seed: maphash.MakeSeed()}
	if s.Codings == nil {
		s.Codings = []Coding{Zstd(c.Level), Brotli(c.Level), Gzip(c.Level)}
		s.small = []string{"zstd", "gzip", "br"}
	}
	for _, coding := range s.Codings {
		s.pools = append(s.pools, newPool(coding))
		s.names = append(s.names, coding.Name())
	}
	s.MinSize = cmp.Or(max(c.MinSize, -1), defaultMinSize)
	s.Buffer = cmp.Or(max(c.Buffer, 0), defaultBuffer)
	if c.Buffer <= 0 && c.Cache != nil {
		s.Buffer = defaultCacheBuffer
	}
	s.Buffer = max(s.Buffer, s.MinSize)
	if s.Types == nil {
		s.Types = DefaultTypes
	}
	return s
}

// choose returns the coding for the response to r, nil if that is none. The size
// of its body is negative if it is not known.
func (s *settings) choose(r *http.Request, accepted accept.Encodings, size int64) *pool {
	if d := s.Dictionaries.find(r); d != nil {
		var room [8]string
		offers := append(append(room[:0], d.offers...), s.names...)
		if name, _ := accepted.Choose(offers...); slices.Contains(d.offers, name) {
			return d.coding(name)
		}
	}
	names := s.names
	if size >= 0 && size < smallBody && s.small != nil {
		names = s.small
	}
	name, _ := accepted.Choose(names...)
	for _, p := range s.pools {
		if p.name == name {
			return p
		}
	}
	return nil
}

// A refusal is what a client will not have.
type refusal int

const (
	refusesNothing  refusal = iota
	refusesIdentity         // but there is a coding it accepts
	refusesAll
)

// refusal returns what a client refuses. That takes a weight of zero, so most need
// no further thought.
func (s *settings) refusal(accepted accept.Encodings) refusal {
	for _, line := range accepted {
		if strings.IndexByte(line, ';') < 0 {
			continue
		}
		if accepted.Quality(accept.Identity) > 0 {
			break
		}
		if _, ok := accepted.Choose(s.names...); ok {
			return refusesIdentity
		}
		return refusesAll
	}
	return refusesNothing
}

// varies has a response say what it depends on.
func (s *settings) varies(h http.Header, r *http.Request) {
	accept.Vary(h, "Accept-Encoding")
	if s.Dictionaries.governs(r) {
		accept.Vary(h, "Available-Dictionary")
	}
}

// enter reports whether a body may be encoded now, of which there may be few at a
// time.
func (w *writer) enter() bool {
	if w.MaxConcurrent <= 0 {
		return true
	}
	w.place = w.running.Add(1) <= int64(w.MaxConcurrent)
	if !w.place {
		w.running.Add(-1)
	}
	return w.place
}

// leave makes room for another.
func (w *writer) leave() {
	if w.place {
		w.place = false
		w.running.Add(-1)
	}
}

// buffer returns an empty one.
func (s *settings) buffer() *[]byte {
	if buf, ok := s.buffers.Get().(*[]byte); ok {
		return buf
	}
	return new(make([]byte, 0, pieceLen))
}

// free takes back a buffer, if there is one. It is not kept if it has become much
// larger than most have to be.
func (s *settings) free(buf **[]byte) {
	if *buf == nil {
		return
	}
	if cap(**buf) <= max(2*s.Buffer, pieceLen) {
		**buf = (**buf)[:0]
		s.buffers.Put(*buf)
	}
	*buf = nil
}
