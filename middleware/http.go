package middleware

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware/probe"
)

// An AppHandler is an [http.Handler] at the edge of a chain: it settles what
// the function returns, as the package comment describes, and logs to
// [slog.Default].
//
//	http.Handle("/", middleware.AppHandler(h.ServeHTTP))
type AppHandler func(http.ResponseWriter, *http.Request) (int, error)

// ServeHTTP calls h and settles the outcome.
func (h AppHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	edge{&usual, HandlerFunc(h)}.ServeHTTP(w, r)
}

// Edges that say nothing: that of an AppHandler, and that behind what was adopted,
// which is never the first, even if what was has a writer that shows no other.
var usual, behind Edge

// An Edge says how outcomes are settled. The zero Edge is an [AppHandler]'s.
type Edge struct {
	// Log is told of what failed. Nil is the logger of the edge further out if
	// there is one, as there is behind [Adopt], and else slog.Default().
	Log *slog.Logger

	// Page answers what failed. Nil is that of the edge further out, or of a layer
	// of error pages there, and else the plain text of [Error].
	Page ErrorPage
}

// An ErrorPage answers r, of which nothing has been answered yet, with a page for
// a status from 400 to 599. The error is what it came from, if there was one; it
// has been logged, and the client is not to see it.
type ErrorPage func(w http.ResponseWriter, r *http.Request, status int, err error)

// Handler puts e around h.
func (e Edge) Handler(h Handler) http.Handler { return edge{&e, h} }

type edge struct {
	*Edge
	h Handler
}

func (e edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec, first := e.record(w)
	switch {
	case !first:
	case probe.RequestEnabled():
		rec.started(r)
	default:
		probe.RequestStart(0, r.Method, r.RequestURI, nil)
	}
	var (
		status int
		whole  bool
	)
	defer func() {
		if !whole {
			if first {
				rec.done(r, status, false)
			}
			breakOff(rec, r)
		}
	}()
	status, err := e.h.ServeHTTP(rec, r)
	status, abort := Settle(rec, r, status, err)
	if abort {
		Note(rec, slog.Bool(NoteAborted, true))
	}
	if err != nil {
		Report(rec, r, status, err)
	}
	switch {
	case abort:
		panic(http.ErrAbortHandler)
	case status == 0 || rec.Begun():
	case status >= 400:
		page(rec)(rec, r, status, err)
	default:
		rec.WriteHeader(status)
	}
	whole = true
	switch {
	case !first:
	case rec.plain && rec.status > 0 && status != StatusClientClosed && rec.facts == nil && !probe.RequestEnabled():
		probe.RequestDone(0, int64(rec.status), rec.size, 0, nil) // as done does, but sooner
	default:
		rec.done(r, status, true)
	}
}

// record returns the Recorder of this edge, and whether it is the first edge that
// the request has come to.
func (e edge) record(w http.ResponseWriter) (rec *Recorder, first bool) {
	rec = Record(w)
	switch {
	case rec.edge == nil:
		rec.edge = e.Edge
		if _, wraps := rec.w.(unwrapper); wraps {
			rec.inner = outermost(rec.w) != nil
			first = !rec.inner || nearest(rec.w, hasEdge) == nil
		} else {
			first, rec.plain = true, true
		}
		if first && e.Edge == &behind {
			first, rec.cut = false, true
		}
	case !e.isZero():
		rec = &Recorder{w: rec, edge: e.Edge} // for that one is spoken for
	}
	return rec, first
}

func (e *Edge) isZero() bool { return e.Log == nil && e.Page == nil }

// page returns what the chain that w belongs to answers failures by.
func page(w http.ResponseWriter) ErrorPage {
	if rec := nearest(w, func(rec *Recorder) bool { return rec.edge != nil && rec.edge.Page != nil }); rec != nil {
		return rec.edge.Page
	}
	return func(w http.ResponseWriter, _ *http.Request, status int, _ error) { Error(w, status) }
}

// Report logs err, which made r end in status, as the package comment
// describes, together with what more there is to say. It is for those who settle
// a pair themselves, as an edge does and a layer of error pages: everybody else
// returns the error.
func Report(w http.ResponseWriter, r *http.Request, status int, err error, more ...slog.Attr) {
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case status == StatusClientClosed:
		level = slog.LevelDebug
	}
	if probe.LayerEnabled() {
		failed(w, status, err)
	}
	Logger(w).LogAttrs(r.Context(), level, "request failed", slices.Concat([]slog.Attr{
		slog.Int("status", status),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.Any("error", err),
	}, Notes(w), more)...)
}

// Error replies with a page that says no more than status, in place of the
// response given up on (see [ClearHeader]).
func Error(w http.ResponseWriter, status int) {
	ClearHeader(w.Header())
	text := cmp.Or(http.StatusText(status), "Error")
	http.Error(w, fmt.Sprintf("%d %s", status, text), status)
}

// ClearHeader drops the fields that described a response given up on, so that
// they are not taken to describe the page that stands in for it.
// Content-Encoding stays: it may belong to a writer further out that encodes the
// page too.
func ClearHeader(h http.Header) {
	for _, field := range [...]string{
		"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Length", "Content-Range",
		"Etag", "Expires", "Last-Modified", "Trailer", "Use-As-Dictionary",
	} {
		h.Del(field)
	}
}

// Wrap puts mw in front of an ordinary handler.
func Wrap(h http.Handler, mw ...Middleware) http.Handler {
	return Chain(mw...).HTTP(h)
}

// HTTP makes m fit where func(http.Handler) http.Handler is expected, as in
// the Use method of most routers.
func (m Middleware) HTTP(next http.Handler) http.Handler {
	return Edge{}.Handler(m(FromHTTP(next)))
}

// FromHTTP makes a Handler of an ordinary one, which writes its own failures.
// From an [AppHandler], or what an [Edge] made, it takes the edge away again:
// there is another further out, and one chain has one. The Edge's logger and its
// page, if it has any, are still used for what fails.
func FromHTTP(h http.Handler) Handler {
	switch h := h.(type) {
	case AppHandler:
		return HandlerFunc(h)
	case edge:
		if h.isZero() {
			return h.h
		}
		return HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			rec := Record(w)
			SettleBy(rec, h.Edge)
			return h.h.ServeHTTP(rec, r)
		})
	}
	return HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		h.ServeHTTP(w, r)
		return 0, nil
	})
}

// Adopt makes a Middleware of an ordinary one. What lies behind it is settled
// on its far side, so that it sees complete responses, as it must expect to;
// failures go to the logger of the chain's own edge, provided that the writer it
// passes on, if that is its own, has an Unwrap method. A response that must be
// cut off passes it as a panic with [http.ErrAbortHandler], as it would in any
// other server: what has to happen all the same belongs in a defer.
func Adopt(f func(http.Handler) http.Handler) Middleware {
	return func(next Handler) Handler {
		return FromHTTP(f(edge{&behind, next}))
	}
}
