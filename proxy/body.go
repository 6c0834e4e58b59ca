package proxy

import (
	"errors"
	"io"
	"math"
	"net/http"
	"sync/atomic"
)

// A body is that of a response. Reading and closing it may happen at once; then
// the read fails.
type body struct {
	x     *exchange
	state atomic.Int32
	rest  int64 // to come, of a body that is sized, or of a chunk
	chunk chunkState
	err   error // what the next Read returns; io.EOF at the end
	given bool  // the connection was given back, or closed
	lr    io.LimitedReader
}

const (
	resting int32 = iota
	reading
	closed
)

var errConcurrent = errors.New("concurrent reads of a body")

func (b *body) begin() {
	switch b.x.f.kind {
	case empty:
		b.err = io.EOF
	case sized:
		b.rest = b.x.f.length
	case untilClose:
		b.rest = math.MaxInt64
	}
}

// Read returns what there is: it does not wait for p to be full.
func (b *body) Read(p []byte) (int, error) {
	if err := b.enter(); err != nil {
		return 0, err
	}
	defer b.leave()
	return b.read(p)
}

func (b *body) enter() error {
	if !b.state.CompareAndSwap(resting, reading) {
		if b.state.Load() == closed {
			return http.ErrBodyReadAfterClose
		}
		return errConcurrent
	}
	return nil
}

func (b *body) leave() {
	if !b.state.CompareAndSwap(reading, resting) {
		b.settle() // which Close has left to us
	}
}

// Close gives the connection back if no more than is already there is left to
// read, else closes it.
func (b *body) Close() error {
	switch b.state.Swap(closed) {
	case resting:
		b.settle()
	case reading:
		b.x.end(http.ErrBodyReadAfterClose)
	}
	return nil
}

// settle ends the exchange, whatever is left of it.
func (b *body) settle() {
	if b.given {
		return
	}
	b.given = true
	r := &b.x.c.r
	if b.err == nil && b.x.f.kind == sized && b.rest <= int64(len(r.buffered())) {
		r.r += int(b.rest)
		b.err = io.EOF
	}
	b.x.finish(b.err == io.EOF)
}

func (b *body) read(p []byte) (n int, err error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.x.f.kind == chunked {
		n, err = b.readChunks(p)
	} else {
		n, err = b.readPart(p)
		if b.x.f.kind == sized && b.rest == 0 {
			err = io.EOF
		} else if err == io.EOF && (b.x.f.kind == sized || b.x.c.cut()) {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil {
		b.ends(err)
	}
	return n, b.err
}

// readPart reads some of the rest.
func (b *body) readPart(p []byte) (n int, err error) {
	if b.rest < int64(len(p)) {
		p = p[:b.rest]
	}
	r := &b.x.c.r
	if len(r.buffered()) == 0 {
		if len(p) >= len(r.buf) {
			n, err = readSome(b.x, p)
			b.rest -= int64(n)
			return n, err
		}
		if err := r.more(b.x, len(r.buf)); err != nil {
			return 0, err
		}
	}
	n = copy(p, r.buffered())
	r.r += n
	b.rest -= int64(n)
	return n, nil
}

// ends notes why nothing more can be read. The connection is given back at once
// unless the request is still being sent: then Close waits for that.
func (b *body) ends(err error) {
	if b.err = err; err != io.EOF {
		b.err = b.x.failed(OpBody, err)
	} else if b.x.up != nil && !b.x.up.finished() {
		return
	}
	if !b.given {
		b.given = true
		b.x.finish(err == io.EOF)
	}
}

// WriteTo writes the rest of the body. If w is an io.ReaderFrom, as are a
// net.TCPConn and the http.ResponseWriter in front of it, it is given the
// connection itself to read from. What is chunked or encrypted is copied.
//
// An error of w is returned as it is, unless the exchange has ended.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	if err := b.enter(); err != nil {
		return 0, err
	}
	defer b.leave()
	if b.err != nil {
		return 0, endIsNoError(b.err)
	}
	rf, ok := w.(io.ReaderFrom)
	if !ok || b.x.f.kind == chunked || !b.x.c.bare() {
		return b.copyTo(w)
	}
	n, err := b.writeBuffered(w)
	if err != nil || b.err != nil {
		return n, b.writeFailed(err)
	}
	if b.x.t.cfg.BodyTimeout > 0 {
		m, err := b.moveWithin(rf, b.x.t.cfg.BodyTimeout)
		return n + m, err
	}
	b.x.readWithin(0)
	m, err := b.move(rf, b.rest)
	return n + m, err
}

func endIsNoError(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// writeBuffered writes what was read with the head.
func (b *body) writeBuffered(w io.Writer) (int64, error) {
	r := &b.x.c.r
	p := r.buffered()
	if b.rest < int64(len(p)) {
		p = p[:b.rest]
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	r.r += n
	b.rest -= int64(n)
	if err == nil && b.x.f.kind == sized && b.rest == 0 {
		b.ends(io.EOF)
	}
	return int64(n), err
}

// move has w read n bytes, or to the end, from the connection. If that fails it
// is not known how much was read: some may have been lost in a pipe of splice(2).
func (b *body) move(w io.ReaderFrom, n int64) (int64, error) {
	b.lr = io.LimitedReader{R: b.x.c.kernel, N: n}
	moved, err := w.ReadFrom(&b.lr)
	b.rest -= moved
	switch {
	case err != nil:
		return moved, b.writeFailed(err)
	case b.rest == 0 || b.x.f.kind == untilClose && b.lr.N > 0:
		b.ends(io.EOF)
	case b.lr.N > 0:
		b.ends(io.ErrUnexpectedEOF)
		return moved, b.err
	}
	return moved, nil
}

// copyTo is WriteTo by way of a buffer.
func (b *body) copyTo(w io.Writer) (written int64, err error) {
	buf, _ := b.x.t.copying.Get().(*[]byte)
	if buf == nil {
		buf = new(make([]byte, copySize))
	}
	defer b.x.t.copying.Put(buf)
	for {
		n, rerr := b.read(*buf)
		if n > 0 {
			m, err := w.Write((*buf)[:n])
			written += int64(m)
			if err == nil && m < n {
				err = io.ErrShortWrite
			}
			if err != nil {
				return written, b.writeFailed(err)
			}
		}
		if rerr != nil {
			return written, endIsNoError(rerr)
		}
	}
}

// writeFailed notes that the rest of the body has nowhere to go.
func (b *body) writeFailed(err error) error {
	if err == nil {
		return nil
	}
	if !b.x.well() {
		err = b.x.failed(OpBody, err)
	}
	if b.err == nil {
		b.err = err
	}
	if !b.given {
		b.given = true
		b.x.finish(false)
	}
	return err
}
