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

var errConcurrent = errors.New("proxy: concurrent reads of a body")

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
