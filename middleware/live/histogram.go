package live

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Counts are of durations, in buckets that grow with them: four for each power of
// two, so that what they tell is wrong by an eighth at most. What it is counted in is
// 1,024 ns; the last bucket is for all beyond an hour.
type counts struct {
	buckets [buckets]atomic.Uint64
	sum     atomic.Uint64 // of nanoseconds
	_       [56]byte      // two CPUs do not share a line
}

const (
	buckets  = 124
	unitBits = 10 // a unit is 1<<unitBits ns
)

func (c *counts) add(d time.Duration) {
	d = max(d, 0)
	c.buckets[bucketOf(d)].Add(1)
	c.sum.Add(uint64(d))
}

func (c *counts) addTo(h *Histogram) {
	h.Sum += time.Duration(c.sum.Load())
	for i := range c.buckets {
		n := c.buckets[i].Load()
		h.counts[i] += n
		h.Count += n
	}
}

// A histogram is counts to which requests with neighbouring numbers add without
// meeting.
type histogram [8]counts

func (h *histogram) add(id uint64, d time.Duration) { h[id%uint64(len(h))].add(d) }

func (h *histogram) read() (all Histogram) {
	for i := range h {
		h[i].addTo(&all)
	}
	return all
}

// bucketOf returns the bucket that d is counted in.
func bucketOf(d time.Duration) int {
	v := uint64(d) >> unitBits
	if v < 4 {
		return int(v)
	}
	e := bits.Len64(v) - 3
	return min(e*4+int(v>>e), buckets-1)
}

// lower returns the least duration that is counted in bucket i, or above.
func lower(i int) time.Duration {
	if i < 4 {
		return time.Duration(i) << unitBits
	}
	e := i/4 - 1
	return time.Duration(4+i%4) << (e + unitBits)
}

// A Histogram is how long requests took, as it was at one moment.
type Histogram struct {
	Count  uint64
	Sum    time.Duration
	counts [buckets]uint64
}

func (h *Histogram) merge(other *Histogram) {
	h.Count += other.Count
	h.Sum += other.Sum
	for i, n := range other.counts {
		h.counts[i] += n
	}
}

// Quantile returns a duration that the fraction q of all stay below, give or take
// an eighth of it. It is 0 if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.Count == 0 {
		return 0
	}
	rank := q * float64(h.Count)
	var below uint64
	for i, n := range h.counts {
		if n > 0 && float64(below+n) >= rank {
			from, to := lower(i), lower(i+1)
			return from + time.Duration(float64(to-from)*max(rank-float64(below), 0)/float64(n))
		}
		below += n
	}
	return lower(buckets)
}

// below returns how many took less than lower(i).
func (h *Histogram) below(i int) (n uint64) {
	for _, c := range h.counts[:i] {
		n += c
	}
	return n
}
