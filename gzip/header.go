package gzip

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
)

// sendPlain sends the header of a response that is not encoded, and what is held
// of its body.
func (w *writer) sendPlain() error {
	if w.vary || w.status == http.StatusNotModified || w.Dictionaries != nil {
		w.dress()
		w.learn()
	}
	w.state, w.sent = plain, true
	if w.status != 0 {
		w.rw.WriteHeader(w.status)
	}
	if len(w.held) == 0 {
		return nil
	}
	_, err := w.pass(w.held)
	w.drop()
	return err
}

// sendEncoded sends the header of a response that is encoded: to length bytes, or
// to -1 if that is not known.
func (w *writer) sendEncoded(length int) {
	w.dressEncoded(length)
	w.sent = true
	w.rw.WriteHeader(cmp.Or(w.status, http.StatusOK)) // now: what is set from here on are trailers
}

// dressEncoded sets the fields of a response that is encoded.
func (w *writer) dressEncoded(length int) {
	h := w.rw.Header()
	chunked := length < 0 || !w.isAlone(h) && hasTrailers(h)
	w.vary = true
	w.dress()
	if w.sniffed != "" {
		h["Content-Type"] = []string{w.sniffed}
	}
	w.ETag.mark(h, w.coding.suffix)
	h["Content-Encoding"] = w.coding.header
	delete(h, "Accept-Ranges")
	if chunked {
		delete(h, "Content-Length")
	} else {
		h["Content-Length"] = []string{strconv.Itoa(length)}
	}
}

// dress sets the fields of a response whether or not it is encoded.
func (w *writer) dress() {
	h := w.rw.Header()
	if w.status == http.StatusNotModified {
		w.retag(h)
	}
	if w.isWhole() {
		w.Dictionaries.advertise(h, w.r)
	}
	switch {
	case w.coded && w.Dictionaries.governs(w.r): // it would not be, with a dictionary
		w.varies(h, w.r)
	case !w.vary:
	case w.isAlone(h) && w.Dictionaries == nil:
		h["Vary"] = w.varyEncoding
	default:
		w.varies(h, w.r)
	}
}

// retag has a 304 name what the client has stored.
func (w *writer) retag(h http.Header) {
	tags := h["Etag"]
	if len(tags) == 0 {
		return
	}
	if stored := w.stored(w.r, w.accepted, tags[0]); stored != tags[0] {
		h["Etag"] = []string{stored}
		w.vary = true
	}
}

// learn has the body remembered if it is to be a dictionary.
func (w *writer) learn() {
	if w.lesson == nil && !w.coded && w.isWhole() {
		w.lesson = w.Dictionaries.learn(w.r, w.rw.Header())
	}
}

// teach has what follows remembered, unless it could not be sent.
func (w *writer) teach(p []byte, err error) {
	switch {
	case w.lesson == nil:
	case err != nil:
		w.lesson.Drop()
		w.lesson = nil
	default:
		w.lesson.Write(p)
		if w.lesson.tooLong {
			w.lesson = nil
		}
	}
}

// isWhole reports whether the response is all of something, which clients can use
// for a dictionary, decoded: RFC 9842, section 2.1.
func (w *writer) isWhole() bool {
	return w.Dictionaries != nil && (w.status == 0 || w.status == http.StatusOK) && len(w.rw.Header()["Content-Range"]) == 0
}

// hasTrailers reports whether fields follow the body, for which net/http has to
// send it in chunks.
func hasTrailers(h http.Header) bool {
	if len(h["Trailer"]) > 0 {
		return true
	}
	for name := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			return true
		}
	}
	return false
}
