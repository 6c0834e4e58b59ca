package proxy

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// An upload sends what is left of a request while the response is awaited, or
// read. It closes the request's body.
type upload struct {
	pending []byte // goes first
	done    chan struct{}
	err     error // once done
}

func (x *exchange) startUpload(pending []byte) {
	x.sent = true // or will be
	x.up = &upload{pending: pending, done: make(chan struct{})}
	go x.upload(x.up)
}

func (x *exchange) upload(u *upload) {
	defer close(u.done)
	defer closeBody(x.req)
	u.err = x.uploadAll(u)
	if e, ok := errors.AsType[*Error](u.err); ok {
		x.end(e)
		return
	}
	// All is sent, or the backend takes no more: now it has to answer.
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.headDone {
		x.readWithinLocked(x.t.cfg.HeaderTimeout)
	}
}

func (u *upload) finished() bool {
	select {
	case <-u.done:
		return true
	default:
		return false
	}
}

// succeeds reports whether everything is sent, at the latest after wait.
func (u *upload) succeeds(wait time.Duration) bool {
	if !u.finished() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-u.done:
		case <-timer.C:
			return false
		}
	}
	return u.err == nil
}

// uploadAll returns an *Error if the exchange must end, and another if only
// the sending has: there may be a response that says why.
func (x *exchange) uploadAll(u *upload) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{Op: OpUpload, Err: &bodyPanic{v}}
		}
	}()
	if err := x.push(u.pending); err != nil || !x.out.streams {
		return err
	}
	buf := x.t.copyBuffer()
	defer x.t.copying.Put(buf)
	if x.out.length < 0 {
		return x.pushChunks(*buf)
	}
	body := io.LimitReader(x.req.Body, x.out.length)
	for left := x.out.length; left > 0; {
		n, rerr := body.Read(*buf)
		left -= int64(n)
		if err := x.push((*buf)[:n]); err != nil {
			return err
		}
		if rerr == io.EOF && left > 0 {
			rerr = io.ErrUnexpectedEOF
		}
		if rerr != nil && rerr != io.EOF {
			return &Error{Op: OpUpload, Err: rerr}
		}
	}
	if err := atEnd(x.req.Body); err != nil {
		return &Error{Op: OpUpload, Err: err}
	}
	return nil
}

// pushChunks sends each piece of the body as it comes, as a chunk.
func (x *exchange) pushChunks(buf []byte) error {
	const room = len("7ff0\r\n")
	for {
		n, rerr := x.req.Body.Read(buf[room : len(buf)-len("\r\n0\r\n\r\n")])
		chunk := buf[:0]
		if n > 0 {
			size := strconv.AppendInt(make([]byte, 0, room), int64(n), 16)
			start := room - len(size) - 2
			copy(buf[start:], size)
			copy(buf[start+len(size):], "\r\n")
			chunk = append(buf[start:room+n], "\r\n"...)
		}
		if rerr == io.EOF {
			var err error
			if chunk, err = appendTrailer(append(chunk, "0\r\n"...), x.req.Trailer); err != nil {
				return &Error{Op: OpRequest, Err: err}
			}
		}
		if err := x.push(chunk); err != nil {
			return err
		}
		switch {
		case rerr == io.EOF:
			return nil
		case rerr != nil:
			return &Error{Op: OpUpload, Err: rerr}
		}
	}
}

func appendTrailer(b []byte, trailer http.Header) ([]byte, error) {
	for name, values := range trailer {
		for _, value := range values {
			if !mayTrail(http.CanonicalHeaderKey(name)) || !isValue(value) {
				return nil, fmt.Errorf("trailer %q", name)
			}
			b = appendField(b, name, value)
		}
	}
	return append(b, "\r\n"...), nil
}

// push writes a piece of body.
func (x *exchange) push(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	x.writeWithin(x.t.cfg.WriteTimeout)
	_, err := x.c.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Error{Op: OpWrite, Err: errTooSlow{OpWrite}}
	}
	return err
}
