package fastcgi

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	// smallBody is what is sent with the head, in one record.
	smallBody = maxContent

	// certain is what the send buffer of a socket whose other side has all that was
	// sent before takes without waiting, on any system.
	certain = 4 << 10

	// stall is how long a request may wait for the application to read before the
	// response is looked at: one that does not read on may be waiting itself, for us
	// to read what it has answered already.
	stall = 100 * time.Millisecond

	// grace is for the goroutine that has sent the last of a body to say so, when the
	// response is already there.
	grace = 50 * time.Millisecond

	// lastWords is how long an application that takes no more may take to say why.
	lastWords = time.Second

	copySize = 32 << 10
	keepSize = 128 << 10 // a larger buffer is not kept
)

// prepare puts the head of the request together. A small body is read first and
// sent with it, so that a slow client does not occupy a connection, and that both
// can be repeated.
func (x *exchange) prepare() error {
	x.out, _ = x.client.heads.Get().(*[]byte)
	if x.out == nil {
		x.out = new(make([]byte, 0, 4<<10))
	}
	r := x.req
	switch {
	case r.Params == nil:
		return x.failed(OpRequest, errors.New("no parameters"))
	case r.Params.err != nil:
		return x.failed(OpRequest, r.Params.err)
	case r.ContentLength < 0 || r.ContentLength > 0 && r.Body == nil:
		return x.failed(OpRequest, fmt.Errorf("a body of length %d", r.ContentLength))
	}
	if err := x.look(); err != nil {
		return x.failed(OpRequest, err)
	}
	role := max(r.Role, Responder)
	b := appendBegin((*x.out)[:0], 0, role, x.client.cfg.MaxIdle > 0)
	b = r.Params.appendRecords(b, 0)
	if r.ContentLength > 0 {
		b = appendLength(b, r.ContentLength)
	}
	b = appendHeader(b, typeParams, 0, 0)
	if x.streams = r.ContentLength > smallBody; x.streams {
		*x.out = b
		return nil
	}
	if n := int(r.ContentLength); n > 0 {
		b = appendHeader(b, typeStdin, 0, n)
		at := len(b)
		b = slices.Grow(b, n+headerLen)[:at+n]
		if _, err := io.ReadFull(r.Body, b[at:]); err != nil {
			*x.out = b[:0]
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return x.failed(OpUpload, err)
		}
	}
	*x.out = appendHeader(b, typeStdin, 0, 0)
	return nil
}

// appendLength appends a record of its own.
func appendLength(b []byte, length int64) []byte {
	const name = "CONTENT_LENGTH"
	var room [20]byte
	digits := strconv.AppendInt(room[:0], length, 10)
	b = appendHeader(b, typeParams, 0, 2+len(name)+len(digits))
	b = append(b, byte(len(name)), byte(len(digits)))
	return append(append(b, name...), digits...)
}

// free gives the buffer back, unless that is being sent.
func (x *exchange) free() {
	if x.out != nil && (x.up == nil || x.up.pending == nil) {
		x.client.free(x.out)
	}
	x.out = nil
}

func (c *Client) free(buf *[]byte) {
	if cap(*buf) <= keepSize {
		c.heads.Put(buf)
	}
}

// send writes the head, and the body if that is small; else it starts to.
func (x *exchange) send() error {
	buf := *x.out
	switch {
	case len(buf) <= certain:
		if _, err := x.write(buf, x.client.cfg.SendTimeout); err != nil {
			return x.failed(OpWrite, err)
		}
	case resumable:
		n, err := x.write(buf, stall)
		if n < len(buf) && errors.Is(err, os.ErrDeadlineExceeded) && x.well() {
			x.startUpload(buf[n:])
			return nil
		} else if err != nil {
			return x.failed(OpWrite, err)
		}
	default:
		x.startUpload(buf)
		return nil
	}
	if x.streams {
		x.startUpload(nil)
	}
	return nil
}

func (x *exchange) write(p []byte, d time.Duration) (int, error) {
	x.writeWithin(d)
	n, err := x.conn.Write(p)
	x.sent = x.sent || n > 0
	return n, err
}

// An upload sends what is left of a request while the response is awaited, or
// read.
type upload struct {
	pending []byte // goes first
	out     *[]byte
	last    atomic.Bool // nothing is left but to write what it has
	done    chan struct{}
	err     error // once done
}

func (x *exchange) startUpload(pending []byte) {
	x.sent = true // or will be
	u := &upload{pending: pending, out: x.out, done: make(chan struct{})}
	x.mu.Lock()
	x.up = u
	x.mu.Unlock()
	go x.upload(u)
}

func (x *exchange) upload(u *upload) {
	u.err = x.uploadAll(u)
	if u.pending != nil {
		x.client.free(u.out)
	}
	if e, ok := errors.AsType[*Error](u.err); ok {
		x.end(e)
	}
	// All is sent, or the application takes no more: now it has to answer.
	x.mu.Lock()
	defer x.mu.Unlock()
	close(u.done)
	x.conn.SetReadDeadline(deadline(x.client.cfg.ReadTimeout))
}

func (u *upload) finished() bool {
	select {
	case <-u.done:
		return true
	default:
		return false
	}
}

// succeeds reports whether everything is sent, or is within a moment.
func (u *upload) succeeds() bool {
	if !u.finished() {
		if !u.last.Load() {
			return false
		}
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-u.done:
		case <-timer.C:
			return false
		}
	}
	return u.err == nil
}

// uploadAll returns an *Error if the exchange must end, and another if only the
// sending has: there may be a response that says why.
func (x *exchange) uploadAll(u *upload) error {
	u.last.Store(!x.streams)
	if err := x.push(u.pending); err != nil || !x.streams {
		return err
	}
	buf, _ := x.client.copying.Get().(*[]byte)
	if buf == nil {
		buf = new(make([]byte, copySize))
	}
	defer x.client.copying.Put(buf)
	id := x.conn.id
	const room = copySize - 2*headerLen // for the header, and the record that ends
	for left := x.req.ContentLength; left > 0; {
		n, rerr := x.req.Body.Read((*buf)[headerLen:][:min(room, left)])
		left -= int64(n)
		if left > 0 && rerr != nil {
			// The rest must not seem to be there, so nothing ends it.
			if rerr == io.EOF {
				rerr = io.ErrUnexpectedEOF
			}
			return &Error{Op: OpUpload, Err: rerr}
		}
		if n == 0 {
			continue
		}
		appendHeader((*buf)[:0], typeStdin, id, n)
		piece := (*buf)[:headerLen+n]
		if left == 0 {
			piece = appendHeader(piece, typeStdin, id, 0)
			u.last.Store(true)
		}
		if err := x.push(piece); err != nil {
			return err
		}
	}
	return nil
}

// push writes a piece of the request.
func (x *exchange) push(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	x.writeWithin(x.client.cfg.SendTimeout)
	_, err := x.conn.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Error{Op: OpWrite, Err: errTooSlow{OpWrite}}
	}
	return err
}
