package fastcgi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A delivery is one request of a client and what is done to have it answered.
type delivery struct {
	h     *Handler
	w     http.ResponseWriter
	r     *http.Request
	path  pathname
	base  *middleware.Root
	tree  tree // of base
	route route

	params  *Params
	content content
	leave   *leave // that is asked for; nil unless it is an authorizer that is asked
	onward  string // where the application has the request go on, on this server

	attempts int
	told     told

	tried []*upstream.Upstream
	room  [4]*upstream.Upstream // for most of tried
}

// pools are what deliveries leave to others.
type pools struct {
	params sync.Pool // *Params
	bodies sync.Pool // *[]byte of pooledBody
}

// client returns what controls the connection of the client.
func (d *delivery) client() *http.ResponseController { return http.NewResponseController(d.w) }

// serve has the application answer.
func (d *delivery) serve() (int, error) {
	if d.leave == nil {
		if err := d.content.take(d); err != nil {
			return d.statusOf(err), err
		}
	}
	d.params, _ = d.h.pools.params.Get().(*Params)
	if d.params == nil {
		d.params = new(Params)
	}
	d.variables(d.params)
	status, err := d.run()
	if d.onward != "" && err == nil {
		d.free()
		return d.goOn()
	}
	if errors.Is(err, Overloaded) {
		d.w.Header().Set("Retry-After", "5") // seconds
	}
	return status, err
}

// free gives back what the delivery has borrowed. No attempt goes on.
func (d *delivery) free() {
	d.content.free(&d.h.pools)
	if d.params != nil && d.params.Len() <= keepSize {
		d.params.Reset()
		d.h.pools.params.Put(d.params)
	}
	d.params = nil
}

// run tries one upstream after the other.
func (d *delivery) run() (int, error) {
	cfg := &d.h.cfg
	ctx := d.r.Context()
	var until time.Time
	if cfg.TryDuration > 0 {
		until = time.Now().Add(cfg.TryDuration)
	}
	d.tried = d.room[:0]
	var last error
	for {
		pick, err := cfg.Upstreams.Pick(ctx, d.r, d.tried)
		if err == nil {
			status, err, again := d.attempt(pick)
			if !again {
				return status, err
			}
			last = err
			d.tried = append(d.tried, pick.Upstream)
			continue
		}
		if last == nil || ctx.Err() != nil {
			last = err
		}
		if !d.wait(err, until) {
			upstream.SetRetryAfter(d.w.Header(), last)
			return d.statusOf(last), last
		}
		d.tried = d.tried[:0]
	}
}

// wait waits for another round, if there is to be one.
func (d *delivery) wait(err error, until time.Time) bool {
	if until.IsZero() || !errors.Is(err, upstream.ErrTried) && !errors.Is(err, upstream.ErrNone) {
		return false
	}
	interval := d.h.cfg.TryInterval
	return !time.Now().Add(interval).After(until) && pause(d.r.Context(), interval)
}

// attempt has one upstream answer. It also returns whether another may be asked.
func (d *delivery) attempt(pick upstream.Pick) (status int, err error, again bool) {
	// If a writer panics, that is none of the upstream's doing.
	result := upstream.Result{Err: context.Canceled}
	defer func() { pick.Done(result) }()

	target := pick.Upstream.Target
	middleware.Note(d.w, slog.String(middleware.NoteUpstream, target.Addr))
	req := Request{Params: d.params}
	if d.leave != nil {
		req.Role = Authorizer
	}
	req.Body, req.ContentLength = d.content.body()
	if d.content.streams() {
		req.Interrupt = d.content.interrupt
	}
	if d.r.ProtoAtLeast(1, 1) {
		req.Informational = d.inform
	}
	began := time.Now()
	d.tellStart(target.Addr, began)
	defer d.tellDone()
	resp, err := d.h.cfg.Client.Do(&voice{d.r.Context(), d.w, d.r}, target, &req)
	if err != nil {
		result.Err = d.blame(err)
		return d.statusOf(err), err, d.mayRepeat(err)
	}
	result = upstream.Result{Status: resp.Status, Latency: max(time.Since(began), 1)}
	d.told.Status, d.told.FirstByte = result.Status, result.Latency
	defer resp.Body.Close()
	status, err = d.respond(resp, &pick)
	if err != nil {
		result.Err = d.blame(err)
	}
	return status, err, false
}

// mayRepeat reports whether the request may be sent to another upstream, after one
// failed to answer. What was not sent, or refused, was not executed, and that
// somebody else gets it in its place is no more load than there was to be. What was
// sent is repeated only if it can be executed twice to the same effect, as RFC 9110,
// section 9.2.2, has it, and within a budget; what took too long is not.
func (d *delivery) mayRepeat(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Op == OpRequest || e.Op == OpUpload || d.r.Context().Err() != nil || !d.content.repeatable() {
		return false
	}
	if !e.Sent {
		return true
	}
	return !e.Timeout() && (d.leave != nil || upstream.Idempotent(d.r)) && d.h.cfg.Upstreams.AllowRetry()
}

// blame returns err, or context.Canceled if the client is to blame.
func (d *delivery) blame(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Op == OpRequest || e.Op == OpUpload || errors.Is(d.r.Context().Err(), context.Canceled) {
		return context.Canceled
	}
	return err
}

// statusOf returns the status that err amounts to.
func (d *delivery) statusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok && e.Op == OpUpload {
		return upstream.StatusOfBody(d.r, err)
	}
	return middleware.StatusOf(d.r, err)
}
