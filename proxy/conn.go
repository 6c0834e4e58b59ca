package proxy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"time"
)

// A key is what connections must agree in to stand in for each other.
type key struct {
	network, address string
	tls              bool
	serverName       string
}

// A conn is a connection to a backend. It is either idle and in the pool, or
// belongs to one exchange.
type conn struct {
	net.Conn           // what is read and written: the kernel's or that of TLS
	key       key      // where it leads
	kernel    net.Conn // the *net.TCPConn or *net.UnixConn itself, or nil if it is hidden
	tls       *tls.ConnectionState
	below     *below // what TLS reads from
	probe     probe
	r         reader
	fields    []field // scratch of readHead
	reused    bool
	deadlines struct{ read, write bool } // which are set
	since     time.Time                  // when it became idle
	idle      time.Duration              // for how long it was before it came to be used
	expires   time.Time                  // when to give it up, once idle
	keepFor   time.Duration              // what the backend has announced; 0 is nothing
}

// bare reports whether bytes pass between c and the kernel unchanged.
func (c *conn) bare() bool { return c.kernel != nil && c.tls == nil }

func (t *Transport) dial(ctx context.Context, k key) (*conn, error) {
	raw, err := t.dialRaw(ctx, k.network, k.address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, key: k, r: reader{buf: make([]byte, readerSize)}}
	switch raw.(type) {
	case *net.TCPConn, *net.UnixConn:
		c.kernel = raw
		c.probe.attach(raw)
	}
	if k.tls {
		c.below = &below{Conn: raw}
		tc, err := t.handshake(ctx, c.below, k.serverName, "http/1.1")
		if err != nil {
			raw.Close()
			return nil, err
		}
		c.Conn, c.tls = tc, new(tc.ConnectionState())
	}
	return c, nil
}

func (t *Transport) dialRaw(ctx context.Context, network, address string) (net.Conn, error) {
	if t.cfg.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.cfg.DialTimeout)
		defer cancel()
	}
	return t.cfg.Dial(ctx, network, address)
}

// handshake has whoever is at the other end of raw prove to be called name, unless the
// configuration has another, and agree to speak a protocol.
func (t *Transport) handshake(ctx context.Context, raw net.Conn, name, protocol string) (*tls.Conn, error) {
	if t.cfg.TLSTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.cfg.TLSTimeout)
		defer cancel()
	}
	cfg := t.tls().Clone()
	cfg.NextProtos = []string{protocol}
	cfg.ServerName = cmp.Or(cfg.ServerName, name)
	c := tls.Client(raw, cfg)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Below is what TLS reads from, which remembers whether it has ended. TLS takes an
// end without an alert for one, so that by itself it does not tell an end from a
// cut. RFC 9112, section 9.8.
type below struct {
	net.Conn
	ended bool
}

func (b *below) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// cut reports whether the end of what was read may not be where the backend has
// put it.
func (c *conn) cut() bool { return c.below != nil && c.below.ended }

// clientTLS completes cfg, of which nobody else knows and which may be nil, and has it
// check pins.
func clientTLS(cfg *tls.Config, pins [][sha256.Size]byte) *tls.Config {
	if cfg == nil {
		cfg = new(tls.Config)
	}
	if cfg.ClientSessionCache == nil {
		cfg.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	if len(pins) == 0 {
		return cfg
	}
	also := cfg.VerifyConnection
	cfg.VerifyConnection = func(cs tls.ConnectionState) error {
		if !pinned(cs, pins) {
			return errors.New("the backend's public key is none of those pinned")
		}
		if also != nil {
			return also(cs)
		}
		return nil
	}
	return cfg
}

// pinned reports whether a pin is that of the backend or of who certified it.
// Without a chain that was verified, anybody can send certificates of others
// after his own, so only the first counts.
func pinned(cs tls.ConnectionState, pins [][sha256.Size]byte) bool {
	known := func(cert *x509.Certificate) bool {
		return slices.Contains(pins, sha256.Sum256(cert.RawSubjectPublicKeyInfo))
	}
	for _, chain := range cs.VerifiedChains {
		if slices.ContainsFunc(chain, known) {
			return true
		}
	}
	return len(cs.PeerCertificates) > 0 && known(cs.PeerCertificates[0])
}

// alive reports whether an idle connection is as it was left: open, with nothing
// to be read from it. What a backend sends unasked must not become the answer to
// the next request.
func (c *conn) alive() bool {
	if !c.probe.silent() {
		return false
	}
	if c.tls == nil {
		return true
	}
	// What TLS has read ahead the kernel does not know of. A read whose time is up
	// returns it, or fails before it waits; unlike a write, it can be repeated.
	if c.SetReadDeadline(past) != nil {
		return false
	}
	c.deadlines.read = true
	var one [1]byte
	n, err := c.Read(one[:])
	ne, ok := errors.AsType[net.Error](err)
	return n == 0 && ok && ne.Timeout()
}

// A reader is a buffer in front of a connection. Unlike a bufio.Reader it grows
// as far as it is allowed to, for a head to lie in it in one piece.
type reader struct {
	buf  []byte
	r, w int
}

const readerSize = 4 << 10

func (b *reader) buffered() []byte { return b.buf[b.r:b.w] }

// more reads once, and has room for limit bytes at most.
func (b *reader) more(src io.Reader, limit int) error {
	if b.r == b.w {
		b.r, b.w = 0, 0
	}
	if b.w == len(b.buf) {
		switch {
		case b.r > 0:
			b.w = copy(b.buf, b.buffered())
			b.r = 0
		case b.w >= limit:
			return malformed("too long")
		default:
			b.buf = append(b.buf, make([]byte, min(len(b.buf), limit-len(b.buf)))...)
		}
	}
	n, err := readSome(src, b.buf[b.w:])
	b.w += n
	return err
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

// reset makes an empty reader small again.
func (b *reader) reset() {
	b.r, b.w = 0, 0
	if len(b.buf) > 4*readerSize {
		b.buf = make([]byte, readerSize)
	}
}
