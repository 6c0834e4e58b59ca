package proxy

import (
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"sync"
	"time"
)

// An Upgraded is the body of a response of status 101: the connection, on which
// something else than HTTP is now spoken. One goroutine may read from it while
// another writes to it. The end of the request's context ends both.
//
// Where both sides are connections of the kernel's, WriteTo and ReadFrom have it
// move the bytes.
type Upgraded struct {
	x     *exchange
	close sync.Once
	lr    io.LimitedReader
}

var (
	_ io.ReadWriteCloser = (*Upgraded)(nil)
	_ io.WriterTo        = (*Upgraded)(nil)
	_ io.ReaderFrom      = (*Upgraded)(nil)
)

func (x *exchange) upgraded() *Upgraded {
	x.readWithin(0)
	x.writeWithin(0)
	return &Upgraded{x: x}
}

// Read reads what the backend sends.
func (u *Upgraded) Read(p []byte) (int, error) {
	r := &u.x.c.r
	if buffered := r.buffered(); len(buffered) > 0 {
		n := copy(p, buffered)
		r.r += n
		return n, nil
	}
	n, err := u.x.c.Read(p)
	return n, u.failed(err)
}

// Write sends to the backend.
func (u *Upgraded) Write(p []byte) (int, error) {
	n, err := u.x.c.Write(p)
	return n, u.failed(err)
}

// WriteTo writes what the backend sends to w, to the end.
func (u *Upgraded) WriteTo(w io.Writer) (int64, error) { return u.writeTo(w, math.MaxInt64) }

// writeTo writes about that many bytes of what the backend sends.
func (u *Upgraded) writeTo(w io.Writer, limit int64) (int64, error) {
	var written int64
	r := &u.x.c.r
	if buffered := r.buffered(); len(buffered) > 0 {
		n, err := w.Write(buffered)
		r.r += n
		written = int64(n)
		if err != nil {
			return written, err
		}
	}
	u.lr = io.LimitedReader{R: u.x.c.Conn, N: limit}
	if u.x.c.bare() {
		u.lr.R = u.x.c.kernel
	}
	n, err := io.Copy(w, &u.lr)
	return written + n, u.failed(err)
}

// ReadFrom sends all of src to the backend.
func (u *Upgraded) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(u.x.c.Conn, src)
	return n, u.failed(err)
}

// CloseWrite tells the backend that nothing more will be sent.
func (u *Upgraded) CloseWrite() error {
	switch c := u.x.c.Conn.(type) {
	case *tls.Conn:
		return c.CloseWrite()
	case interface{ CloseWrite() error }:
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetReadDeadline is that of a net.Conn. It has no effect once the request's
// context has ended.
func (u *Upgraded) SetReadDeadline(t time.Time) error {
	return u.set(t, (net.Conn).SetReadDeadline)
}

// SetWriteDeadline is that of a net.Conn. It has no effect once the request's
// context has ended.
func (u *Upgraded) SetWriteDeadline(t time.Time) error {
	return u.set(t, (net.Conn).SetWriteDeadline)
}

func (u *Upgraded) set(t time.Time, deadline func(net.Conn, time.Time) error) error {
	u.x.mu.Lock()
	defer u.x.mu.Unlock()
	if u.x.ended != nil {
		return u.x.ended
	}
	return deadline(u.x.c.Conn, t)
}

// Close closes the connection.
func (u *Upgraded) Close() error {
	u.close.Do(func() { u.x.finish(false) })
	return nil
}

// failed returns err, or why the exchange has ended.
func (u *Upgraded) failed(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	u.x.mu.Lock()
	defer u.x.mu.Unlock()
	if u.x.ended != nil {
		return u.x.ended
	}
	return err
}
