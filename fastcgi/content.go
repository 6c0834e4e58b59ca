package fastcgi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Content is the body of a client's request. A small one, and one whose length is
// not known, is read before the application is asked: so that it can be told the
// length, be asked again, and is not occupied by a slow client. Any other is read as
// it is sent.
type content struct {
	d      *delivery
	length int64
	spool  *spool  // nil if there is none, or it streams
	stream *stream // nil if there is none, or it is spooled

	interrupted bool
}

const (
	pooledBody = 64 << 10 // of which the memory is used again
	usualMax   = 1 << 30  // of a body of unknown length
)

// take gets hold of the body of d's request.
func (c *content) take(d *delivery) error {
	r, cfg := d.r, &d.h.cfg
	c.d = d
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil
	}
	most := cfg.BodyMax
	if most > 0 && r.ContentLength > most {
		return &Error{Op: OpUpload, Err: &http.MaxBytesError{Limit: most}}
	}
	if r.ContentLength > cfg.BodyMemory {
		c.length, c.stream = r.ContentLength, &stream{body: r.Body}
		// Else net/http reads the rest of the request before it sends a response.
		_ = d.client().EnableFullDuplex()
		return nil
	}
	if most <= 0 {
		most = usualMax
	}
	c.spool = &spool{memory: cfg.BodyMemory, most: most, dir: cfg.TempDir}
	err := c.spool.fill(&d.h.pools, r.Body)
	switch c.length = c.spool.length; {
	case err != nil:
	case r.ContentLength > c.length:
		err = io.ErrUnexpectedEOF
	case r.ContentLength >= 0 && c.length > r.ContentLength:
		err = errors.New("longer than its Content-Length")
	default:
		return nil
	}
	if _, ours := errors.AsType[*spoolError](err); ours {
		return err
	}
	return &Error{Op: OpUpload, Err: err}
}

// body returns the body for one more attempt, and its length.
func (c *content) body() (io.Reader, int64) {
	switch {
	case c.stream != nil:
		return c.stream, c.length
	case c.spool == nil || c.length == 0:
		return nil, 0
	case c.spool.file != nil:
		return io.NewSectionReader(c.spool.file, 0, c.length), c.length
	}
	return bytes.NewReader(*c.spool.buf), c.length
}

func (c *content) streams() bool { return c.stream != nil }

// repeatable reports whether the body can be sent from its beginning.
func (c *content) repeatable() bool { return c.stream == nil || !c.stream.touched.Load() }

// interrupt has a Read of the body return. At the end of the body nobody waits for
// it, but net/http for the client to leave, which must not seem to happen.
func (c *content) interrupt() {
	if !c.stream.ended.Load() {
		c.interrupted = true
		_ = c.d.client().SetReadDeadline(time.Unix(1, 0))
	}
}

// free gives up what was kept.
func (c *content) free(p *pools) {
	if c.spool != nil {
		c.spool.free(p)
		c.spool = nil
	}
	if c.interrupted || c.stream != nil && !c.stream.whole.Load() {
		middleware.HangUp(c.d.w)
	}
}

// A stream is a body that is sent as it is read.
type stream struct {
	body                  io.Reader
	rest                  int64
	touched, ended, whole atomic.Bool
}

func (s *stream) Read(p []byte) (int, error) {
	s.touched.Store(true)
	n, err := s.body.Read(p)
	if err != nil {
		s.whole.Store(err == io.EOF)
		s.ended.Store(true)
	}
	return n, err
}
