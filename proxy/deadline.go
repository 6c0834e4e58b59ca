package proxy

import (
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// cancel ends the exchange with its context.
func (x *exchange) cancel() { x.end(upstream.Canceled(x.req.Context())) }

// end makes whatever waits for the connection return, and remembers why.
func (x *exchange) end(why error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended != nil {
		return
	}
	x.ended = why
	if x.c != nil {
		x.c.SetDeadline(past)
	}
}

// readWithin gives the next reads d. A deadline that was set for another phase,
// or exchange, does not outlive it.
func (x *exchange) readWithin(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.readWithinLocked(d)
}

func (x *exchange) readWithinLocked(d time.Duration) {
	switch set := &x.c.deadlines.read; {
	case x.ended != nil:
	case d > 0:
		*set = true
		x.c.SetReadDeadline(time.Now().Add(d))
	case *set:
		*set = false
		x.c.SetReadDeadline(time.Time{})
	}
}

// writeWithin is readWithin for writes.
func (x *exchange) writeWithin(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch set := &x.c.deadlines.write; {
	case x.ended != nil:
	case d > 0:
		*set = true
		x.c.SetWriteDeadline(time.Now().Add(d))
	case *set:
		*set = false
		x.c.SetWriteDeadline(time.Time{})
	}
}

// past is a deadline that makes what waits return at once.
var past = time.Unix(1, 0)

// well reports whether the exchange goes on.
func (x *exchange) well() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ended == nil
}
