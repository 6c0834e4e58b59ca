package proxy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A TransportConfig says how to reach backends. The zero value is for use. A zero
// duration is the default, a negative one no limit.
type TransportConfig struct {
	// Dial opens a connection to an address, on network "tcp" or "unix". The
	// default is that of a net.Dialer. Bytes are moved by the kernel only if it
	// returns a *net.TCPConn or *net.UnixConn.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// TLS is for https and h2: RootCAs are whom to believe, Certificates what to
	// show if asked, ServerName what to ask for in place of the host of the URL.
	TLS *tls.Config

	// Pins, if any, are SHA-256 sums of public keys (SubjectPublicKeyInfo), of
	// which the backend must prove to have one, or to be certified by one.
	Pins [][sha256.Size]byte

	DialTimeout     time.Duration // to connect; 5 s
	TLSTimeout      time.Duration // to shake hands; 10 s
	WriteTimeout    time.Duration // to take any more of the request; 60 s
	HeaderTimeout   time.Duration // to answer, once it has the request; 60 s
	BodyTimeout     time.Duration // to send any more of the response; none
	ContinueTimeout time.Duration // to answer Expect: 100-continue, before the body is sent regardless; 1 s

	// IdleTimeout is how long a connection may stay unused; 50 s, which is below
	// the 60 s and 75 s that are common among servers, so that it is not they who
	// close it, perhaps just as a request arrives.
	IdleTimeout time.Duration

	MaxIdle   int // connections kept unused per address; 256, negative keeps none
	MaxHeader int // bytes of head of a response, with those of status 1xx; 1 MiB
}

// A Transport sends requests to backends and keeps connections to them. Create
// one by NewTransport. It is safe for concurrent use.
type Transport struct {
	cfg     TransportConfig
	pool    pool
	tls     func() *tls.Config             // this and h2 are made when they are needed,
	h2      atomic.Pointer[http.Transport] // which in most transports they never are
	heads   sync.Pool                      // *[]byte, for requests without their bodies
	bodies  sync.Pool                      // *[]byte, for requests with them
	copying sync.Pool                      // *[]byte of copySize
}

// NewTransport returns a Transport. It starts nothing.
func NewTransport(c TransportConfig) *Transport {
	c.DialTimeout = cmp.Or(c.DialTimeout, 5*time.Second)
	c.TLSTimeout = cmp.Or(c.TLSTimeout, 10*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, time.Minute)
	c.HeaderTimeout = cmp.Or(c.HeaderTimeout, time.Minute)
	c.ContinueTimeout = cmp.Or(c.ContinueTimeout, time.Second)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 50*time.Second)
	c.MaxIdle = cmp.Or(c.MaxIdle, 256)
	c.MaxHeader = cmp.Or(c.MaxHeader, 1<<20)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	secure, pins := c.TLS.Clone(), slices.Clone(c.Pins)
	t := &Transport{cfg: c, tls: sync.OnceValue(func() *tls.Config { return clientTLS(secure, pins) })}
	t.pool.idleTimeout, t.pool.maxIdle = c.IdleTimeout, c.MaxIdle
	return t
}

// An Exchange is what there is to say about one exchange beyond its request.
// The zero Exchange is what RoundTrip uses.
type Exchange struct {
	// Network and Address are where to connect to, if not to the host of the
	// request's URL: "tcp" and host:port, or "unix" and a path. An empty Network
	// is "tcp".
	Network, Address string

	// Header is where the fields of the response are added, such as the Header of
	// an http.ResponseWriter. If it is nil a new one is made. Nothing is added
	// before the head has arrived whole and is known to be good. Fields about the
	// connection, such as Connection and Keep-Alive, are among them; as with
	// net/http, Transfer-Encoding is not, nor Trailer if the body is chunked.
	Header http.Header

	// Informational is called with responses of status 1xx: those of 100 only if
	// the request waits for one, never those of 101. An error ends the exchange.
	Informational func(status int, header http.Header) error

	// Interrupt makes a Read of the request's body return that is waiting, or a
	// later one. Where it is given, nothing reads the request's body any more once
	// the exchange has failed or the body of the response was closed. In a handler:
	//
	//	func() { http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) }
	//
	// There the client's connection must then be closed after the response, as a Read
	// beyond the limit of an http.MaxBytesReader has net/http do. Otherwise it takes
	// what is left of the body for the next request.
	Interrupt func()

	connected func() // is called once there is a new connection; nil is nobody who asks
}

// RoundTrip is Do without anything to say. It calls Got1xxResponse and
// Got100Continue of an httptrace.ClientTrace in the request's context, and for
// HTTP/2 all of its functions.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if isHTTP2(r) {
		return t.doHTTP2(r, Exchange{})
	}
	return t.doHTTP1(r, Exchange{Informational: traced(r.Context())})
}

// Do sends r and returns the response once its head has arrived. The rules are those
// of an [http.RoundTripper]: the body of the response must be closed, and that of r is
// closed in any case. The header of r is sent as it is, with fields that are meant for
// one connection only, but for Host, Content-Length, Transfer-Encoding and Trailer,
// for which there are fields of r. The request is not looked at any more after the
// body of the response was closed, but for a Read of its body (see
// Exchange.Interrupt). The body of a 101 is an [Upgraded].
//
// Do ends when the context of r does, and so does reading the response's body.
func (t *Transport) Do(r *http.Request, x Exchange) (*http.Response, error) {
	if isHTTP2(r) {
		return t.doHTTP2(r, x)
	}
	return t.doHTTP1(r, x)
}

const copySize = 32 << 10

// copyBuffer returns a buffer that is to be put back to t.copying.
func (t *Transport) copyBuffer() *[]byte {
	if buf, ok := t.copying.Get().(*[]byte); ok {
		return buf
	}
	return new(make([]byte, copySize))
}

func isHTTP2(r *http.Request) bool {
	return r.URL != nil && (r.URL.Scheme == "h2" || r.URL.Scheme == "h2c")
}

// CloseIdleConnections closes the connections that are not in use.
func (t *Transport) CloseIdleConnections() {
	t.pool.clear(false)
	t.closeIdleHTTP2()
}

// Close closes the connections that are not in use, and has those in use closed
// when they no longer are. It waits for nothing.
func (t *Transport) Close() error {
	t.pool.clear(true)
	t.closeIdleHTTP2()
	return nil
}
