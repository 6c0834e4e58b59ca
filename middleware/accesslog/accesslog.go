package accesslog

import (
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/logfile"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// Config says what to log, how and where. The zero Config logs every request to
// the standard output in the format [Common].
type Config struct {
	Output io.Writer             // gets each line by one Write, never two at once; nil is os.Stdout
	Format *placeholder.Template // of a line, see Compile; nil is Common

	// Logger, unless it is nil, gets a record instead, and Output and Format are not
	// used. Nothing is logged, or costs anything, while it is not enabled for Info.
	Logger  *slog.Logger
	Headers bool // records have all fields of both headers, too, but for secrets
	Secrets bool // even credentials and cookies

	Paths  []middleware.Path // to log; nil is all
	Except []middleware.Path // not to log

	// Skip reports whether not to log a request, unless it is nil: after it has been
	// answered, with this status.
	Skip func(r *http.Request, status int) bool

	Trusted            []netip.Prefix // proxies to be believed, see middleware.ClientIP
	MaskIPv4, MaskIPv6 int            // bits of a client's address that are not logged, counted from its end
}

// New returns the middleware that logs requests as c says.
func New(c Config) middleware.Middleware {
	l := newLog(c)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, l}
	}
}

// A Handler logs what becomes of requests to the next one.
type Handler struct {
	next middleware.Handler
	log  *log
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, newLog(c)}
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (status int, err error) {
	if !h.log.wants(r) {
		return h.next.ServeHTTP(w, r)
	}
	e := entry{rec: middleware.Record(w), r: r, start: time.Now(), panicked: true}
	defer func() { // for somebody further out to recover from, if it is a panic
		e.settle(status, err)
		h.log.write(&e)
	}()
	status, err = h.next.ServeHTTP(e.rec, r)
	e.panicked = false
	return status, err
}

// An entry is what there is to say of a request.
type entry struct {
	rec        *middleware.Recorder
	r          *http.Request
	start, now time.Time
	status     int
	size       int64
	panicked   bool
	aborted    bool
}

// settle finds out what the client got, or will get from the edge.
func (e *entry) settle(status int, err error) {
	status, e.aborted = middleware.Settle(e.rec, e.r, status, err)
	if status == 0 || e.rec.Begun() {
		status = e.rec.Status()
	}
	if e.panicked {
		e.aborted = true
		if !e.rec.Begun() {
			status = http.StatusInternalServerError
		}
	}
	e.status, e.now = status, time.Now()
	if e.r.Method != http.MethodHead { // whose body goes nowhere
		e.size = e.rec.Size()
	}
}

// A log is what the handlers of one Config have in common.
type log struct {
	Config
	mu    *sync.Mutex // held while writing to Output; nil if that takes care itself
	lines sync.Pool   // of *[]byte

	lost atomic.Int64 // lines since the last one that was not
}

func newLog(c Config) *log {
	c.Paths, c.Except, c.Trusted = slices.Clone(c.Paths), slices.Clone(c.Except), slices.Clone(c.Trusted)
	if c.Output == nil {
		c.Output = os.Stdout
	}
	if c.Format == nil {
		c.Format = Compile(Common)
	}
	l := &log{Config: c}
	switch c.Output.(type) {
	case *os.File, *logfile.File:
	default:
		l.mu = new(sync.Mutex)
	}
	l.lines.New = func() any { return new([]byte) }
	return l
}

func (l *log) wants(r *http.Request) bool {
	matches := func(p middleware.Path) bool { return p.Match(r) }
	return (len(l.Paths) == 0 || slices.ContainsFunc(l.Paths, matches)) &&
		!slices.ContainsFunc(l.Except, matches) &&
		(l.Logger == nil || l.Logger.Enabled(r.Context(), slog.LevelInfo))
}

func (l *log) write(e *entry) {
	if l.Skip != nil && l.Skip(e.r, e.status) {
		return
	}
	var err error
	if l.Logger != nil {
		err = l.Logger.Handler().Handle(e.r.Context(), l.record(e))
	} else {
		err = l.writeLine(e)
	}
	switch {
	case err != nil:
		if l.lost.Add(1) == 1 {
			middleware.Logger(e.rec).Error("access log cannot be written", "error", err)
		}
	case l.lost.Load() > 0:
		if n := l.lost.Swap(0); n > 0 {
			middleware.Logger(e.rec).Warn("access log can be written again", "lost", n)
		}
	}
}

func (l *log) writeLine(e *entry) error {
	buf := l.lines.Get().(*[]byte)
	defer l.lines.Put(buf)
	v := placeholder.Values{
		Request: e.r, Writer: e.rec, Trusted: l.Trusted,
		Status: e.status, Size: e.size, Aborted: e.aborted, Start: e.start, Now: e.now,
	}
	if l.MaskIPv4 > 0 || l.MaskIPv6 > 0 {
		v.Client = l.client(e.r)
	}
	line := append(l.Format.Append((*buf)[:0], &v), '\n')
	if cap(line) <= 64<<10 { // not what one client made large for good
		*buf = line
	}
	if l.mu != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	_, err := l.Output.Write(line)
	return err
}

// client returns the address that is logged for r's client.
func (l *log) client(r *http.Request) netip.Addr {
	addr := middleware.ClientIP(r, l.Trusted)
	hide := l.MaskIPv6
	if addr.Is4() {
		hide = l.MaskIPv4
	}
	masked, err := addr.Prefix(max(addr.BitLen()-hide, 0))
	if err != nil {
		return addr // there is none
	}
	return masked.Addr()
}
