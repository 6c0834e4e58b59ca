package fastcgi

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// A key is what connections must agree in to stand in for each other.
type key struct{ network, address string }

// A conn is a connection to an application. It is either idle and in the pool, or
// belongs to one exchange.
type conn struct {
	net.Conn
	key    key
	peek   peek
	reused bool
	since  time.Time // when it became idle
	id     uint16    // of the request

	buf  *[connBuffer]byte
	r, w int // what is in buf to be read

	kind    byte // of the record that is being read
	content int  // of it, yet to be read
	padding int
}

const connBuffer = 16 << 10

func (c *Client) dial(ctx context.Context, k key) (*conn, error) {
	if c.cfg.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.cfg.DialTimeout)
		defer cancel()
	}
	raw, err := c.cfg.Dial(ctx, k.network, k.address)
	for wait := time.Millisecond; err != nil && errors.Is(err, syscall.EAGAIN); wait = min(2*wait, 64*time.Millisecond) {
		// Linux does not have a Unix socket wait whose queue is full, as it is when all
		// processes of PHP are busy for a while.
		if !pause(ctx, wait) {
			return nil, err
		}
		raw, err = c.cfg.Dial(ctx, k.network, k.address)
	}
	if err != nil {
		return nil, err
	}
	conn := &conn{Conn: raw, key: k}
	conn.buf, _ = c.reading.Get().(*[connBuffer]byte)
	if conn.buf == nil {
		conn.buf = new([connBuffer]byte)
	}
	conn.peek.attach(raw)
	return conn, nil
}

// drop closes a connection that nobody reads from any more.
func (c *Client) drop(conn *conn) {
	conn.Close()
	if conn.buf != nil {
		c.reading.Put(conn.buf)
		conn.buf = nil
	}
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// begin gives the next request a number. What is left of the one before, if an
// application sends something late, has another.
func (c *conn) begin() uint16 {
	c.id = 1 + c.id%2
	c.kind, c.content, c.padding = 0, 0, 0
	return c.id
}

func (c *conn) buffered() []byte { return c.buf[c.r:c.w] }

// skip takes n bytes of the content of a record that are buffered.
func (c *conn) skip(n int) {
	c.r += n
	c.content -= n
}

// room makes some in buf, of which no more is in use than there is of a header or
// the end of a request.
func (c *conn) room() []byte {
	if c.r > 0 {
		c.w = copy(c.buf[:], c.buffered())
		c.r = 0
	}
	return c.buf[c.w:]
}

// readSome reads at least one byte or returns an error, never both.
func readSome(src io.Reader, p []byte) (int, error) {
	for range 100 {
		n, err := src.Read(p)
		if n > 0 {
			return n, nil // the error will come again
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}
