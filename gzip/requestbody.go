package gzip

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A requestBody decodes the body of a request. It begins when it is first read,
// since that may be what makes the client send it.
type requestBody struct {
	decoders *requestDecoders
	codings  []*decoderPool
	src      source

	mu     sync.Mutex
	stages []*stage // one for each coding, the outermost first
	err    error    // of Read, from then on
}

// A source is the body as it was sent.
type source struct {
	io.ReadCloser
	limit int64 // negative is none
	n     int64
	err   error // other than io.EOF
}

// freeOfLimit is how much more may be sent than may come of it. There are encodings of
// nothing, and no end of them.
const freeOfLimit = 1 << 20

func (s *source) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.n += int64(n)
	if s.limit >= 0 && s.n-freeOfLimit > s.limit {
		n, err = 0, tooLarge(s.limit)
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// A stage is one coding that is decoded. What is in between counts as well as what
// is the result.
type stage struct {
	body *requestBody
	from decoder
	pool *decoderPool
	n    int64
}

func (s *stage) Read(p []byte) (int, error) {
	d := s.body.decoders
	n, err := s.from.Read(p)
	s.n += int64(n)
	if d.MaxBytes >= 0 && s.n > d.MaxBytes {
		return int(max(int64(n)-(s.n-d.MaxBytes), 0)), tooLarge(d.MaxBytes)
	}
	if d.MaxRatio >= 0 && s.n > freeOfRatio && s.n/int64(d.MaxRatio) > s.body.src.n {
		return 0, &bodyError{http.StatusRequestEntityTooLarge, fmt.Errorf("the body becomes more than %d times as long", d.MaxRatio)}
	}
	return n, err
}

// Read implements [io.Reader].
func (b *requestBody) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.stages == nil {
		b.err = b.open()
	}
	if b.err == nil {
		n, b.err = b.stages[len(b.stages)-1].Read(p)
	}
	b.err = b.blame(b.err)
	return n, b.err
}

// open makes the stages, which have the window in equal parts.
func (b *requestBody) open() error {
	b.src.limit = b.decoders.MaxBytes
	windows := 0
	for _, pool := range b.codings {
		if pool.windowed {
			windows++
		}
	}
	var r io.Reader = &b.src
	for i := len(b.codings) - 1; i >= 0; i-- {
		pool := b.codings[i]
		s := &stage{body: b, from: pool.get(), pool: pool}
		b.stages = append(b.stages, s)
		if err := s.from.open(r, maxWindow/max(windows, 1)); err != nil {
			return err
		}
		r = s
	}
	return nil
}

// blame says whose fault an error is: that of the connection, the limits, or else
// the client.
func (b *requestBody) blame(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if b.src.err != nil {
		return b.src.err
	}
	if _, ok := errors.AsType[*bodyError](err); ok {
		return err
	}
	switch {
	case b.src.n == 0:
		return io.EOF // nothing, encoded, is nothing
	case err == errWindow, errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &bodyError{http.StatusRequestEntityTooLarge, err}
	}
	return &bodyError{http.StatusBadRequest, err}
}

// Close implements [io.Closer].
func (b *requestBody) Close() error {
	b.release()
	return b.src.Close()
}

// release gives the decoders back, unless somebody is still reading.
func (b *requestBody) release() {
	if !b.mu.TryLock() {
		return
	}
	defer b.mu.Unlock()
	for _, s := range b.stages {
		s.pool.put(s.from)
	}
	b.stages = nil
	b.err = http.ErrBodyReadAfterClose
}

// A bodyError is what is wrong with the body of a request.
type bodyError struct {
	status int
	err    error
}

func tooLarge(limit int64) error {
	return &bodyError{http.StatusRequestEntityTooLarge, &http.MaxBytesError{Limit: limit}}
}

func (e *bodyError) Error() string   { return "gzip: cannot decode the request: " + e.err.Error() }
func (e *bodyError) Unwrap() error   { return e.err }
func (e *bodyError) StatusCode() int { return e.status }
