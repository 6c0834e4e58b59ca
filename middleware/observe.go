package middleware

import (
	"cmp"
	"net/http"
	"time"

	"github.com/shallot-http/shallot/middleware/probe"
)

// An Observer is told what becomes of one request while it is served: what a
// tracer of package probe sees from outside, for somebody inside the program who
// keeps a list of the requests in flight. It is a value for each request, handed to
// [Observe].
//
// Its methods are called one at a time, by goroutines that serve the request, which
// wait for them; what others are to read of it has to be atomic. Enter, Exit,
// Attempt, AttemptDone and Error are called only while somebody keeps [probe.Watch]
// or a tracer is attached, so an Observer may see an Exit without its Enter, or
// the other way round.
type Observer interface {
	// Enter tells that the request has come to a layer, see Chain for its name.
	Enter(layer string)

	// Exit tells that it has left it again, and what the layer returned: 0 if it
	// panicked. The time includes that of the layers further in.
	Exit(layer string, status int, took time.Duration)

	// Wrote tells that n more bytes of body have been handed on, on their way to the
	// client.
	Wrote(n int64)

	// Attempt tells that an upstream is about to be asked; only the address and
	// the number of the attempt are known yet. AttemptDone tells the rest.
	Attempt(Attempt)
	AttemptDone(Attempt)

	// Error tells what the request failed with, when it is logged, and the layer it
	// came from, if that is known.
	Error(layer string, status int, err error)

	// Done is called once, and last, by the edge furthest out: also if the handlers
	// panic. There is nothing to be read of the request any more.
	Done(Outcome)
}

// An Outcome is what became of a request.
type Outcome struct {
	// Status is what was sent to the client, but for 0 if the connection was
	// hijacked, 499 if the client has left, and 500 if a handler panicked before
	// the response had begun.
	Status  int
	Size    int64 // of the body, in bytes
	Aborted bool  // the response was cut off

	// Took is the time since the request came to the edge, or 0 if nobody was
	// watching then.
	Took time.Duration
}

// An Attempt is one of the times that an upstream was asked for the answer to a
// request. The times are since the attempt began: to a connection, to the first
// byte of a response and to its end, each 0 if it did not come to that.
type Attempt struct {
	Addr                      string
	Number                    int // 0 is the first for this request
	Status                    int // of the upstream; 0 if there was none
	Connect, FirstByte, Total time.Duration
}

// Observe has o told of the request that w answers, and those told already go on to
// be, and reports whether there is an edge to tell it, see [AppHandler]. It belongs
// into the first layer of a chain:
//
//	stop := probe.Watch() // as long as the program wants to know
//
//	middleware.Observe(w, &request{start: time.Now(), uri: r.RequestURI})
//	return next.ServeHTTP(w, r)
func Observe(w http.ResponseWriter, o Observer) bool {
	rec := outermost(w)
	if rec == nil || rec.cut || nearest(w, hasEdge) == nil {
		return false // nobody would tell of the end
	}
	f := rec.know()
	if f.observer != nil {
		o = &observers{f.observer, o}
	}
	f.observer = o
	return true
}

// RequestID returns the number by which tracers tell the request that w answers
// from others, see package probe: 0 if they cannot. Nobody else needs one, so it
// is given on demand, which is to be made only for somebody who looks.
func RequestID(w http.ResponseWriter) uint64 {
	return lookedAt(w, true).id
}

// Arrived returns the number of the request that w answers, as RequestID does, and when
// it came to the first edge, by [Clock]: 0 if nobody was watching then.
func Arrived(w http.ResponseWriter) (id uint64, at time.Duration) {
	f := lookedAt(w, true)
	return f.id, time.Duration(f.start)
}

// AttemptStart tells whoever looks that an upstream is about to be asked.
func AttemptStart(w http.ResponseWriter, a Attempt) {
	f := lookedAt(w, probe.UpstreamEnabled())
	probe.UpstreamStart(f.id, int64(a.Number), a.Addr)
	if f.observer != nil {
		f.observer.Attempt(a)
	}
}

// AttemptDone tells whoever looks how that ended. The times are worth taking only
// while [probe.UpstreamEnabled].
func AttemptDone(w http.ResponseWriter, a Attempt) {
	f := lookedAt(w, probe.UpstreamEnabled())
	u := probe.Upstream{ID: f.id, Size: probe.UpstreamSize, Addr: a.Addr, Attempt: int64(a.Number)}
	probe.UpstreamDone(f.id, int64(a.Status), int64(a.Total), int64(a.FirstByte), int64(a.Connect), &u)
	if f.observer != nil {
		f.observer.AttemptDone(a)
	}
}

// lookedAt returns what those who look at the request that w answers need. If
// nobody does, there is nothing.
func lookedAt(w http.ResponseWriter, enabled bool) *facts {
	if enabled {
		if rec := outermost(w); rec != nil && !rec.cut {
			f := rec.know()
			f.number()
			return f
		}
	}
	return &unseen
}

// unseen is what is known of a request at which nobody looks. It is not changed.
var unseen facts

func (f *facts) number() uint64 {
	if f.id == 0 {
		f.id = probe.NextID()
	}
	return f.id
}

// started tells those who look that req has come to the edge that r is of.
func (r *Recorder) started(req *http.Request) {
	f := lookedAt(r, true)
	f.start = clock()
	record := recordOf(req, f.id)
	probe.RequestStart(f.id, req.Method, req.RequestURI, &record)
	if probe.HeaderEnabled() {
		for name, values := range req.Header {
			for _, value := range values {
				probe.RequestHeader(f.id, name, value)
			}
		}
	}
}

// done tells that req has left that edge, and whether what was sent is whole.
// Status is what it amounted to, see [Settle].
func (r *Recorder) done(req *http.Request, status int, whole bool) {
	out := Outcome{Status: r.outcome(req, status, whole), Size: r.size, Aborted: !whole}
	if r.facts == nil && !r.inner && !probe.RequestEnabled() {
		probe.RequestDone(0, int64(out.Status), out.Size, 0, nil)
		return
	}
	f := &unseen
	if rec := outermost(r); rec.facts != nil {
		f = rec.facts
	}
	if f.start != 0 {
		out.Took = time.Duration(clock() - f.start)
	}
	record := recordOf(req, f.id)
	if out.Aborted {
		record.Aborted = 1
	}
	probe.RequestDone(f.id, int64(out.Status), out.Size, int64(out.Took), &record)
	if f.observer != nil {
		f.observer.Done(out)
	}
}

// outcome returns the status for an [Outcome].
func (r *Recorder) outcome(req *http.Request, status int, whole bool) int {
	switch {
	case r.hijacked:
		return 0
	case status == StatusClientClosed, (!whole || !r.Begun()) && req.Context().Err() != nil:
		return StatusClientClosed
	case !whole && !r.Begun():
		return http.StatusInternalServerError
	}
	return r.Status()
}

func recordOf(r *http.Request, id uint64) probe.Request {
	return probe.Request{
		ID: id, Size: probe.RequestSize,
		Method: r.Method, Host: r.Host, URI: r.RequestURI, Remote: r.RemoteAddr, Proto: r.Proto,
	}
}

// failed tells that the request that w answers failed with err.
func failed(w http.ResponseWriter, status int, err error) {
	f, layer := lookedAt(w, true), toldOf(w).failed
	probe.Error(f.id, layer, err.Error())
	if f.observer != nil {
		f.observer.Error(layer, status, err)
	}
}

// Clock returns how long the program has been running, or so; it is never 0. To look
// at this clock costs half of what [time.Now] does.
func Clock() time.Duration { return time.Duration(clock()) }

func clock() int64 { return cmp.Or(int64(time.Since(epoch)), 1) }

var epoch = time.Now()

// Observers are two of them.
type observers struct{ first, second Observer }

func (o *observers) Enter(layer string)    { o.first.Enter(layer); o.second.Enter(layer) }
func (o *observers) Wrote(n int64)         { o.first.Wrote(n); o.second.Wrote(n) }
func (o *observers) Attempt(a Attempt)     { o.first.Attempt(a); o.second.Attempt(a) }
func (o *observers) AttemptDone(a Attempt) { o.first.AttemptDone(a); o.second.AttemptDone(a) }
func (o *observers) Done(out Outcome)      { o.first.Done(out); o.second.Done(out) }

func (o *observers) Exit(layer string, status int, took time.Duration) {
	o.first.Exit(layer, status, took)
	o.second.Exit(layer, status, took)
}

func (o *observers) Error(layer string, status int, err error) {
	o.first.Error(layer, status, err)
	o.second.Error(layer, status, err)
}
