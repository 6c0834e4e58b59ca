package fastcgi

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// An exchange is one request and its response. The goroutine of the request does
// all of it, but for a body that is sent meanwhile (see upload) and the end of the
// context.
type exchange struct {
	client *Client
	ctx    context.Context
	req    *Request
	key    key

	out      *[]byte // the head of the request, and the body if that is small
	streams  bool    // the body is sent after out
	head     bool    // there will be no body of the response
	safe     bool    // the method is idempotent
	keyed    bool    // or the client says that the request is
	conn     *conn
	began    time.Time
	reached  bool // some of the request was sent in an attempt before this
	sent     bool // some of the request
	answered bool // some of an answer has come
	spoke    bool // and some of it is for the client
	finished bool // the connection was given back, or closed
	ended    bool // by the application
	refusal  Refusal
	app      uint32 // what it ended with
	silenced bool   // its standard output has ended
	refused  bool   // it takes no more of the request
	hurried  bool   // nobody is to wait for longer than flushAfter
	up       *upload
	stop     func() bool // of watching the context; nil if it never ends
	line     []byte      // of standard error that has no end yet

	mu      sync.Mutex
	failure error // why the connection was closed; nil while all is well
	over    bool  // nothing of the request may be touched any more

	resp Response
	body Body
}

func (x *exchange) run() error {
	if x.ctx.Done() != nil {
		if x.ctx.Err() != nil {
			return x.failed(OpDial, upstream.Canceled(x.ctx))
		}
		x.stop = context.AfterFunc(x.ctx, x.cancel)
	}
	err := x.prepare()
	if err == nil {
		err = x.attempts()
	}
	if err != nil {
		x.leave()
	}
	x.free()
	return err
}

// attempt sends the request over one connection and receives the head of the
// response. If that fails the connection is closed.
func (x *exchange) attempt(fresh bool) error {
	x.attach(nil)
	x.reached = x.reached || x.sent
	x.sent, x.answered = false, false
	c, err := x.connect(fresh)
	if err != nil {
		return x.failed(OpDial, err)
	}
	if !x.attach(c) {
		c.Close()
		return x.failed(OpDial, upstream.Canceled(x.ctx))
	}
	setID(*x.out, c.begin())
	x.began = time.Now()
	err = x.send()
	if err == nil || worthAsking(err) {
		// An application that refuses a request may answer and close before it has
		// read all of it. The answer says more than the failed write.
		if rerr := x.receive(err != nil); rerr == nil {
			return nil
		} else if err == nil || x.answered {
			err = rerr
		}
	}
	x.abandon()
	return err
}

// connect returns an idle connection, or a new one.
func (x *exchange) connect(fresh bool) (*conn, error) {
	if !fresh {
		if c := x.client.pool.get(x.key, x.streams || !x.idempotent()); c != nil {
			return c, nil
		}
	}
	return x.client.dial(x.ctx, x.key)
}

// worthAsking reports whether there may be an answer though the write failed.
func worthAsking(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Op == OpWrite && !e.Timeout() && !errors.Is(err, context.Canceled)
}

// attach makes c the exchange's, unless that has ended.
func (x *exchange) attach(c *conn) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failure != nil {
		return false
	}
	x.conn = c
	return true
}

// cancel ends the exchange with its context.
func (x *exchange) cancel() {
	x.end(upstream.Canceled(x.ctx))
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.over && x.req.Interrupt != nil && x.req.ContentLength > 0 {
		x.req.Interrupt()
	}
}

// end makes whatever waits for the connection return, and remembers why. To an
// application there is no other sign: PHP does not listen to FCGI_ABORT_REQUEST.
func (x *exchange) end(why error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failure != nil || x.over {
		return
	}
	x.failure = why
	if x.conn != nil {
		x.conn.Close()
	}
}

// readPatiently gives the next read as long as it may take. While the request is
// being sent the application is not the one who is waited for: the end of that sets
// the deadline then.
func (x *exchange) readPatiently() {
	x.mu.Lock()
	defer x.mu.Unlock()
	d := x.client.cfg.ReadTimeout
	switch {
	case x.hurried:
		d = flushAfter
	case x.refused:
		d = lastWords
	case x.up != nil && !x.up.finished():
		d = 0
	}
	x.conn.SetReadDeadline(deadline(d))
}

func (x *exchange) writeWithin(d time.Duration) { x.conn.SetWriteDeadline(deadline(d)) }

func deadline(d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// well reports whether the exchange goes on.
func (x *exchange) well() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.failure == nil
}

// failed returns err with what is known of the exchange, or why it was ended.
func (x *exchange) failed(op string, err error) error {
	x.mu.Lock()
	failure := x.failure
	x.mu.Unlock()
	if e, ok := errors.AsType[*Error](failure); ok {
		op, err = e.Op, e.Err
	} else if failure != nil {
		err = failure
	} else if x.ctx.Err() != nil { // of which cancel is yet to hear
		err = upstream.Canceled(x.ctx)
	} else if errors.Is(err, os.ErrDeadlineExceeded) && op != OpDial {
		err = errTooSlow{op}
	}
	e := &Error{Op: op, Address: x.key.address, Sent: x.reached, Err: err}
	if x.conn != nil {
		refusal, _ := errors.AsType[Refusal](err)
		e.Sent = x.reached || x.sent && !(refusal.isKnown() && !x.spoke)
		e.Answered, e.Reused = x.answered, x.conn.reused
	}
	return e
}

// abandon closes the connection and sees to it that the request's body is not
// read any more.
func (x *exchange) abandon() {
	x.client.drop(x.conn)
	x.endLine()
	x.join()
}

// join ends the sending of the body if that still goes on.
func (x *exchange) join() {
	if x.up == nil {
		return
	}
	if !x.up.finished() && x.req.Interrupt != nil {
		x.req.Interrupt()
	}
	<-x.up.done
}

// leave has what watches the context not touch anything any more. It reports
// whether it has not until now.
func (x *exchange) leave() bool {
	stopped := x.stop == nil || x.stop()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	return stopped && x.failure == nil
}

// finish gives the connection back, or closes it if there is any doubt that both
// the request and the response have ended, and nothing came after. A connection
// that is given back too early makes somebody read what is another's: caddy#1204.
func (x *exchange) finish() {
	if x.finished {
		return
	}
	x.finished = true
	c := x.conn
	whole := x.ended && !x.refused && x.refusal == 0 && c.content == 0 && c.padding == 0 && len(c.buffered()) == 0
	if !whole || x.up != nil && !x.up.succeeds() {
		x.abandon()
		x.leave()
		return
	}
	if x.leave() {
		x.client.pool.put(c)
		return
	}
	x.client.drop(c)
}

// Read reads from the connection.
func (x *exchange) Read(p []byte) (int, error) {
	x.readPatiently()
	n, err := readSome(x.conn, p)
	switch {
	case n > 0:
		x.answered = true
	case err == io.EOF && x.answered:
		err = io.ErrUnexpectedEOF
	case x.hurried && errors.Is(err, os.ErrDeadlineExceeded) && x.well():
		err = errPause
	}
	return n, err
}
