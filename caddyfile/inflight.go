package caddyfile

import (
	"net/http"
	"sync/atomic"
	"time"
)

// inFlight are the requests being answered. Those that are cut off have a moment
// to return before the sites are stopped, or their lines would miss the log.
type inFlight struct {
	n       atomic.Int64
	waiting atomic.Bool
	none    chan struct{} // has room for one
}

// lastMoment is how long that is, for handlers that do not heed their context.
const lastMoment = time.Second

func newInFlight() *inFlight { return &inFlight{none: make(chan struct{}, 1)} }

// count counts the requests that h answers.
func (f *inFlight) count(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.n.Add(1)
		defer f.leave()
		h(w, r)
	})
}

func (f *inFlight) leave() {
	if f.n.Add(-1) == 0 && f.waiting.Load() {
		select {
		case f.none <- struct{}{}:
		default:
		}
	}
}

// wait returns once there are none, or the last moment is over.
func (f *inFlight) wait() {
	f.waiting.Store(true)
	if f.n.Load() == 0 {
		return
	}
	select {
	case <-f.none:
	case <-time.After(lastMoment):
	}
}
