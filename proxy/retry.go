package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// worthAsking reports whether there may be an answer though the write failed.
func worthAsking(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Op == OpWrite && !e.Timeout() && !errors.Is(err, context.Canceled)
}

// died reports whether the failure is one of the connection, which happened to be
// closed while it was idle.
func (x *exchange) died(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Reused && !e.Answered && !e.Timeout() && (e.Op == OpWrite || e.Op == OpHeader) &&
		x.req.Context().Err() == nil
}

// mayRepeat reports whether the request can be sent once more without a chance of
// being executed twice, or if it is then to the same effect. RFC 9112, section
// 9.3.1.
func (x *exchange) mayRepeat(err error) bool {
	if !x.died(err) || x.up != nil || x.out.streams { // whose body is gone
		return false
	}
	return !x.sent || upstream.Idempotent(x.req)
}

// mayRepeat reports whether the request may be sent to another backend, after one
// failed to answer. What was not sent was not executed, and that somebody else gets
// it in its place is no more load than there was to be. What was sent is repeated
// only if it can be executed twice to the same effect, as RFC 9110, section 9.2.2,
// has it, and within a budget; what took a backend too long is not.
func (d *delivery) mayRepeat(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Op == OpRequest || e.Op == OpUpload || d.r.Context().Err() != nil || !d.content.repeatable() {
		return false
	}
	if !e.Sent {
		return true
	}
	return !e.Timeout() && upstream.Idempotent(d.r) && d.h.cfg.Upstreams.AllowRetry()
}

// askAnother reports whether another backend is to answer in place of one whose
// response says that it cannot. That is found before the response is let go, for it
// is better than none.
func (d *delivery) askAnother(resp *http.Response, pick *upstream.Pick) bool {
	cfg, ctx := &d.h.cfg, d.r.Context()
	if !slices.Contains(cfg.RetryStatuses, resp.StatusCode) || resp.StatusCode == http.StatusSwitchingProtocols ||
		d.content.stream != nil || !upstream.Idempotent(d.r) {
		return false
	}
	next, err := cfg.Upstreams.Pick(ctx, d.r, append(d.tried, pick.Upstream))
	if err != nil {
		return false
	}
	if !cfg.Upstreams.AllowRetry() {
		next.Done(upstream.Result{Err: context.Canceled})
		return false
	}
	d.next = next
	if d.direct {
		clear(d.w.Header())
	}
	return true
}

// An unwanted error is a response that another backend is asked in place of.
type unwanted int

func (s unwanted) Error() string { return fmt.Sprintf("proxy: a backend answered with %d", int(s)) }

// StatusCode returns the status of the response.
func (s unwanted) StatusCode() int { return int(s) }

// pick returns the backend to ask next.
func (d *delivery) pick() (upstream.Pick, error) {
	if next := d.next; next.Upstream != nil {
		d.next = upstream.Pick{}
		return next, nil
	}
	return d.h.cfg.Upstreams.Pick(d.r.Context(), d.r, d.tried)
}
