package live

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// A flight is a request under way. It is never used again, so whoever lists it sees
// one request and no other. Its methods are those of a middleware.Observer.
type flight struct {
	site                      *site
	id                        uint64
	method, host, uri, remote string
	start                     time.Duration // by middleware.Clock

	// For others to read.
	bytes    atomic.Int64
	upstream atomic.Pointer[string]
	layer    atomic.Uint32 // its number among the names of the recorder; 0 is none

	attempts uint16
	failure  *failure // nil is none
	way      *way     // through the layers; nil until it is in one
}

var _ middleware.Observer = (*flight)(nil)

// A failure is what was logged of a request.
type failure struct {
	layer string
	err   error
}

// begin has r listed.
func (s *site) begin(w http.ResponseWriter, r *http.Request) *flight {
	rec := s.recorder
	f := &flight{site: s, method: r.Method, host: r.Host, uri: r.RequestURI, remote: r.RemoteAddr}
	f.id, f.start = middleware.Arrived(w)
	if f.start == 0 {
		f.start = middleware.Clock()
	}
	if f.id == 0 {
		f.id = rec.ids.Add(1)
	}
	rec.slots.put(f)
	return f
}

// Enter implements [middleware.Observer].
func (f *flight) Enter(layer string) {
	if f.way == nil {
		f.way = f.site.recorder.ways.Get().(*way)
	}
	number := f.site.recorder.names.number(layer)
	if f.way.enter(number) {
		f.layer.Store(uint32(number))
	}
}

// Exit implements [middleware.Observer].
func (f *flight) Exit(_ string, _ int, took time.Duration) {
	if f.way == nil {
		return // it was in that layer before anybody watched
	}
	if around, ok := f.way.exit(took); ok {
		f.layer.Store(uint32(around))
	}
}

// Wrote implements [middleware.Observer].
func (f *flight) Wrote(n int64) { f.bytes.Add(n) }

// Attempt implements [middleware.Observer].
func (f *flight) Attempt(a middleware.Attempt) {
	addr := a.Addr // lest all of a is kept
	f.upstream.Store(&addr)
	f.attempts++
}

// AttemptDone implements [middleware.Observer].
func (f *flight) AttemptDone(a middleware.Attempt) { f.site.recorder.upstreams.add(a) }

// Error implements [middleware.Observer].
func (f *flight) Error(layer string, _ int, err error) { f.failure = &failure{layer, err} }

// Done implements [middleware.Observer]. It is called once for every flight.
func (f *flight) Done(o middleware.Outcome) {
	rec := f.site.recorder
	rec.slots.remove(f)
	if o.Took == 0 {
		o.Took = middleware.Clock() - f.start
	}
	f.site.class(o.Status).add(f.id, o.Took)
	failed := o.Status >= 500 || o.Aborted
	if failed || o.Took >= f.site.slow {
		rec.rings.add(f, &o, failed)
	}
	if readers := rec.tap.readers.Load(); readers != nil {
		tell(*readers, f, &o)
	}
	if d := f.site.trace; d > 0 && o.Took >= d {
		rec.tracer.saw(f, &o)
	}
	if way := f.way; way != nil {
		f.way = nil
		way.n, way.in, way.over = 0, 0, 0
		rec.ways.Put(way)
	}
}

// request returns what is known of f at a time; o is nil while it is under way.
func (f *flight) request(now time.Duration, o *middleware.Outcome) Request {
	rec := f.site.recorder
	r := Request{
		ID: f.id, Site: f.site.name, Method: f.method, Host: f.host, URI: f.uri, Remote: f.remote,
		Start: rec.epoch.Add(f.start - rec.opened),
	}
	if addr := f.upstream.Load(); addr != nil {
		r.Upstream = *addr
	}
	if o == nil {
		r.Bytes, r.Layer = f.bytes.Load(), rec.names.name(uint8(f.layer.Load()))
		r.Duration = now - f.start
		return r
	}
	r.Bytes, r.Status, r.Duration, r.Aborted = o.Size, o.Status, o.Took, o.Aborted
	if o.Status == 0 {
		r.Hijacked, r.Status = true, http.StatusSwitchingProtocols
	}
	r.Attempts = int(f.attempts)
	if f.failure != nil {
		r.Layer, r.Error = f.failure.layer, f.failure.err.Error()
	}
	return r
}
