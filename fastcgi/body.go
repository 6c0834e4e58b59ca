package fastcgi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"
)

// A Body is that of a [Response]. Reading and closing it may happen at once; then
// the read fails.
type Body struct {
	x       *exchange
	state   atomic.Int32
	sized   bool
	rest    int64     // to come, if it is sized
	nothing bool      // is to come, whatever the application sends
	chunks  io.Reader // nil unless it is encoded
	excess  bool      // the application has sent more than it had announced
	err     error     // what the next Read returns; io.EOF at the end
}

const (
	resting int32 = iota
	reading
	closed
)

var errConcurrent = errors.New("fastcgi: concurrent reads of a body")

// An End is what there is to say about the end of a response.
type End struct {
	AppStatus int32 // what a program would exit with; that of PHP is 0 in any case
	Excess    bool  // it has sent more than its Content-Length, which was cut off
}

func (b *Body) begin(x *exchange, h head) {
	b.x = x
	b.sized, b.rest = h.length >= 0, h.length
	b.nothing = x.resp.Status == http.StatusNoContent || x.resp.Status == http.StatusNotModified ||
		x.head
	switch {
	case b.nothing:
		b.sized = false
	case h.chunks:
		b.chunks = httputil.NewChunkedReader(contents{x})
	}
	if b.nothing || b.chunks == nil {
		if err := b.early(); err != nil {
			b.ends(err)
		}
	}
}

// early looks for an end that is already there.
func (b *Body) early() error {
	if b.nothing {
		return b.discard(false)
	}
	return b.surplus(false)
}

// Read returns what there is: it does not wait for p to be full.
func (b *Body) Read(p []byte) (int, error) {
	if err := b.enter(); err != nil {
		return 0, err
	}
	defer b.leave()
	return b.read(p)
}

func (b *Body) enter() error {
	if !b.state.CompareAndSwap(resting, reading) {
		if b.state.Load() == closed {
			return http.ErrBodyReadAfterClose
		}
		return errConcurrent
	}
	return nil
}

func (b *Body) leave() {
	if !b.state.CompareAndSwap(reading, resting) {
		b.x.finish() // which Close has left to us
	}
}

// Close gives the connection back if the application has ended the request, else
// closes it.
func (b *Body) Close() error {
	switch b.state.Swap(closed) {
	case resting:
		b.x.finish()
	case reading:
		b.x.end(http.ErrBodyReadAfterClose)
	}
	return nil
}

// End returns what there is to say once Read has returned io.EOF.
func (b *Body) End() End { return End{int32(b.x.app), b.excess} }

// read reads what there is, and notices the end if that is already there, too: then
// the connection serves others while a slow client is still being written to.
func (b *Body) read(p []byte) (n int, err error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	switch {
	case b.nothing:
		err = b.discard(true)
	case b.chunks != nil:
		if n, err = b.chunks.Read(p); err == io.EOF {
			err = b.discard(true)
		}
	case b.sized && b.rest == 0:
		err = b.surplus(true)
	default:
		n, err = b.readPart(p)
	}
	if err == nil && b.chunks == nil && !b.nothing {
		err = b.surplus(false)
	}
	if err == errPause {
		return n, err
	}
	if err != nil {
		b.ends(err)
	}
	return n, b.err
}

func (b *Body) readPart(p []byte) (int, error) {
	if b.sized && b.rest < int64(len(p)) {
		p = p[:b.rest]
	}
	n, err := b.x.read(p)
	if b.sized {
		b.rest -= int64(n)
	}
	return n, b.whole(err)
}

// whole returns err, unless that is an end too early.
func (b *Body) whole(err error) error {
	if err == io.EOF && b.sized && b.rest > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// surplus looks for the end where there may be one. What has the length announced
// is whole, whatever happens then.
func (b *Body) surplus(wait bool) error {
	have, err := b.x.next(wait)
	switch {
	case !b.sized || b.rest > 0:
		return b.whole(err)
	case len(have) > 0:
		b.excess = true
		return io.EOF
	case err != nil && err != errPause:
		return io.EOF
	}
	return err
}

// maxDiscard is how much an application may send that nobody is to see, for its
// connection to be used again.
const maxDiscard = 64 << 10

// discard looks for the end of what is not a part of the body.
func (b *Body) discard(wait bool) error {
	for n := 0; n < maxDiscard; {
		have, err := b.x.next(wait)
		if err == errPause || err == nil && len(have) == 0 {
			return err
		}
		if err != nil {
			break
		}
		b.x.conn.skip(len(have))
		n += len(have)
	}
	return io.EOF
}

// ends notes why nothing more can be read, and gives the connection back.
func (b *Body) ends(err error) {
	if b.err = err; err != io.EOF {
		b.err = b.x.failed(OpBody, err)
	}
	b.x.finish()
}

// Contents are what an application has encoded.
type contents struct{ x *exchange }

func (c contents) Read(p []byte) (int, error) { return c.x.read(p) }

// flushAfter is how long an application must have sent nothing for what it has
// sent to be flushed, and flushEvery how long that waits at most if it goes on.
const (
	flushAfter = 5 * time.Millisecond
	flushEvery = 20 * time.Millisecond
)

// errPause is that an application has sent nothing for flushAfter.
var errPause = errors.New("fastcgi: nothing yet")

// WriteTo writes the body to w. What can be flushed is as soon as the application
// pauses: a [http.ResponseWriter], also where others wrap it, or what has a method
// Flush.
func (b *Body) WriteTo(w io.Writer) (n int64, err error) {
	if err := b.enter(); err != nil {
		return 0, err
	}
	defer b.leave()
	c := b.x.client
	buf, _ := c.copying.Get().(*[]byte)
	if buf == nil {
		buf = new(make([]byte, copySize))
	}
	defer c.copying.Put(buf)
	flush := flusher(w)
	pending, since := flush != nil, time.Now() // the head of the response is
	for {
		b.x.hurried = pending && b.chunks == nil
		m, rerr := b.read(*buf)
		b.x.hurried = false
		if m > 0 {
			written, err := w.Write((*buf)[:m])
			n += int64(written)
			if err != nil {
				return n, err
			}
			if flush != nil && !pending {
				pending, since = true, time.Now()
			}
		}
		if rerr != nil && rerr != errPause {
			if rerr == io.EOF {
				rerr = nil
			}
			return n, rerr
		}
		if pending && (rerr == errPause || b.chunks != nil || time.Since(since) >= flushEvery) {
			if err := flush(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
				return n, err
			}
			pending = false
		}
	}
}

// flusher returns what flushes w, or nil.
func flusher(w io.Writer) func() error {
	switch w := w.(type) {
	case http.ResponseWriter:
		return http.NewResponseController(w).Flush
	case interface{ Flush() error }:
		return w.Flush
	}
	return nil
}
