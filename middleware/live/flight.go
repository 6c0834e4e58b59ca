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
	start                     int64 // since the recorder was opened

	// For others to read.
	bytes    atomic.Int64
	upstream atomic.Pointer[string]
	layer    atomic.Uint32 // its number among the names of the recorder; 0 is none

	attempts uint16
	over     uint16           // layers that it is in, and for which there was no room
	n        uint8            // how many layers it has been in
	in       uint8            // which it is in, counted from 1; 0 is none
	parent   [maxLayers]uint8 // the one around it, likewise
	name     [maxLayers]uint8
	took     [maxLayers]uint32 // microseconds

	failure *failure // nil is none
}

var _ middleware.Observer = (*flight)(nil)

// A failure is what was logged of a request.
type failure struct {
	layer string
	err   error
}

const maxLayers = 16

// begin has r listed.
func (s *site) begin(w http.ResponseWriter, r *http.Request) *flight {
	rec := s.recorder
	f := &flight{site: s, method: r.Method, host: r.Host, uri: r.RequestURI, remote: r.RemoteAddr, start: rec.now()}
	if f.id = middleware.RequestID(w); f.id == 0 {
		f.id = rec.ids.Add(1)
	}
	rec.slots.put(f)
	return f
}

// Enter implements [middleware.Observer].
func (f *flight) Enter(layer string) {
	if f.n == maxLayers {
		f.over++
		return
	}
	number := f.site.recorder.names.number(layer)
	f.name[f.n], f.parent[f.n] = number, f.in
	f.n++
	f.in = f.n
	f.layer.Store(uint32(number))
}

// Exit implements [middleware.Observer].
func (f *flight) Exit(_ string, _ int, took time.Duration) {
	switch {
	case f.over > 0:
		f.over--
		return
	case f.in == 0:
		return // it was in that layer before anybody watched
	}
	f.took[f.in-1] = uint32(took / time.Microsecond)
	f.in = f.parent[f.in-1]
	if f.in == 0 {
		f.layer.Store(0)
		return
	}
	f.layer.Store(uint32(f.name[f.in-1]))
}

// Wrote implements [middleware.Observer].
func (f *flight) Wrote(n int64) { f.bytes.Add(n) }

// Attempt implements [middleware.Observer].
func (f *flight) Attempt(a middleware.Attempt) {
	f.upstream.Store(&a.Addr)
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
		o.Took = time.Duration(rec.now() - f.start)
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
}

// request returns what is known of f at a time; o is nil while it is under way.
func (f *flight) request(now int64, o *middleware.Outcome) Request {
	rec := f.site.recorder
	r := Request{
		ID: f.id, Site: f.site.name, Method: f.method, Host: f.host, URI: f.uri, Remote: f.remote,
		Start: rec.epoch.Add(time.Duration(f.start)),
	}
	if addr := f.upstream.Load(); addr != nil {
		r.Upstream = *addr
	}
	if o == nil {
		r.Bytes, r.Layer = f.bytes.Load(), rec.names.name(uint8(f.layer.Load()))
		r.Duration = time.Duration(now - f.start)
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

// layers returns how long f was in which.
func (f *flight) layers() []LayerTime {
	all := make([]LayerTime, f.n)
	for i := range all {
		l := &all[i]
		l.Layer = f.site.recorder.names.name(f.name[i])
		l.Duration = time.Duration(f.took[i]) * time.Microsecond
		if p := f.parent[i]; p > 0 {
			l.Depth = all[p-1].Depth + 1
		}
	}
	return all
}
