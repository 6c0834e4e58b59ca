package gzip

import (
	"errors"
	"hash/maphash"
	"net/http"

	"github.com/klauspost/compress"

	"github.com/shallot-http/shallot/middleware/probe"
)

// pieceLen is how much encoded is written at a time. Encoders write a few hundred
// bytes here and there, each of which net/http would make a chunk of.
const pieceLen = 32 << 10

// start begins to encode, with what is held. What follows it is p.
func (w *writer) start(p []byte) error {
	if w.isDense(p) || !w.enter() {
		w.state, w.coding = plain, nil
		return nil
	}
	w.open(p)
	w.told.on = probe.CompressEnabled()
	w.state = encoding
	w.learn()
	if w.now {
		w.sendEncoded(-1)
	}
	if len(w.held) == 0 {
		return nil
	}
	_, err := w.encode(w.held)
	w.drop()
	return err
}

// open gets an encoder, for what is held and p.
func (w *writer) open(p []byte) {
	w.out = w.buffer()
	w.enc = w.coding.get((*sink)(w))
	if w.Jitter > 0 {
		if padder, ok := w.enc.(Padder); ok {
			padder.Pad(w.jitter(p))
		}
	}
}

// jitter returns by how many bytes to make a stream longer. It depends on what was
// asked for, and on what the stream begins with, so that nothing is to be learned
// from asking again.
func (w *writer) jitter(p []byte) int {
	var h maphash.Hash
	h.SetSeed(w.seed)
	h.WriteString(w.r.URL.Path)
	h.WriteString(w.r.URL.RawQuery)
	h.Write(w.held)
	h.Write(p[:min(len(p), w.Buffer)])
	return 1 + int(h.Sum64()%uint64(w.Jitter))
}

// stop takes the encoder away, whatever it is up to.
func (w *writer) stop() {
	if w.enc != nil {
		w.coding.put(w.enc)
		w.enc = nil
	}
	w.leave()
}

// isDense reports whether a body looks as if it was compressed by itself, where
// its type does not tell.
func (w *writer) isDense(p []byte) bool {
	const least, random = 1 << 10, 0.02
	sample := p
	if len(w.held) > len(p) {
		sample = w.held
	}
	return w.doubt && !w.must && len(sample) >= least && compress.Estimate(sample[:min(len(sample), 4*least)]) < random
}

// encode encodes p.
func (w *writer) encode(p []byte) (int, error) {
	if w.length >= 0 && w.size+int64(len(p)) > w.length {
		return 0, http.ErrContentLength
	}
	began := w.told.start()
	n, err := w.enc.Write(p)
	w.told.stop(began)
	w.size += int64(n)
	w.dirty = true
	if w.lesson != nil {
		w.teach(p[:n], err)
	}
	return n, err
}

// push sends all there is, whatever it is worth.
func (w *writer) push() error {
	if w.state == fresh {
		w.look()
	}
	if w.state == sniffing {
		switch {
		case len(w.held) > 0:
			w.sniff(nil)
		case w.must:
			w.state = holding
		default:
			w.state = plain // for the header has to leave without a type
		}
	}
	if w.state == holding {
		w.now = true
		if err := w.weigh(nil); err != nil {
			return err
		}
	}
	switch {
	case w.state == plain && !w.sent:
		return w.sendPlain()
	case w.state == encoding:
		return w.flush()
	}
	return nil
}

func (w *writer) flush() error {
	if !w.sent {
		w.sendEncoded(-1)
	}
	if w.dirty {
		w.dirty = false
		began := w.told.start()
		err := w.enc.Flush()
		if w.told.stop(began); err != nil {
			return err
		}
	}
	return w.emit()
}

// emit writes what has been encoded, unless something before it is missing.
func (w *writer) emit() error {
	if len(*w.out) == 0 || w.broken != nil {
		return w.broken
	}
	if !w.sent {
		w.sendEncoded(-1)
	}
	w.told.out += int64(len(*w.out))
	began := w.told.start()
	_, w.broken = w.rw.Write(*w.out)
	w.told.pause(began)
	*w.out = (*w.out)[:0]
	return w.broken
}

// A sink is where encoders write to.
type sink writer

func (s *sink) Write(p []byte) (int, error) {
	w := (*writer)(s)
	n := len(p)
	for !w.whole && len(*w.out)+len(p) >= pieceLen {
		room := pieceLen - len(*w.out)
		*w.out = append(*w.out, p[:room]...)
		p = p[room:]
		if err := w.emit(); err != nil {
			return 0, err
		}
	}
	*w.out = append(*w.out, p...)
	return n, nil
}

// close ends the stream.
func (w *writer) close() error {
	if w.size < w.length && w.r.Method != http.MethodHead {
		return errShort
	}
	began := w.told.start()
	err := w.enc.Close()
	if w.told.stop(began); err != nil {
		return err
	}
	w.stop()
	if !w.sent {
		w.sendEncoded(len(*w.out))
	}
	return w.emit()
}

// errShort is a body's that ends before its Content-Length.
var errShort = errors.New("gzip: the body is shorter than its Content-Length")
