package live

import (
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/shallot-http/shallot/middleware/probe"
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
	Probes     int            `json:"probes"`   // that a tracer can attach to
	Attached   []string       `json:"attached"` // those that one is attached to, as far as can be known
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
		Failed: failed, Attached: []string{},
	}
	for _, info := range probe.List() {
		if probe.Supported {
			o.Probes++
		}
		if info.Attached > 0 {
			o.Attached = append(o.Attached, info.Name)
		}
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
