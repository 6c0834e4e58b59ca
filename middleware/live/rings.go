package live

import (
	"slices"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Rings keep the last requests that were slow, ten for each of several ranges of
// time, so that the few that were very slow are not pushed out by many that were
// slow; and the last that failed.
type rings struct {
	slow   [len(ranges)]ring
	errors ring
}

// ranges are where those of the slow begin.
var ranges = [...]time.Duration{
	0, 10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	time.Second, 5 * time.Second, 30 * time.Second, 100 * time.Second,
}

const (
	keptSlow   = 10 // of each range
	keptErrors = 64
)

// add keeps f, which was slow or has failed.
func (r *rings) add(f *flight, o *middleware.Outcome, failed bool) {
	q := f.request(0, o).kept()
	q.Layers = f.layers()
	if failed {
		r.errors.add(q, keptErrors)
	}
	if o.Took >= f.site.slow {
		i := len(ranges) - 1
		for o.Took < ranges[i] {
			i--
		}
		r.slow[i].add(q, keptSlow)
	}
}

// A ring is the last few of a kind.
type ring struct {
	mu    sync.Mutex
	total uint64
	last  []*Request // once it is full, the oldest is at total%len(last)
}

func (r *ring) add(q *Request, room int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last) < room {
		r.last = append(r.last, q)
	} else {
		r.last[r.total%uint64(room)] = q
	}
	r.total++
}

// read returns those that match, the newest first, and how many there were of all.
func (r *ring) read(f Filter) (found []*Request, total uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range uint64(len(r.last)) {
		if q := r.last[(r.total-1-i)%uint64(len(r.last))]; f.match(q) {
			found = append(found, q)
		}
	}
	return found, r.total
}

// A Range is the last requests that took From or longer, and less than the next
// range.
type Range struct {
	From     time.Duration `json:"from"`     // nanoseconds in JSON
	Total    uint64        `json:"total"`    // since the recorder was opened, whatever the filter
	Requests []*Request    `json:"requests"` // the newest first; not to be changed
}

// Slow returns the last slow requests that match, the slowest range first.
func (r *Recorder) Slow(f Filter) (all []Range) {
	for i, from := range slices.Backward(ranges[:]) {
		found, total := r.rings.slow[i].read(f)
		all = append(all, Range{from, total, found})
	}
	return all
}

// Errors returns the last requests that failed and match, the newest first, and how
// many failed since the recorder was opened. They ended in a status of 500 or above, or
// were cut off.
func (r *Recorder) Errors(f Filter) (last []*Request, total uint64) {
	return r.rings.errors.read(f)
}
