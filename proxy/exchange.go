package proxy

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// An exchange is one request and its response over HTTP/1.1. The goroutine of the
// request does all of it, but for a body that is sent meanwhile (see upload) and
// the end of the context.
type exchange struct {
	t   *Transport
	req *http.Request
	opt Exchange
	out outgoing

	c        *conn
	sent     bool // some of the request
	answered bool // some of a response has come
	heard    bool // by the question that the request was
	withheld bool // not all of the request was sent, since a final response came first
	up       *upload
	stop     func() bool // of watching the context; nil if that is not done

	mu       sync.Mutex
	ended    error // why deadlines must be left in the past; nil while all is well
	headDone bool  // the final head has arrived

	f    framing
	resp http.Response
	body body
}

// doHTTP1 is Do for HTTP/1.1.
func (t *Transport) doHTTP1(r *http.Request, opt Exchange) (*http.Response, error) {
	x := &exchange{t: t, req: r, opt: opt}
	panics := true
	defer func() {
		if panics {
			x.panicked()
		}
	}()
	err := x.prepare()
	if err == nil {
		err = x.run()
	}
	if x.up == nil {
		closeBody(r) // else whoever sends it does
	}
	x.out.free(t, x.up)
	panics = false
	if err != nil {
		return nil, err
	}
	return &x.resp, nil
}

// panicked cleans up after somebody that is called on the way has panicked.
func (x *exchange) panicked() {
	if x.stop != nil {
		x.stop()
	}
	if x.c != nil {
		x.abandon()
	}
}

func (x *exchange) run() error {
	if ctx := x.req.Context(); ctx.Err() != nil {
		return x.failed(OpDial, upstream.Canceled(ctx))
	}
	err := x.attempt(false)
	if err != nil && x.mayRepeat(err) {
		err = x.attempt(true)
	}
	if err != nil && x.stop != nil {
		x.stop()
	}
	return err
}

// watch has the exchange end with its context.
func (x *exchange) watch() {
	if ctx := x.req.Context(); x.stop == nil && ctx.Done() != nil {
		x.stop = context.AfterFunc(ctx, x.cancel)
	}
}

// attempt sends the request over one connection and receives the head of the
// response. If that fails the connection is closed.
func (x *exchange) attempt(fresh bool) error {
	x.attach(nil)
	x.sent, x.answered, x.heard = false, false, false
	err := errStale
	var idle time.Duration
	for err == errStale {
		c, cerr := x.connect(fresh)
		if cerr != nil {
			return x.failed(OpDial, cerr)
		}
		if !x.attach(c) {
			c.Close()
			return x.failed(OpDial, upstream.Canceled(x.req.Context()))
		}
		idle = c.idle // which is another's once c is given back
		if err = x.send(); err == errStale {
			x.attach(nil)
			x.t.pool.foundClosed(x.out.key, idle)
			c.Close()
		}
	}
	if err == nil || worthAsking(err) {
		// A backend that refuses a request commonly answers and closes before it
		// has read all of it. The answer says more than the failed write.
		if rerr := x.receive(err != nil); rerr == nil {
			x.t.pool.foundKept(x.out.key, idle)
			return nil
		} else if err == nil || x.answered {
			err = rerr
		}
	}
	if x.died(err) {
		x.t.pool.foundClosed(x.out.key, idle)
	}
	x.abandon()
	return err
}

// connect returns an idle connection, or a new one.
func (x *exchange) connect(fresh bool) (*conn, error) {
	if !fresh {
		if c := x.t.pool.get(x.out.key, x.out.streams || !upstream.Idempotent(x.req), x.out.short()); c != nil {
			return c, nil
		}
	}
	c, err := x.t.dial(x.req.Context(), x.out.key)
	if err == nil && x.opt.connected != nil {
		x.opt.connected()
	}
	return c, err
}

// errStale is that a connection had been closed, or said something, by the time that
// it was to be used. Nothing was sent on it.
var errStale = errors.New("stale connection")

// attach makes c the exchange's, unless that has ended.
func (x *exchange) attach(c *conn) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended != nil {
		return false
	}
	x.c = c
	return true
}

// failed returns err with what is known of the exchange, or why it was ended.
func (x *exchange) failed(op string, err error) error {
	x.mu.Lock()
	ended := x.ended
	x.mu.Unlock()
	if e, ok := errors.AsType[*Error](ended); ok {
		op, err = e.Op, e.Err
	} else if ended != nil {
		err = ended
	} else if x.req.Context().Err() != nil { // of which cancel is yet to hear
		err = upstream.Canceled(x.req.Context())
	} else if errors.Is(err, os.ErrDeadlineExceeded) && op != OpDial {
		err = errTooSlow{op}
	}
	e := &Error{Op: op, Address: x.out.key.address, Err: err}
	if x.c != nil {
		e.Sent, e.Answered, e.Reused = x.sent, x.answered, x.c.reused
	}
	return e
}

// abandon closes the connection and sees to it that the request's body is not
// read for longer than it must be.
func (x *exchange) abandon() {
	x.c.Close()
	x.join()
}

// join ends the sending of the body if that still goes on.
func (x *exchange) join() {
	if x.up == nil || x.up.finished() || x.opt.Interrupt == nil {
		return
	}
	x.opt.Interrupt()
	<-x.up.done
}

// grace is for the goroutine that has sent the last of a body to say so, when the
// response is already there.
const grace = 50 * time.Millisecond

// finish gives the connection back, or closes it if it is not at the end of a
// response, or of the request. Nobody uses it any more.
func (x *exchange) finish(whole bool) {
	whole = whole && !x.f.close && !x.out.last && !x.withheld && x.f.keepFor >= 0 && len(x.c.r.buffered()) == 0
	if whole && x.up != nil {
		whole = x.up.succeeds(grace)
	}
	if x.stop != nil && !x.stop() {
		whole = false
	}
	if !whole {
		x.abandon()
		return
	}
	x.c.keepFor = x.f.keepFor
	x.t.pool.put(x.c)
}

// Read reads from the connection, for the reader in front of it.
func (x *exchange) Read(p []byte) (int, error) {
	switch {
	case x.headDone:
		x.readWithin(max(x.t.cfg.BodyTimeout, 0))
	case x.heard: // the beginning of a head, for the rest of which there is more time
		x.heard = false
		x.watch()
		x.readWithin(x.t.cfg.HeaderTimeout)
	}
	n, err := x.c.Read(p)
	x.answered = x.answered || n > 0
	return n, err
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}
