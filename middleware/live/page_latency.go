package live

import (
	"net/url"
	"time"
)

// Quantiles are of how long requests took; nanoseconds in JSON.
type quantiles struct {
	Count uint64        `json:"count"`
	Mean  time.Duration `json:"mean"`
	P50   time.Duration `json:"p50"`
	P90   time.Duration `json:"p90"`
	P99   time.Duration `json:"p99"`
	P999  time.Duration `json:"p999"`
}

func quantilesOf(h *Histogram) quantiles {
	q := quantiles{h.Count, 0, h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.99), h.Quantile(0.999)}
	if h.Count > 0 {
		q.Mean = h.Sum / time.Duration(h.Count)
	}
	return q
}

type latencyView struct {
	Site  string `json:"site"`
	Class string `json:"class"`
	quantiles
	Buckets []bucketView `json:"buckets"`
}

// A bucketView is how many requests took From or longer, and less than To.
type bucketView struct {
	From  time.Duration `json:"from"`
	To    time.Duration `json:"to"`
	Count uint64        `json:"count"`
}

// latency shows how long requests took.
func (p *pages) latency(q url.Values) (any, error) {
	site := q.Get("site")
	q.Del("site")
	if err := noMore(q); err != nil {
		return nil, err
	}
	all := []latencyView{}
	for _, l := range p.Recorder.Latency() {
		if site == "" || site == l.Site {
			all = append(all, latencyView{l.Site, l.Class, quantilesOf(&l.Histogram), doublings(&l.Histogram)})
		}
	}
	return all, nil
}

// doublings returns the part of a histogram that is not empty, in buckets of which
// each reaches twice as far as the one before.
func doublings(h *Histogram) (all []bucketView) {
	for i := 0; i < buckets; i += 4 {
		b := bucketView{lower(i), lower(i + 4), h.below(i+4) - h.below(i)}
		if b.Count > 0 || len(all) > 0 {
			all = append(all, b)
		}
	}
	for len(all) > 0 && all[len(all)-1].Count == 0 {
		all = all[:len(all)-1]
	}
	return all
}
