package live

import (
	"net/http"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// DefaultSlow is how long a request takes that is kept among the slow, unless
// configured.
const DefaultSlow = 10 * time.Millisecond

// Config says which requests are recorded, and by whom. The zero Config records
// nothing.
type Config struct {
	Recorder *Recorder     // is closed by whoever made it; nil is none
	Site     string        // what the requests are shown as
	Slow     time.Duration // how long a request takes that is kept among the slow; 0 is DefaultSlow

	// Trace is how long a request takes that has the trace of the program's execution
	// kept, once the Recorder was told to by TraceExecution. 0 is none.
	Trace time.Duration

	// Level is that of the site's logger, for operators to change. Nil is none.
	Level *middleware.LogLevel
}

// New returns the middleware that records requests as c says. It belongs in front of
// all others.
func New(c Config) middleware.Middleware {
	s := c.site()
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, s}
	}
}

// A Handler records the requests to the next one.
type Handler struct {
	next middleware.Handler
	site *site
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, c.site()}
}

func (c Config) site() *site {
	r := c.Recorder
	if r == nil {
		r = newRecorder() // which is off
	}
	if c.Level != nil {
		r.levels.control(c.Site, c.Level)
	}
	return r.site(c)
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if !h.site.recorder.on.Load() {
		return h.next.ServeHTTP(w, r)
	}
	f := h.site.begin(w, r)
	if middleware.Observe(w, f) {
		return h.next.ServeHTTP(w, r)
	}
	return h.alone(f, w, r)
}

// alone records a request that has not come through the edge of a chain, so that
// there is nobody else to tell what becomes of it.
func (h *Handler) alone(f *flight, w http.ResponseWriter, r *http.Request) (status int, err error) {
	rec, returned := middleware.Record(w), false
	defer func() {
		amount, abort := middleware.Settle(rec, r, status, err)
		o := middleware.Outcome{Status: amount, Size: rec.Size(), Aborted: abort || !returned}
		switch {
		case rec.Begun() || amount == 0 && returned:
			o.Status = rec.Status()
		case !returned:
			o.Status = http.StatusInternalServerError
		}
		if err != nil {
			f.Error("", amount, err)
		}
		f.Done(o)
	}()
	status, err = h.next.ServeHTTP(rec, r)
	returned = true
	return status, err
}
