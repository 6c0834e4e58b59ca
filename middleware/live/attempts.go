package live

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/shallot-http/shallot/middleware"
)

// Attempts are those to have upstreams answer, by address.
type attempts struct {
	byAddr sync.Map // of *attemptsAt
	known  atomic.Int32
}

// maxUpstreams is how many addresses are counted: those that come from a name
// server may never come back.
const maxUpstreams = 1000

type attemptsAt struct {
	addr                      string
	failed, again             atomic.Uint64
	connect, firstByte, total counts
}

func (all *attempts) add(a middleware.Attempt) {
	found, ok := all.byAddr.Load(a.Addr)
	if !ok {
		if all.known.Load() >= maxUpstreams {
			return
		}
		if found, ok = all.byAddr.LoadOrStore(a.Addr, &attemptsAt{addr: a.Addr}); !ok {
			all.known.Add(1)
		}
	}
	at := found.(*attemptsAt)
	if a.Status == 0 || a.Status >= 500 {
		at.failed.Add(1)
	}
	if a.Number > 0 {
		at.again.Add(1)
	}
	if a.Connect > 0 {
		at.connect.add(a.Connect)
	}
	if a.FirstByte > 0 {
		at.firstByte.add(a.FirstByte)
	}
	at.total.add(a.Total)
}

// An UpstreamLatency is how long the attempts at an upstream took: to a new
// connection, to the first byte of a response, and in all.
type UpstreamLatency struct {
	Addr    string
	Failed  uint64 // without a response, or with one of 500 or above
	Retries uint64 // that were not the first for their request

	Connect, FirstByte, Total Histogram
}

// Upstreams returns how long attempts took, by address.
func (r *Recorder) Upstreams() (all []UpstreamLatency) {
	r.upstreams.byAddr.Range(func(_, v any) bool {
		at := v.(*attemptsAt)
		l := UpstreamLatency{Addr: at.addr, Failed: at.failed.Load(), Retries: at.again.Load()}
		at.connect.addTo(&l.Connect)
		at.firstByte.addTo(&l.FirstByte)
		at.total.addTo(&l.Total)
		all = append(all, l)
		return true
	})
	slices.SortFunc(all, func(a, b UpstreamLatency) int { return cmp.Compare(a.Addr, b.Addr) })
	return all
}
