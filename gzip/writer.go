package gzip

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"unsafe"

	"github.com/shallot-http/shallot/middleware/accept"
)

// A writer is what the next handler writes to. It serves one response after
// another, unless a handler panics.
type writer struct {
	*settings
	response
	room [defaultMinSize]byte

	// last is a type that has been thought about, for this response or for one
	// before, which commonly is of the same.
	last struct {
		contentType           string
		known, encoded, doubt bool
	}
}

// A response is what a writer knows of the one it serves.
type response struct {
	rw       http.ResponseWriter
	r        *http.Request    // as the client sent it
	accepted accept.Encodings // by the client

	state  state
	status int  // as given; 0 is 200
	sent   bool // the header

	must  bool // be encoded, since identity is refused
	vary  bool // it depends on the request whether it is encoded
	alone bool // there is no field but Content-Type
	coded bool // by the handler
	idle  bool // nothing is accepted
	now   bool // nothing may be held back
	doubt bool // it may be compressed by itself

	sniffed string // the type, "" if one was given
	length  int64  // as declared; -1 if it was not, or before that matters
	size    int64  // of what was encoded so far

	held []byte  // of the body, in the room or in buf
	buf  *[]byte // nil while there is room

	coding *pool
	fields int  // there were in the header when it was found
	place  bool // among those that may encode is taken
	enc    Encoder
	out    *[]byte // what has been encoded and not been written
	whole  bool    // out is to be all of it
	dirty  bool    // there is something to flush
	broken error   // why out could not be written, after which nothing must be
	told   told
	lesson *lesson
}

// A state says what to do with the next bytes of a body.
type state int

const (
	fresh    state = iota // look at the header
	sniffing              // hold them until they tell their type
	holding               // hold them until they are worth it
	encoding              // encode them
	plain                 // pass them on
	finished
)

var (
	_ http.Flusher    = (*writer)(nil)
	_ http.Hijacker   = (*writer)(nil)
	_ io.ReaderFrom   = (*writer)(nil)
	_ io.StringWriter = (*writer)(nil)
)

// writer returns one for the response to r.
func (s *settings) writer(rw http.ResponseWriter, r *http.Request, accepted accept.Encodings) *writer {
	w, ok := s.writers.Get().(*writer)
	if !ok {
		w = &writer{settings: s}
		w.length = -1
		w.held = w.room[:0]
	}
	w.state = fresh
	w.rw, w.r, w.accepted = rw, r, accepted
	return w
}

// release gives back what w has borrowed; but not if the handler has panicked,
// for it may have left others behind who still write. Those that a handler of
// HTTP/2 leaves behind must find w as it is, rather than at the service of another
// client; over HTTP/1 net/http would have them write to the next response, too.
func (w *writer) release() {
	if w.lesson != nil {
		w.lesson.Drop()
	}
	if w.state != finished {
		w.leave()
		return
	}
	if w.enc != nil || w.buf != nil || w.out != nil {
		w.stop()
		w.drop()
		w.free(&w.out)
	}
	reused := w.r.ProtoMajor < 2
	w.response = response{state: finished, length: -1, held: w.room[:0]}
	if reused {
		w.writers.Put(w)
	}
}

// drop forgets what is held.
func (w *writer) drop() {
	w.held = w.room[:0]
	w.free(&w.buf)
}

// Header returns the header of the writer underneath.
func (w *writer) Header() http.Header {
	if w.state == finished {
		return http.Header{}
	}
	return w.rw.Header()
}

// Unwrap returns the writer underneath, for [http.ResponseController].
func (w *writer) Unwrap() http.ResponseWriter { return w.rw }

// WriteHeader sends a header as soon as it is clear what it has to say.
func (w *writer) WriteHeader(status int) {
	if w.state == finished {
		return
	}
	if w.sent || status < 200 && status != http.StatusSwitchingProtocols || status > 999 {
		w.rw.WriteHeader(status) // an informational one, or one that net/http complains of
		return
	}
	if w.state != fresh {
		return
	}
	w.status = status
	if w.look(); w.state == plain || w.now {
		_ = w.push() // of nothing but the header
	}
}

// Write takes a piece of the body.
func (w *writer) Write(p []byte) (int, error) {
	if w.state == plain {
		return w.pass(p)
	}
	return w.take(p)
}

// WriteString takes a piece of the body and does not copy it first: whoever is
// given a slice to write must not change it.
func (w *writer) WriteString(s string) (int, error) {
	if w.state == plain && w.lesson == nil {
		return io.WriteString(w.rw, s)
	}
	return w.Write(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// take is Write until it is clear that nothing is to be done.
func (w *writer) take(p []byte) (n int, err error) {
	if len(p) == 0 {
		w.WriteHeader(http.StatusOK)
		return 0, nil
	}
	if w.state == fresh {
		w.look()
	}
	if w.state == sniffing {
		if !w.now && len(w.held)+len(p) < sniffLen {
			w.hold(p)
			return len(p), nil
		}
		w.sniff(p)
	}
	if w.state == holding {
		if err := w.weigh(p); err != nil {
			return 0, err
		}
	}
	switch w.state {
	case holding:
		w.hold(p)
		return len(p), nil
	case encoding:
		return w.encode(p)
	case finished:
		return 0, errFinished
	}
	if err := w.sendPlain(); err != nil {
		return 0, err
	}
	return w.pass(p)
}

// errFinished is for those who go on writing after their handler has returned.
var errFinished = errors.New("gzip: the handler has returned")

// pass passes p on.
func (w *writer) pass(p []byte) (int, error) {
	n, err := w.rw.Write(p)
	if w.lesson != nil {
		w.teach(p[:n], err)
	}
	return n, err
}

// hold keeps p for later.
func (w *writer) hold(p []byte) {
	if len(w.held)+len(p) > cap(w.held) {
		if w.buf == nil {
			w.buf = w.buffer()
			w.held = append(*w.buf, w.held...)
		}
		w.held = append(w.held, p...)
		*w.buf = w.held[:0] // it may have grown
		return
	}
	w.held = append(w.held, p...)
}

// Flush is FlushError for those who cannot take an answer.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError sends what there is.
func (w *writer) FlushError() error {
	if w.state == finished {
		return errFinished
	}
	if err := w.push(); err != nil {
		return err
	}
	return http.NewResponseController(w.rw).Flush()
}

// Hijack hands over the connection. What was held has not been sent then.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.state == finished {
		return nil, nil, errFinished
	}
	conn, rw, err := http.NewResponseController(w.rw).Hijack()
	if err == nil {
		w.state, w.sent = plain, true
		w.teach(nil, http.ErrHijacked)
	}
	return conn, rw, err
}
