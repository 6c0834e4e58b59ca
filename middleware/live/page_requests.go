package live

import (
	"fmt"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"
)

// An overview is the first page.
type overview struct {
	Program    string         `json:"program"`
	Version    string         `json:"version"`
	Go         string         `json:"go"`
	PID        int            `json:"pid"`
	Started    time.Time      `json:"started"` // to record
	Uptime     time.Duration  `json:"uptime"`
	Goroutines int            `json:"goroutines"`
	Heap       uint64         `json:"heap"`   // bytes in use, and not yet collected
	Memory     uint64         `json:"memory"` // bytes from the system
	InFlight   int            `json:"in_flight"`
	Failed     uint64         `json:"failed"`
	Sites      []siteOverview `json:"sites"`
}

type siteOverview struct {
	Site     string            `json:"site"`
	InFlight int               `json:"in_flight"`
	Requests map[string]uint64 `json:"requests"` // by class of status
	quantiles
}

func (p *pages) overview(q url.Values) (any, error) {
	if err := noMore(q); err != nil {
		return nil, err
	}
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"},
	}
	metrics.Read(samples)
	_, failed := p.Recorder.Errors(Filter{})
	o := overview{
		Program: "?", Go: runtime.Version(), PID: os.Getpid(), Goroutines: runtime.NumGoroutine(),
		Started: p.Recorder.epoch, Uptime: time.Since(p.Recorder.epoch),
		Heap: samples[0].Value.Uint64(), Memory: samples[1].Value.Uint64(),
		Failed: failed,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		o.Program, o.Version = info.Path, info.Main.Version
	}
	flying := map[string]int{}
	for _, f := range p.Recorder.slots.all() {
		flying[f.site.name]++
		o.InFlight++
	}
	latencies := p.Recorder.Latency()
	for _, s := range p.Recorder.all() {
		site := siteOverview{Site: s.name, InFlight: flying[s.name], Requests: map[string]uint64{}}
		var all Histogram
		for i := range latencies {
			if l := &latencies[i]; l.Site == s.name {
				site.Requests[l.Class] = l.Count
				all.merge(&l.Histogram)
			}
		}
		site.quantiles = quantilesOf(&all)
		o.Sites = append(o.Sites, site)
	}
	return o, nil
}

// The number of requests that a page shows unless it is told otherwise.
const shownRequests = 200

type requestsView struct {
	Total    int        `json:"total"` // of those that match
	Requests []*Request `json:"requests"`
}

// requests shows what is in flight, the oldest first.
func (p *pages) requests(q url.Values) (any, error) {
	limit := shownRequests
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("limit: %q is not a number from 1 on", s)
		}
		limit = n
	}
	f, err := ParseFilter(q, "limit")
	if err != nil {
		return nil, err
	}
	found, total := p.Recorder.InFlight(f, limit)
	v := requestsView{total, []*Request{}}
	for i := range found {
		v.Requests = append(v.Requests, p.shown(&found[i]))
	}
	return v, nil
}

// slow shows the last slow requests, by how long they took.
func (p *pages) slow(q url.Values) (any, error) {
	f, err := ParseFilter(q)
	if err != nil {
		return nil, err
	}
	all := p.Recorder.Slow(f)
	for i := range all {
		all[i].Requests = p.shownAll(all[i].Requests)
	}
	return all, nil
}

type errorsView struct {
	Total    uint64     `json:"total"` // whatever the filter
	Requests []*Request `json:"requests"`
}

// errors shows the last requests that failed.
func (p *pages) errors(q url.Values) (any, error) {
	f, err := ParseFilter(q)
	if err != nil {
		return nil, err
	}
	last, total := p.Recorder.Errors(f)
	return errorsView{total, p.shownAll(last)}, nil
}

func (p *pages) shownAll(requests []*Request) []*Request {
	seen := make([]*Request, len(requests))
	for i, r := range requests {
		seen[i] = p.shown(r)
	}
	return seen
}
