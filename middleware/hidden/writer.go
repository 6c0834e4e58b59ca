package hidden

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"

	"github.com/shallot-http/shallot/middleware"
)

// A writer lets a response through, unless its header has the field when it begins.
// Then nothing of it gets any further.
type writer struct {
	w       http.ResponseWriter
	begun   bool
	dropped bool
	kept    http.Header // as it was when what is dropped began: what came later was for its end
}

// drops begins the response, and reports whether it is one that is to be dropped.
func (w *writer) drops() bool {
	if !w.begun {
		w.begun = true
		if h := w.w.Header(); len(h[middleware.AccelRedirect]) > 0 {
			w.dropped, w.kept = true, h.Clone()
		}
	}
	return w.dropped
}

// take ends a response that has been returned with err. It returns the values of the
// field if it counts, and leaves the header as the next response is to find it. An
// error of a response that was dropped is one of a body that nobody wants.
func (w *writer) take(err error) []string {
	h := w.w.Header()
	if w.begun && !w.dropped {
		return nil // the field, if it is there now, is a trailer
	}
	if w.dropped {
		clear(h)
		maps.Copy(h, w.kept)
	}
	targets := h[middleware.AccelRedirect]
	if targets == nil {
		return nil
	}
	delete(h, middleware.AccelRedirect)
	if err != nil && !w.dropped {
		return nil
	}
	for _, name := range [...]string{"Content-Length", "Content-Encoding", "Trailer"} {
		delete(h, name)
	}
	maps.DeleteFunc(h, func(_ string, values []string) bool { return values == nil }) // that the body had no such field
	return targets
}

func (w *writer) Header() http.Header { return w.w.Header() }

func (w *writer) Unwrap() http.ResponseWriter { return w.w }

func (w *writer) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		if len(w.w.Header()[middleware.AccelRedirect]) == 0 { // for the header is sent along
			w.w.WriteHeader(status)
		}
		return
	}
	if !w.drops() {
		w.w.WriteHeader(status)
	}
}

func (w *writer) Write(p []byte) (int, error) {
	if w.drops() {
		return len(p), nil
	}
	return w.w.Write(p)
}

func (w *writer) WriteString(s string) (int, error) {
	if w.drops() {
		return len(s), nil
	}
	return io.WriteString(w.w, s)
}

// ReadFrom leaves it to the writer underneath to have the kernel copy.
func (w *writer) ReadFrom(src io.Reader) (int64, error) {
	before := w.begun
	if w.drops() {
		return io.Copy(io.Discard, src)
	}
	n, err := io.Copy(w.w, src)
	w.begun = before || n > 0
	return n, err
}

func (w *writer) Flush() { _ = w.FlushError() }

func (w *writer) FlushError() error {
	if w.drops() {
		return nil
	}
	err := http.NewResponseController(w.w).Flush()
	if errors.Is(err, errors.ErrUnsupported) {
		w.begun = false // as before, or else no field could count any more
	}
	return err
}

func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.w).Hijack()
	w.begun = w.begun || err == nil
	return conn, rw, err
}
