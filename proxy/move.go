package proxy

import "io"

// WriteTo writes the rest of the body. If w is an io.ReaderFrom, as are a
// net.TCPConn and the http.ResponseWriter in front of it, it is given the
// connection itself to read from. What is chunked or encrypted is copied.
//
// An error of w is returned as it is, unless the exchange has ended; one of the
// backend is an *Error.
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
	case err != nil && b.x.c.probe.reset():
		b.ends(err) // an error of ours rather than w's
		return moved, b.err
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
	buf := b.x.t.copyBuffer()
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
