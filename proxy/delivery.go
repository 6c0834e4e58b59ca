package proxy

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A delivery is one request of a client and what is done to have it answered.
type delivery struct {
	h *Handler
	w http.ResponseWriter
	r *http.Request

	header        http.Header // that backends see
	headerKept    bool        // by others, perhaps for longer than by this
	path, escaped string      // that backends see
	host          string      // "" is what the backend is called
	upgrade       string      // the protocol asked for; "" is none that is allowed
	content       content
	direct        bool // fields of the response go straight to the client's

	attempts int
	told     told
	next     upstream.Pick // what was found already
	tried    []*upstream.Upstream
	room     [4]*upstream.Upstream // for most of tried
}

// client returns what controls the connection of the client.
func (d *delivery) client() *http.ResponseController { return http.NewResponseController(d.w) }

// prepare does what is the same for all backends.
func (d *delivery) prepare() error {
	if err := d.place(); err != nil {
		return err
	}
	if !isHost(d.r.Host) { // at which net/http does not look if it came by HTTP/2
		return refusal("host " + shorten(d.r.Host))
	}
	if err := d.askUpgrade(); err != nil {
		return err
	}
	header, err := d.requestHeader()
	if err != nil {
		return err
	}
	d.header = header
	if d.h.cfg.PreserveHost {
		d.host = d.r.Host
	}
	d.changeRequest()
	return d.content.take(d)
}

// changeRequest applies the operations of Config.Up. Host is not among the fields
// of a request, to net/http.
func (d *delivery) changeRequest() {
	ops := d.h.cfg.Up
	if len(ops) == 0 {
		return
	}
	if d.host != "" {
		d.header["Host"] = []string{d.host}
	}
	v := d.values()
	for i := range ops {
		ops[i].apply(d.header, v)
	}
	d.host = d.header.Get("Host")
	delete(d.header, "Host")
}

// run tries one backend after the other.
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
		pick, err := d.pick()
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
			if errors.Is(ctx.Err(), context.Canceled) && !d.content.interrupted || errors.Is(last, context.Cause(ctx)) {
				last = upstream.Canceled(ctx)
			}
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
	if time.Now().Add(d.h.cfg.TryInterval).After(until) {
		return false
	}
	timer := time.NewTimer(d.h.cfg.TryInterval)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.r.Context().Done():
		return false
	}
}

// attempt has one backend answer. It also returns whether another may be asked.
func (d *delivery) attempt(pick upstream.Pick) (status int, err error, again bool) {
	// If a writer panics, that is none of the backend's doing.
	result := upstream.Result{Err: context.Canceled}
	defer func() { pick.Done(result) }()

	target := pick.Upstream.Target
	m := &message{early: hints{d: d}}
	out, err := d.request(m, target)
	if err != nil {
		return d.statusOf(err), err, false
	}
	d.attempts++
	middleware.Note(d.w, slog.String(middleware.NoteUpstream, target.Addr))
	middleware.Note(d.w, slog.Int(middleware.NoteUpstreamAttempts, d.attempts))
	x := Exchange{Network: target.Network, Address: target.Addr, Header: d.responseHeader()}
	if d.content.length != 0 {
		x.Interrupt = d.content.interrupt
	}
	if d.r.ProtoAtLeast(1, 1) {
		x.Informational = m.early.relay
	}
	began := time.Now()
	d.tellStart(&x, target.Addr, began)
	defer d.tellDone()
	resp, err := d.h.cfg.Transport.Do(out, x)
	m.early.end()
	if err != nil {
		rethrow(err)
		result.Err = d.blame(err)
		return d.statusOf(err), err, d.mayRepeat(err)
	}
	defer resp.Body.Close()
	answered := upstream.Result{Status: resp.StatusCode, Latency: max(time.Since(began), 1)}
	d.told.Status, d.told.FirstByte = answered.Status, answered.Latency
	middleware.Note(d.w, slog.Int(middleware.NoteUpstreamStatus, answered.Status))
	middleware.Note(d.w, slog.Duration(middleware.NoteUpstreamLatency, answered.Latency))
	if d.content.stream != nil {
		answered.Latency = 0 // for much of it may be the client's, who was sending
	}
	if d.askAnother(resp, &pick) {
		result = answered
		return 0, unwanted(resp.StatusCode), true
	}
	status, err = d.respond(resp, &pick, answered)
	if result = answered; err != nil {
		rethrow(err)
		result.Err = d.blame(err)
	}
	return status, err, false
}

// A message is what one attempt sends, and what comes before its answer, in one piece.
type message struct {
	request http.Request
	url     url.URL
	early   hints
}

// request returns the request as it is sent to t, which is m's.
func (d *delivery) request(m *message, t upstream.Target) (*http.Request, error) {
	out, u := &m.request, &m.url
	if err := d.url(u, t); err != nil {
		return nil, err
	}
	*out = *d.r
	out.URL, out.Header, out.Host = u, d.header, d.hostFor(t)
	out.RequestURI, out.Close, out.TransferEncoding = "", false, nil
	out.Body, out.ContentLength = d.content.body()
	out.Trailer = d.content.trailer()
	// A Transport of HTTP/2 has goroutines of its own, and who intercepts sees the request.
	d.headerKept = d.headerKept || isHTTP2(out) || len(d.h.cfg.Intercept) > 0 || len(d.h.cfg.Accel) > 0
	if isHTTP2(out) && d.header["Connection"] != nil {
		out.Header = maps.Clone(d.header) // RFC 9113, section 8.2.2
		delete(out.Header, "Connection")
		delete(out.Header, "Upgrade")
	}
	return out, nil
}

// blame returns err, or context.Canceled if the client is to blame.
func (d *delivery) blame(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Op == OpRequest || e.Op == OpUpload || !d.content.interrupted && errors.Is(d.r.Context().Err(), context.Canceled) {
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
