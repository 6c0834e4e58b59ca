package errorpages

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/shallot-http/shallot/middleware"
)

// Config says how failures are answered. The zero Config answers them as an edge
// does, and recovers panics.
type Config struct {
	// Pages are the pages for statuses from 400 to 599, and Default is that for
	// the statuses without one. They are names of files below the root, separated
	// by slashes; "" is plain text.
	Pages   map[int]string
	Default string

	// Root is where the pages are, unless a layer further out gave the request
	// another root. Nil is nowhere. If FS is not nil, they are there instead: in an
	// embed.FS, for example.
	Root *middleware.Root
	FS   fs.FS

	// Hide reports whether a file is not to be shown, such as a script, of which it
	// would be the source; info is nil. Nil is none. It is as in package static.
	Hide func(name string, info fs.FileInfo) bool

	// Log is told of all that failed. Nil is the logger of the chain.
	Log *slog.Logger

	// Visible shows the client the text of an error, or the stack of a panic, in
	// place of a page. That helps during development, and attackers ever after.
	Visible bool
}

// New returns the middleware that answers failures as c says.
func New(c Config) middleware.Middleware {
	c = c.complete()
	pages := newPages(c)
	return func(next middleware.Handler) middleware.Handler {
		return newHandler(next, c, pages)
	}
}

// A Handler answers the failures of the next one.
type Handler struct {
	next  middleware.Handler
	cfg   Config
	pages *pages
	edge  middleware.Edge // for those further in, and for the one further out
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	c = c.complete()
	return newHandler(next, c, newPages(c))
}

func newHandler(next middleware.Handler, c Config, pages *pages) *Handler {
	h := &Handler{next: next, cfg: c, pages: pages}
	h.edge = middleware.Edge{Log: c.Log, Page: func(w http.ResponseWriter, r *http.Request, status int, err error) {
		h.answer(middleware.Record(w), r, status, err, nil) // whoever does not take it is gone
	}}
	return h
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (status int, err error) {
	rec := middleware.Record(w)
	middleware.SettleBy(rec, &h.edge)
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			panic(v)
		default:
			status, err = h.recovered(rec, r, v, debug.Stack())
		}
	}()
	status, err = h.next.ServeHTTP(rec, r)
	amount, _ := middleware.Settle(rec, r, status, err)
	if rec.Begun() || amount < 400 {
		return status, err // the edge knows what to do, and logs to where we would
	}
	status = amount
	if err != nil {
		middleware.Report(rec, r, status, err)
	}
	return h.answer(rec, r, status, err, nil)
}

func (h *Handler) recovered(rec *middleware.Recorder, r *http.Request, v any, stack []byte) (int, error) {
	err := asError(v)
	begun := rec.Begun()
	if begun {
		middleware.Note(rec, slog.Bool(middleware.NoteAborted, true))
	}
	middleware.Report(rec, r, http.StatusInternalServerError, err, slog.String("stack", string(stack)))
	if begun {
		panic(http.ErrAbortHandler)
	}
	return h.answer(rec, r, http.StatusInternalServerError, err, stack)
}

// answer writes what the client is to see of a failure that has been logged.
func (h *Handler) answer(rec *middleware.Recorder, r *http.Request, status int, err error, stack []byte) (int, error) {
	var p page
	if h.cfg.Visible && err != nil {
		p = reveal(status, err, stack)
	} else {
		p = h.pages.forStatus(rec, r, status)
	}
	if err := p.write(rec, r, status); err != nil {
		return middleware.StatusClientClosed, fmt.Errorf("errorpages: %w", err)
	}
	return 0, nil
}

// asError returns the error that a panic with v amounts to.
func asError(v any) error {
	if err, ok := v.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", v)
}
