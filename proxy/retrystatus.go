package proxy

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// An unwanted error is a response that another backend is asked in place of.
type unwanted int

func (s unwanted) Error() string { return fmt.Sprintf("proxy: a backend answered with %d", int(s)) }

// StatusCode returns the status of the response.
func (s unwanted) StatusCode() int { return int(s) }

// askAnother reports whether another backend is to answer in place of one whose
// response says that it cannot. That is found before the response is let go, for it
// is better than none.
func (d *delivery) askAnother(resp *http.Response, pick *upstream.Pick) bool {
	cfg, ctx := &d.h.cfg, d.r.Context()
	if !slices.Contains(cfg.RetryStatuses, resp.StatusCode) || resp.StatusCode == http.StatusSwitchingProtocols ||
		d.content.stream != nil || !idempotent(d.r) {
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

// pick returns the backend to ask next.
func (d *delivery) pick() (upstream.Pick, error) {
	if next := d.next; next.Upstream != nil {
		d.next = upstream.Pick{}
		return next, nil
	}
	return d.h.cfg.Upstreams.Pick(d.r.Context(), d.r, d.tried)
}
