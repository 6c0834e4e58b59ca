package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	maxPrefetch = 64 << 10 // of a body that is sent with the head
	headSize    = 2 << 10  // of most heads
)

// Outgoing is a request as it is sent.
type outgoing struct {
	key     key
	buf     *[]byte // the head, and a small body
	prefix  int     // length of the head in it
	streams bool    // the body is not in it
	length  int64   // of a body that streams; -1 is chunked
	expects bool    // the body waits for 100 (Continue)
	last    bool    // the backend is told to close the connection
}

// prepare turns the request into bytes. It reads a small body, which may take a
// client long, before there is a connection to be kept waiting.
func (x *exchange) prepare() error {
	bad := func(err error) error { return x.failed(OpRequest, err) }
	r, o := x.req, &x.out
	if err := o.route(r, &x.opt); err != nil {
		return bad(err)
	}
	length := bodyLength(r)
	o.expects = length != 0 && slices.ContainsFunc(r.Header["Expect"], func(v string) bool { return hasToken(v, "100-continue") })
	o.streams = length < 0 || length > maxPrefetch || o.expects
	o.length = length
	o.last = r.Close || closes(r.Header)
	size, pool := headSize, &x.t.heads
	if length != 0 && !o.streams {
		size, pool = headSize+maxPrefetch, &x.t.bodies
	}
	o.buf, _ = pool.Get().(*[]byte)
	if o.buf == nil {
		o.buf = new(make([]byte, 0, size))
	}
	b, err := appendHead((*o.buf)[:0], r, length)
	if err != nil {
		return bad(err)
	}
	o.prefix = len(b)
	if length > 0 && !o.streams {
		b = slices.Grow(b, int(length))[:len(b)+int(length)]
		if _, err := io.ReadFull(r.Body, b[o.prefix:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return x.failed(OpUpload, err)
		}
		if err := atEnd(r.Body); err != nil {
			return x.failed(OpUpload, err)
		}
	}
	*o.buf = b
	return nil
}

// free gives the buffer back, unless some of it is yet to be sent.
func (o *outgoing) free(t *Transport, up *upload) {
	if o.buf == nil || up != nil && up.pending != nil {
		return
	}
	switch size := cap(*o.buf); {
	case size >= headSize+maxPrefetch:
		t.bodies.Put(o.buf)
	case size <= 4*headSize:
		t.heads.Put(o.buf)
	}
	o.buf = nil
}

// route finds out where a request is to be sent.
func (o *outgoing) route(r *http.Request, opt *Exchange) error {
	if r.URL == nil {
		return errors.New("no URL")
	}
	o.key = key{network: opt.Network, address: opt.Address}
	port := "80"
	switch r.URL.Scheme {
	case "http":
	case "https":
		o.key.tls, o.key.serverName, port = true, r.URL.Hostname(), "443"
	default:
		return fmt.Errorf("unsupported scheme %q", r.URL.Scheme)
	}
	if o.key.network == "" {
		o.key.network = "tcp"
	}
	switch host := r.URL.Host; {
	case o.key.address != "":
	case host == "":
		return errors.New("no host in the URL")
	case isSocket(host):
		o.key.network, o.key.address = "unix", host
	default:
		o.key.address = withPort(r.URL, port)
	}
	return nil
}

// isSocket reports whether a host is the path of a Unix socket.
func isSocket(host string) bool { return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") }

func withPort(u *url.URL, port string) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// bodyLength returns the length of r's body, -1 if it is unknown.
func bodyLength(r *http.Request) int64 {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return 0
	case r.ContentLength == 0: // as http.Request has it for clients
		return -1
	}
	return max(r.ContentLength, -1)
}

// atEnd reads the end of a body, after as many bytes as it was to have: net/http
// watches a client only once it has seen the end of the request.
func atEnd(body io.Reader) error {
	var one [1]byte
	switch n, err := body.Read(one[:]); {
	case n > 0:
		return errors.New("longer than its Content-Length")
	case err == nil || err == io.EOF:
		return nil
	default:
		return err
	}
}
