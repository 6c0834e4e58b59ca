package proxy

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Content is the body of a client's request. A small one is read at once, so that
// it can be sent again; another is read as it is sent.
type content struct {
	d      *delivery
	buf    *[]byte // a small one
	length int64   // -1 is unknown
	stream *stream // nil if there is none, or it is small

	trailing    bool // fields come behind it that are sent on
	interrupted bool // so that the request's context has ended, too
	half        bool // the stream cannot be read once a response is written
}

// giveUp has the rest of a stream, of which net/http takes some as soon as a response
// is written, not be taken for all of it: what it has taken is missing.
func (c *content) giveUp() {
	if c.half && c.stream != nil {
		c.stream.givenUp.Store(true)
	}
}

// take gets hold of the body of d's request.
func (c *content) take(d *delivery) error {
	r := d.r
	c.d = d
	c.length = r.ContentLength
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		c.length = 0
		return nil
	}
	expects := slices.ContainsFunc(r.Header["Expect"], func(v string) bool { return hasToken(v, "100-continue") })
	c.trailing = d.h.cfg.Trailers && len(d.trailer(r.Trailer)) > 0
	if c.trailing {
		c.length = -1 // for they can come only behind chunks, in HTTP/1.1
	}
	if c.length < 0 || c.length > maxPrefetch || expects {
		c.stream = &stream{body: r.Body}
		// Else net/http reads the rest of the request before it sends a response.
		c.half = d.client().EnableFullDuplex() != nil
		return nil
	}
	c.buf, _ = d.h.bodies.Get().(*[]byte)
	if c.buf == nil {
		c.buf = new(make([]byte, maxPrefetch))
	}
	_, err := io.ReadFull(r.Body, (*c.buf)[:c.length])
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = atEnd(r.Body)
	}
	if err != nil {
		return &Error{Op: OpUpload, Err: err}
	}
	return nil
}

// body returns the body for one more attempt, and its length.
func (c *content) body() (io.ReadCloser, int64) {
	switch {
	case c.stream != nil:
		return c.stream, c.length
	case c.buf != nil:
		return io.NopCloser(bytes.NewReader((*c.buf)[:c.length])), c.length
	}
	return http.NoBody, 0
}

// repeatable reports whether the body can be sent from its beginning.
func (c *content) repeatable() bool { return c.stream == nil || !c.stream.touched.Load() }

// interrupt has a Read of the body return. At the end of the body nobody waits for
// it, but net/http for the client to leave, which must not seem to happen.
func (c *content) interrupt() {
	if c.stream != nil && !c.stream.ended.Load() {
		c.interrupted = true
		_ = c.d.client().SetReadDeadline(time.Unix(1, 0))
	}
}

// free gives back what others can use. No attempt goes on.
func (d *delivery) free() {
	d.returnHeader()
	c := &d.content
	if c.buf != nil {
		d.h.bodies.Put(c.buf)
	}
	if c.interrupted || c.stream != nil && !c.stream.ended.Load() {
		middleware.HangUp(d.w)
	}
}

// A stream is a body that is not closed when an attempt fails before it was read;
// net/http does that in the end.
type stream struct {
	body           io.Reader
	touched, ended atomic.Bool
	givenUp        atomic.Bool // see content.giveUp
	trail          func()      // called at the end of it, unless it is nil
}

func (s *stream) Read(p []byte) (int, error) {
	s.touched.Store(true)
	n, err := s.body.Read(p)
	if err == io.EOF && !s.ended.Load() && s.givenUp.Load() {
		return n, io.ErrUnexpectedEOF
	}
	if err == io.EOF {
		if s.trail != nil {
			s.trail()
		}
		s.ended.Store(true)
	}
	return n, err
}

// Close does nothing.
func (s *stream) Close() error { return nil }
