package middleware

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"

	"github.com/shallot-http/shallot/middleware/probe"
)

// A Recorder is an [http.ResponseWriter] that remembers what passed through it
// and changes nothing. It offers every optional method a handler may look for;
// one that the writer underneath lacks reports [errors.ErrUnsupported] or, if
// it is a mere optimization, does without.
type Recorder struct {
	w        http.ResponseWriter
	status   int32
	hijacked bool // before anything else began
	plain    bool // w wraps nothing, and nothing was hijacked
	inner    bool // there is another further out, that has no edge
	cut      bool // off from the Recorder furthest out, by a writer without Unwrap
	size     int64
	edge     *Edge  // how what is further in is settled; nil is as a Recorder further out says
	facts    *facts // nil until there are any
}

// Facts are what the Recorder furthest out knows of a request.
type facts struct {
	id       uint64 // 0 is not to have one yet
	start    int64  // by clock; 0 is not to be known
	observer Observer
	told     *told // nil until something was
}

// Told is what layers have told of a request.
type told struct {
	failed string     // the layer that an error or panic came from
	urls   []*url.URL // those that layers put others in place of: the client's is the first
	notes  []slog.Attr
	room   [5]slog.Attr // for the first notes
}

var (
	_ http.Flusher    = (*Recorder)(nil)
	_ http.Hijacker   = (*Recorder)(nil)
	_ io.ReaderFrom   = (*Recorder)(nil)
	_ io.StringWriter = (*Recorder)(nil)
)

// Record returns w if it is a Recorder and a new one for it otherwise, so that
// neighbours in a chain share one. It is one small allocation: a Recorder is
// never reused, since a handler may keep its writer longer than it should.
func Record(w http.ResponseWriter) *Recorder {
	if rec, ok := w.(*Recorder); ok {
		return rec
	}
	if _, wraps := w.(unwrapper); !wraps && probe.RequestEnabled() {
		return lookedAtRecorder(w)
	}
	return &Recorder{w: w}
}

// lookedAtRecorder returns a Recorder that has facts at once, for who looks will
// have some: together they are one allocation.
func lookedAtRecorder(w http.ResponseWriter) *Recorder {
	both := &struct {
		Recorder
		facts facts
	}{Recorder: Recorder{w: w}}
	both.Recorder.facts = &both.facts
	return &both.Recorder
}

// Keys under which layers note what others look for. What a user of the
// Caddyfile writes as {user} or {request_id} is the note of that name.
const (
	NoteUser      = "user"       // string: who was authenticated
	NoteRequestID = "request_id" // string: what the request is called elsewhere
	NoteAborted   = "aborted"    // bool: the response was cut off

	NoteUpstream         = "upstream"          // string: who answered, as host:port
	NoteUpstreamStatus   = "upstream_status"   // int: with what
	NoteUpstreamLatency  = "upstream_latency"  // time.Duration: after how long that began
	NoteUpstreamAttempts = "upstream_attempts" // int: how often the request was sent
)

// Note leaves a fact about the request for the log: the user it is from, the
// upstream that answered. It goes to the Recorder furthest out, so that every
// layer finds it there; if there is none, nobody would have read it. Like the
// writer itself it belongs to the goroutine that serves the request.
func Note(w http.ResponseWriter, fact slog.Attr) {
	if rec := outermost(w); rec != nil {
		t := rec.tell()
		t.notes = append(t.notes, fact)
	}
}

// Notes returns what was noted of the request so far.
func Notes(w http.ResponseWriter) []slog.Attr { return toldOf(w).notes }

// NoteValue returns what was last noted under key; the zero Value if nothing was.
func NoteValue(w http.ResponseWriter, key string) slog.Value {
	for _, fact := range slices.Backward(Notes(w)) {
		if fact.Key == key {
			return fact.Value
		}
	}
	return slog.Value{}
}

// Begun reports whether a response has begun.
func (r *Recorder) Begun() bool { return r.status != 0 }

// Status returns the final status sent, which is 200 unless something else
// was, and 101 for a hijacked connection.
func (r *Recorder) Status() int { return cmp.Or(int(r.status), http.StatusOK) }

// Size returns the number of bytes of body accepted by the writer underneath.
func (r *Recorder) Size() int64 { return r.size }

// Unwrap returns the writer underneath, for [http.ResponseController].
func (r *Recorder) Unwrap() http.ResponseWriter { return r.w }

func (r *Recorder) begin(status int) {
	if r.status == 0 {
		r.status = int32(status)
	}
}

func (r *Recorder) wrote(n int64) {
	r.size += n
	if f := r.facts; f != nil && f.observer != nil {
		f.observer.Wrote(n)
	}
}

// know returns r's facts, to add to them.
func (r *Recorder) know() *facts {
	if r.facts == nil {
		r.facts = new(facts)
	}
	return r.facts
}

// tell returns what layers have told, to add to it.
func (r *Recorder) tell() *told {
	if r.facts == nil {
		both := new(struct {
			facts
			told
		})
		both.facts.told, r.facts = &both.told, &both.facts
	}
	return r.facts.tell()
}

func (f *facts) tell() *told {
	if f.told == nil {
		f.told = new(told)
	}
	if f.told.notes == nil {
		f.told.notes = f.told.room[:0]
	}
	return f.told
}

// toldOf returns what layers have told of the request that w answers, to be read.
func toldOf(w http.ResponseWriter) *told {
	if rec := outermost(w); rec != nil && rec.facts != nil && rec.facts.told != nil {
		return rec.facts.told
	}
	return &untold
}

// untold is what was told where nothing was. It is not changed.
var untold told

// Header returns the header of the writer underneath.
func (r *Recorder) Header() http.Header { return r.w.Header() }

// WriteHeader sends a header. Superfluous calls go through too: net/http
// reports them, and hiding a bug is not this type's business.
func (r *Recorder) WriteHeader(status int) {
	r.w.WriteHeader(status) // first, for it panics rather than send a status there cannot be
	if status >= 200 || status == http.StatusSwitchingProtocols {
		r.begin(status)
	}
}

// Write sends a piece of body.
func (r *Recorder) Write(p []byte) (int, error) {
	r.begin(http.StatusOK)
	n, err := r.w.Write(p)
	r.wrote(int64(n))
	return n, err
}

// WriteString sends a piece of body without copying it first, if it can.
func (r *Recorder) WriteString(s string) (int, error) {
	r.begin(http.StatusOK)
	n, err := io.WriteString(r.w, s)
	r.wrote(int64(n))
	return n, err
}

// ReadFrom sends all of src, by sendfile(2) if the writer underneath can.
func (r *Recorder) ReadFrom(src io.Reader) (int64, error) {
	before := r.status
	r.begin(http.StatusOK) // now, lest src panics half way
	n, err := io.Copy(r.w, src)
	if n == 0 {
		r.status = before // nothing was sent, so nothing has begun
	}
	r.wrote(n)
	return n, err
}

// Flush is FlushError for those who cannot take an answer.
func (r *Recorder) Flush() { _ = r.FlushError() }

// FlushError sends what the writers underneath hold back.
func (r *Recorder) FlushError() error {
	err := http.NewResponseController(r.w).Flush()
	if !errors.Is(err, errors.ErrUnsupported) {
		r.begin(http.StatusOK)
	}
	return err
}

// Hijack hands over the connection, if there is one to hand over.
func (r *Recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.w).Hijack()
	if err == nil {
		r.plain, r.hijacked = false, r.status == 0 || r.status == http.StatusSwitchingProtocols
		r.begin(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}

// An unwrapper is around another ResponseWriter, as [http.ResponseController] has it.
type unwrapper interface{ Unwrap() http.ResponseWriter }

// outermost returns the Recorder nearest to the connection, or nil.
func outermost(w http.ResponseWriter) (found *Recorder) {
	for {
		if rec, ok := w.(*Recorder); ok {
			found = rec
			if rec.plain {
				return rec
			}
		}
		wrapper, ok := w.(unwrapper)
		if !ok {
			return found
		}
		w = wrapper.Unwrap()
	}
}

// Logger returns the logger of the chain that w belongs to: that of the nearest
// [Edge] outward, or else slog.Default().
func Logger(w http.ResponseWriter) *slog.Logger {
	if rec := nearest(w, func(rec *Recorder) bool { return rec.edge != nil && rec.edge.Log != nil }); rec != nil {
		return rec.edge.Log
	}
	return slog.Default()
}

// SettleBy has the nearest [Edge] outward, and those further in, settle the
// request that w answers as e says; what e leaves nil stays as it was. It is for
// the layer that has a site's error pages and keeps the log of its errors. What it
// must leave to the edge, because the response is to be cut off, still gets into
// that log, and what a router between the two settles on its own gets the pages,
// too. e must not change any more.
func SettleBy(w http.ResponseWriter, e *Edge) {
	rec := ofEdge(w)
	if rec == nil {
		return
	}
	if before := rec.edge; before != nil && (e.Log == nil && before.Log != nil || e.Page == nil && before.Page != nil) {
		both := Edge{cmp.Or(e.Log, before.Log), e.Page}
		if both.Page == nil {
			both.Page = before.Page
		}
		e = &both
	}
	rec.edge = e
}

// ofEdge returns the Recorder of the nearest Edge outward, or if there is none
// the one furthest out.
func ofEdge(w http.ResponseWriter) *Recorder {
	if rec := nearest(w, hasEdge); rec != nil {
		return rec
	}
	return outermost(w)
}

func hasEdge(rec *Recorder) bool { return rec.edge != nil }

// nearest returns the first Recorder outward that is right, or nil.
func nearest(w http.ResponseWriter, right func(*Recorder) bool) *Recorder {
	for {
		if rec, ok := w.(*Recorder); ok && right(rec) {
			return rec
		}
		wrapper, ok := w.(unwrapper)
		if !ok {
			return nil
		}
		w = wrapper.Unwrap()
	}
}
