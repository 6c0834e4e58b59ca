package proxy

import (
	"errors"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// retryAfter tells a client that gets 503 when it may be worth asking again, in
// seconds: soon, if it is only that all backends are full, and else after what
// a backend is out for at first.
func (d *delivery) retryAfter(err error) {
	var seconds string
	switch e, _ := errors.AsType[upstream.Error](err); e {
	case upstream.ErrFull, upstream.ErrQueueTimeout:
		seconds = "1"
	case upstream.ErrNone, upstream.ErrClosed:
		seconds = "10"
	default:
		return
	}
	d.w.Header().Set("Retry-After", seconds)
}
