package fastcgi

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// A ClientConfig says how to reach applications. The zero value is for use. A zero
// duration is the default, a negative one no limit.
type ClientConfig struct {
	// Dial opens a connection to an address, on network "tcp" or "unix". The
	// default is that of a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	DialTimeout time.Duration // to connect, also where a queue of connections is full; 5 s
	SendTimeout time.Duration // to take any more of the request; 60 s
	ReadTimeout time.Duration // to send anything more, once it has the request; 60 s

	// MaxIdle is how many connections per address may be kept unused; 4, negative
	// keeps none and has the application close each. IdleTimeout is for how long; 2 s.
	// For as long as a connection is open a process of PHP serves nobody else, which
	// is why it is so few, and so short: what others wait for at most.
	MaxIdle     int
	IdleTimeout time.Duration

	MaxHeader int // bytes of head of a response, with those of status 1xx; 1 MiB

	// Stderr is called with each line that an application has to say about the
	// request whose context is ctx, without what ends the line. It is called by the
	// goroutine that has called Do, or reads the body. A line of more than 16 KiB is
	// given in pieces, and line is not to be kept. Nil discards.
	Stderr func(ctx context.Context, line []byte)
}

// A Client sends requests to FastCGI applications and keeps connections to them.
// Create one by NewClient. It is safe for concurrent use.
type Client struct {
	cfg     ClientConfig
	pool    pool
	heads   sync.Pool // *[]byte, for requests without large bodies
	copying sync.Pool // *[]byte of copySize
	reading sync.Pool // *[connBuffer]byte
}

// NewClient returns a Client. It starts nothing.
func NewClient(c ClientConfig) *Client {
	c.DialTimeout = cmp.Or(c.DialTimeout, 5*time.Second)
	c.SendTimeout = cmp.Or(c.SendTimeout, time.Minute)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, time.Minute)
	c.MaxIdle = cmp.Or(c.MaxIdle, 4)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 2*time.Second)
	c.MaxHeader = cmp.Or(c.MaxHeader, 1<<20)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	client := &Client{cfg: c}
	client.pool.maxIdle, client.pool.idleTimeout = c.MaxIdle, c.IdleTimeout
	return client
}

// A Role is what an application is to do.
type Role uint16

// The roles of the protocol, but for that of a filter, which applications and
// servers alike do without.
const (
	Responder  Role = 1 // answer the request
	Authorizer Role = 2 // say whether it may be answered, by status 200 or a response
)

// A Request is what an application is asked.
type Request struct {
	Role   Role    // 0 is Responder
	Params *Params // as of RFC 3875, section 4.1, without CONTENT_LENGTH, which is added

	// Body is read for exactly ContentLength bytes. It is not closed. If it ends
	// before, the connection is closed, so that the application does not take for
	// whole what is not. What has no known length must be given one before.
	Body          io.Reader
	ContentLength int64

	// Informational is called with responses of status 1xx other than 100, which
	// precede the final one. An error ends the exchange. Nil discards.
	Informational func(status int, header http.Header) error

	// Interrupt makes a Read of Body return that is waiting, or a later one. Without
	// it, Do and Close of the response's body wait for a Read of Body that is under
	// way. In a handler:
	//
	//	func() { http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) }
	Interrupt func()
}

// A Response is what an application has answered.
type Response struct {
	Status int // 200 if it has not said which, or 302 where there is a Location

	// Header has no Status, and no fields about the connection of a client, of which
	// an application knows nothing.
	Header http.Header

	ContentLength int64 // -1 if it is not known

	// Local is whether the Location is a path on this server that is to be answered
	// in place of this response: RFC 3875, section 6.2.2.
	Local bool

	// Body is never nil and must be closed. It fails if the application did not end
	// it, or if it is shorter than ContentLength; what is longer is cut off.
	Body *Body
}

// Do sends r to an application and returns the response once its head has arrived.
// An error is an [*Error]. Of t only Network and Addr count.
//
// Params are not used any more after Do has returned. Body, Informational and
// Interrupt are not after the response's body was closed, or read to its end if
// there is no Body to be sent.
//
// A request is sent again if the connection broke, nothing came of an answer, and
// either nothing of the request was taken or its REQUEST_METHOD is idempotent, or it
// has an HTTP_IDEMPOTENCY_KEY: on a new connection if that was one that had been
// idle, and after a moment once more if it did not last for a second. Of bodies only
// those of less than 64 KiB are. What is not idempotent is sent only on connections
// that have been idle for 20 ms.
//
// When ctx ends, the connection is closed at once, so that an application that
// watches for that can stop, and whatever waits returns.
func (c *Client) Do(ctx context.Context, t upstream.Target, r *Request) (*Response, error) {
	x := &exchange{client: c, ctx: ctx, req: r, key: key{cmp.Or(t.Network, "tcp"), t.Addr}}
	if err := x.run(); err != nil {
		return nil, err
	}
	return &x.resp, nil
}

// CloseIdle closes the connections that are not in use.
func (c *Client) CloseIdle() { c.pool.clear(false) }

// Close closes the connections that are not in use, and has those in use closed
// when they no longer are. It waits for nothing.
func (c *Client) Close() error {
	c.pool.clear(true)
	return nil
}
