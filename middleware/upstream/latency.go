package upstream

import (
	"math"
	"net/http"
	"sync/atomic"
	"time"
)

// memory is how long it takes until what an average remembers counts for a third.
const memory = float64(10 * time.Second)

// An ewma is a moving average that rises at once to what is above it, and falls
// with time. It is that of Finagle's load balancer "Peak EWMA": a server that has
// become slow is known after one answer, not after ten.
type ewma struct {
	bits  atomic.Uint64 // of a float64; 0 is that nothing is known
	stamp atomic.Int64
}

func (e *ewma) value() float64 { return math.Float64frombits(e.bits.Load()) }

func (e *ewma) observe(now int64, x float64) {
	elapsed := max(now-e.stamp.Swap(now), 0)
	for {
		bits := e.bits.Load()
		old := math.Float64frombits(bits)
		next := x
		if x < old {
			w := math.Exp(-float64(elapsed) / memory)
			next = old*w + x*(1-w)
		}
		if next == old || e.bits.CompareAndSwap(bits, math.Float64bits(next)) {
			return
		}
	}
}

// at returns the average as it is now: it falls while nothing is observed, so that
// what was slow once is tried again.
func (e *ewma) at(now int64) float64 {
	v := e.value()
	if v == 0 {
		return 0
	}
	return v * math.Exp(-float64(max(now-e.stamp.Load(), 0))/memory)
}

// LeastTime returns the policy that selects the target from which an answer is to be
// expected first: by its latency, times the requests under way with this one, over
// its weight. One whose latency is not known gets one request to find out. It needs
// the Latency of results.
func LeastTime() Policy { return PolicyFunc(leastTime) }

func leastTime(c Candidates, _ *http.Request) *Upstream {
	now := c.group.now()
	return c.least(func(c Candidates, u *Upstream) float64 { return c.wait(u, now) })
}

// PeakEWMA is LeastTime between two that are drawn at random, by weight. Several
// proxies do not all flock to the same target that way.
func PeakEWMA() Policy { return PolicyFunc(peakEWMA) }

func peakEWMA(c Candidates, _ *http.Request) *Upstream {
	now := c.group.now()
	return c.better(func(c Candidates, u *Upstream) float64 { return c.wait(u, now) })
}

// wait returns how long u is expected to take with one request more.
func (c Candidates) wait(u *Upstream, now int64) float64 {
	active := float64(u.active.Load())
	latency := u.latency.at(now)
	if latency == 0 && active > 0 {
		latency = float64(time.Hour) // it has been asked and has not answered
	}
	return latency * (active + 1) / c.Weight(u)
}
