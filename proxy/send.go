package proxy

import (
	"errors"
	"os"
	"time"
)

const (
	// What the send buffer of a socket whose other side has all that was sent
	// before takes without waiting, on any system.
	certain = 4 << 10

	// How long a small body may wait for the backend to read before the response
	// is looked at: a backend that does not read on may be waiting itself, for us
	// to read what it has answered already.
	stall = 100 * time.Millisecond
)

// send writes the head, and the body if that is small; else it starts to.
func (x *exchange) send() error {
	buf := *x.out.buf
	if !x.asks() {
		x.watch()
	}
	switch {
	case x.out.streams:
		if err := x.write(buf, x.t.cfg.WriteTimeout); err != nil {
			return x.failed(OpWrite, err)
		}
		if !x.out.expects {
			x.startUpload(nil)
		}
	case x.asks():
		return x.ask(buf)
	case x.c.bare() && x.out.short():
		if err := x.write(buf, 0); err != nil {
			return x.failed(OpWrite, err)
		}
	case x.c.bare() && resumable:
		n, err := x.writeSome(buf, stall)
		if n < len(buf) && errors.Is(err, os.ErrDeadlineExceeded) && x.well() {
			x.startUpload(buf[n:])
		} else if err != nil {
			return x.failed(OpWrite, err)
		}
	case len(buf) <= 4*certain:
		if err := x.write(buf, x.t.cfg.WriteTimeout); err != nil {
			return x.failed(OpWrite, err)
		}
	default: // nor can a write of TLS be continued whose time was up
		x.startUpload(buf)
	}
	return nil
}

// short reports whether the request can be written without waiting.
func (o *outgoing) short() bool { return !o.streams && len(*o.buf) <= certain }

// asks reports whether send is to ask.
func (x *exchange) asks() bool {
	return x.c.reused && x.c.bare() && x.out.short() && x.c.probe.sees()
}

// patience is for how long a short request is not watched for the end of its context,
// which costs more than most waits are worth.
const patience = 25 * time.Millisecond

// ask writes a short request to a connection that was idle, and waits for the first
// of the response.
func (x *exchange) ask(request []byte) error {
	limit := x.t.cfg.HeaderTimeout
	patient := limit <= 0 || limit > patience
	x.writeWithin(0)
	if patient {
		x.readWithin(patience)
	} else {
		x.readWithin(limit)
	}
	r := &x.c.r
	sent, n, stale, err := x.c.probe.askFirst(request, r.buf)
	if sent < len(request) && errors.Is(err, os.ErrDeadlineExceeded) && x.well() {
		// On a busy machine the time can be up before there was a turn. That is nobody's
		// fault, and nothing was looked at either.
		err = nil
		stale = sent == 0 && !x.c.probe.silent()
	}
	if stale {
		return errStale
	}
	x.sent, x.answered = sent > 0, n > 0
	r.r, r.w = 0, n
	if patient && sent == len(request) && errors.Is(err, os.ErrDeadlineExceeded) {
		x.watch()
		x.readWithin(limit - min(patience, max(limit, 0)))
		err = nil
	}
	switch {
	case err != nil && sent < len(request):
		return x.failed(OpWrite, err)
	case err != nil:
		return x.failed(OpHeader, err)
	case sent < len(request):
		x.watch()
		if err := x.write(request[sent:], 0); err != nil {
			return x.failed(OpWrite, err)
		}
		return nil
	}
	x.heard = true
	return nil
}

func (x *exchange) write(p []byte, d time.Duration) error {
	_, err := x.writeSome(p, d)
	return err
}

func (x *exchange) writeSome(p []byte, d time.Duration) (int, error) {
	x.writeWithin(d)
	n, err := x.c.Write(p)
	x.sent = x.sent || n > 0
	return n, err
}
