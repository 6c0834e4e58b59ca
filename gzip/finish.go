package gzip

import (
	"errors"
	"net"
	"net/http"
	"os"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

// finish ends the response according to what the handler returned, and returns
// what is to be returned for it.
func (w *writer) finish(status int, err error) (int, error) {
	failed := err != nil && (status >= 400 || status != 0 && status < 200)
	var trouble error
	switch w.state {
	case fresh:
		if status >= 200 && status < 400 || status == 0 && err == nil {
			w.status = status
			w.bare()
		}
	case sniffing, holding:
		if !failed {
			trouble = w.complete()
		}
	case encoding:
		if !failed {
			trouble = w.close()
		}
	}
	w.state = finished
	switch {
	case failed:
	case trouble == nil:
		w.tellDone()
		if w.lesson != nil {
			w.lesson.Close()
			w.lesson = nil
		}
	default: // it must not look whole, whatever the handler thinks of it
		if err != nil {
			trouble = errors.Join(err, trouble)
		}
		return blame(w.r, trouble), trouble
	}
	return status, err
}

// blame returns the status of a response that could not be sent to its end.
func blame(r *http.Request, err error) int {
	_, network := errors.AsType[*net.OpError](err)
	if network || r.Context().Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return middleware.StatusClientClosed
	}
	return http.StatusInternalServerError
}

// bare sets the fields of a response of which there is only a status, or not
// even that, for whoever sends it.
func (w *writer) bare() {
	if w.look(); w.isHead() {
		w.dressEncoded(-1)
		return
	}
	w.dress()
}

// isHead reports whether a response to HEAD is all there, and one to GET would
// be encoded.
func (w *writer) isHead() bool {
	if w.state != holding || w.r.Method != http.MethodHead || len(w.held) > 0 {
		return false
	}
	w.negotiate(-1)
	return w.coding != nil && (w.length > 0 || w.must)
}

// complete sends a response whose body has ended before it was too much to hold.
func (w *writer) complete() error {
	if w.state == sniffing && len(w.held) > 0 {
		w.sniff(nil)
	}
	if w.isHead() {
		w.sendEncoded(-1)
		return nil
	}
	if w.isWorthIt() {
		w.told.on = probe.CompressEnabled()
		began := w.told.start()
		if encoded, ok := w.encodeAll(); ok {
			w.told.stop(began)
			w.size, w.told.out = int64(len(w.held)), int64(len(encoded))
			w.learn()
			if w.lesson != nil {
				w.lesson.Write(w.held)
			}
			w.sendEncoded(len(encoded))
			_, err := w.rw.Write(encoded)
			return err
		}
	}
	return w.sendPlain()
}

// isWorthIt reports whether what is held is to be encoded. If it is not what was
// announced it goes out as it is, and net/http will cut it off.
func (w *writer) isWorthIt() bool {
	n := len(w.held)
	if w.state != holding || n == 0 || n < w.MinSize && !w.must {
		return false
	}
	if !w.isSettled(n) {
		w.negotiate(int64(n))
	}
	return w.coding != nil && (w.length < 0 || w.length == int64(n) || w.r.Method == http.MethodHead)
}

// isSettled reports whether the coding that was found for a body of unknown size is
// the one for n bytes, too.
func (w *writer) isSettled(n int) bool {
	return w.coding != nil && w.fields == len(w.rw.Header()) && (n >= smallBody || w.small == nil || w.coding.name != "br")
}

// encodeAll returns what is held, encoded; ok is false if that is not to be used.
func (w *writer) encodeAll() (encoded []byte, ok bool) {
	var sum uint64
	cached := w.Cache != nil && isPublic(w.rw.Header())
	if cached {
		sum = w.Cache.sum(w.held)
		if encoded, ok := w.Cache.get(w.coding, sum, w.held); ok {
			return encoded, w.isBetter(encoded)
		}
	}
	if !w.enter() {
		return nil, false
	}
	w.whole = true
	if w.Jitter > 0 || !w.appendAll() {
		w.open(nil)
		if _, err := w.enc.Write(w.held); err != nil {
			return nil, false
		}
		if err := w.enc.Close(); err != nil {
			return nil, false
		}
	}
	w.stop()
	if cached {
		w.Cache.put(w.coding, sum, w.held, *w.out)
	}
	return *w.out, w.isBetter(*w.out)
}

// appendAll encodes what is held without a stream, if there is a way.
func (w *writer) appendAll() bool {
	w.enc = w.coding.get(nil)
	appender, ok := w.enc.(Appender)
	if !ok {
		w.coding.put(w.enc)
		return false
	}
	w.out = w.buffer()
	*w.out = appender.Append(*w.out, w.held)
	return true
}

// isBetter reports whether what is held is better sent encoded.
func (w *writer) isBetter(encoded []byte) bool { return len(encoded) < len(w.held) || w.must }
