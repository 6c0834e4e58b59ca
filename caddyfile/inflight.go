package caddyfile

import (
	"context"
	"math"
	"sync/atomic"
	"time"
)

// inFlight counts the requests that a site is answering, so that what they need is
// there until the last of them has come to its end.
type inFlight struct {
	n    atomic.Int64  // below zero from end on
	none chan struct{} // has room for one
}

// lastMoment is how long handlers that are cut off, but do not heed their context,
// have to return before their site is stopped, or their lines would miss the log.
const lastMoment = time.Second

// over is added to the number of requests once there are to be no more of them.
const over = math.MinInt64 / 2

func newInFlight() *inFlight { return &inFlight{none: make(chan struct{}, 1)} }

// enter counts a request, unless it has come too late.
func (f *inFlight) enter() bool {
	if f.n.Add(1) > 0 {
		return true
	}
	f.leave()
	return false
}

func (f *inFlight) leave() {
	if f.n.Add(-1) == over {
		f.tell()
	}
}

// end lets no more requests enter.
func (f *inFlight) end() {
	if f.n.Load() >= 0 && f.n.Add(over) == over {
		f.tell()
	}
}

func (f *inFlight) tell() {
	select {
	case f.none <- struct{}{}:
	default:
	}
}

// count returns how many there are.
func (f *inFlight) count() int {
	n := f.n.Load()
	if n < 0 {
		n -= over
	}
	return int(n)
}

// wait returns once the last one has left, after end, and reports whether that was
// before ctx was done.
func (f *inFlight) wait(ctx context.Context) bool {
	for f.count() > 0 {
		select {
		case <-f.none:
		case <-ctx.Done():
			return f.count() == 0
		}
	}
	return true
}
