package live

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The buckets that Prometheus is told of are each four of ours, from 131 µs to 137 s.
const (
	firstBucket = 7 * 4 // in front of which everything is in one
	lastBucket  = 27 * 4
)

// prometheus returns what is counted in the text format of Prometheus, version 0.0.4.
func (p *pages) prometheus() []byte {
	var out bytes.Buffer
	family := func(name, kind, help string) {
		fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	flying := map[string]int{}
	for _, f := range p.Recorder.slots.all() {
		flying[f.site.name]++
	}
	family("shallot_requests_in_flight", "gauge", "Requests that are being answered.")
	for _, s := range p.Recorder.all() {
		fmt.Fprintf(&out, "shallot_requests_in_flight{site=%s} %d\n", label(s.name), flying[s.name])
	}
	_, failed := p.Recorder.Errors(Filter{})
	family("shallot_requests_failed_total", "counter", "Requests that ended in a status of 500 or above, or were cut off.")
	fmt.Fprintf(&out, "shallot_requests_failed_total %d\n", failed)
	family("shallot_request_duration_seconds", "histogram", "Time that requests took, by site and class of status.")
	for _, l := range p.Recorder.Latency() {
		writeHistogram(&out, "shallot_request_duration_seconds",
			fmt.Sprintf("site=%s,class=%s", label(l.Site), label(l.Class)), &l.Histogram)
	}
	upstreams := p.Recorder.Upstreams()
	if len(upstreams) == 0 {
		return out.Bytes()
	}
	family("shallot_upstream_failures_total", "counter", "Attempts that got no response, or one of 500 or above.")
	for _, u := range upstreams {
		fmt.Fprintf(&out, "shallot_upstream_failures_total{upstream=%s} %d\n", label(u.Addr), u.Failed)
	}
	family("shallot_upstream_retries_total", "counter", "Attempts that were not the first for their request.")
	for _, u := range upstreams {
		fmt.Fprintf(&out, "shallot_upstream_retries_total{upstream=%s} %d\n", label(u.Addr), u.Retries)
	}
	family("shallot_upstream_duration_seconds", "histogram", "Time that attempts took.")
	for _, u := range upstreams {
		writeHistogram(&out, "shallot_upstream_duration_seconds", "upstream="+label(u.Addr), &u.Total)
	}
	return out.Bytes()
}

func writeHistogram(out *bytes.Buffer, name, labels string, h *Histogram) {
	for i := firstBucket; i <= lastBucket; i += 4 {
		fmt.Fprintf(out, "%s_bucket{%s,le=\"%s\"} %d\n", name, labels, seconds(lower(i)), h.below(i))
	}
	fmt.Fprintf(out, "%s_bucket{%s,le=\"+Inf\"} %d\n", name, labels, h.Count)
	fmt.Fprintf(out, "%s_sum{%s} %s\n", name, labels, seconds(h.Sum))
	fmt.Fprintf(out, "%s_count{%s} %d\n", name, labels, h.Count)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'g', -1, 64) }

var escapeLabel = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func label(s string) string { return `"` + escapeLabel.Replace(strings.ToValidUTF8(s, "�")) + `"` }
