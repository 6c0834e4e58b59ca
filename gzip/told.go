package gzip

import (
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

// told is what a tracer is told of a response that was encoded. Time is taken only
// if there is one when that begins.
type told struct {
	on   bool
	out  int64 // bytes
	took time.Duration
}

func (t *told) start() (began time.Time) {
	if t.on {
		began = time.Now()
	}
	return began
}

func (t *told) stop(began time.Time) {
	if t.on {
		t.took += time.Since(began)
	}
}

// pause takes off what has passed since began, in which the client was waited for.
func (t *told) pause(began time.Time) {
	if t.on {
		t.took -= time.Since(began)
	}
}

// tellDone tells of the response, if it was encoded.
func (w *writer) tellDone() {
	if w.told.out == 0 {
		return
	}
	var id uint64
	if w.told.on {
		id = middleware.RequestID(w.rw)
	}
	probe.CompressDone(id, w.coding.name, w.size, w.told.out, max(w.told.took.Nanoseconds(), 0))
}
