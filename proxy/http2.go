package proxy

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// http2 returns what speaks HTTP/2 for t.
func (t *Transport) http2() *http.Transport {
	if t.h2.Load() == nil {
		t.h2.CompareAndSwap(nil, t.newHTTP2())
	}
	return t.h2.Load()
}

func (t *Transport) closeIdleHTTP2() {
	if h := t.h2.Load(); h != nil {
		h.CloseIdleConnections()
	}
}

// newHTTP2 returns what speaks HTTP/2 for t: with TLS to https, without to http.
func (t *Transport) newHTTP2() *http.Transport {
	c := t.cfg
	h := &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			to, err := destinationOf(address)
			if err != nil {
				return nil, err
			}
			return t.dialRaw(ctx, to.network, to.address)
		},
		DialTLSContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			to, err := destinationOf(address)
			if err != nil {
				return nil, err
			}
			raw, err := t.dialRaw(ctx, to.network, to.address)
			if err != nil {
				return nil, err
			}
			return t.dialHTTP2(ctx, raw, to.name)
		},
		IdleConnTimeout:        max(c.IdleTimeout, 0),
		ResponseHeaderTimeout:  max(c.HeaderTimeout, 0),
		ExpectContinueTimeout:  max(c.ContinueTimeout, 0),
		MaxResponseHeaderBytes: int64(c.MaxHeader),
		DisableCompression:     true,
		Protocols:              new(http.Protocols),
		// A connection serves many requests, so one that is dead fails many.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
	h.Protocols.SetHTTP2(true)
	h.Protocols.SetUnencryptedHTTP2(true)
	return h
}

// dialHTTP2 shakes hands for HTTP/2. A backend that knows only HTTP/1.1 would have
// net/http speak that.
func (t *Transport) dialHTTP2(ctx context.Context, raw net.Conn, name string) (net.Conn, error) {
	c, err := t.handshake(ctx, raw, name, "h2")
	if err == nil && c.ConnectionState().NegotiatedProtocol != "h2" {
		err = errors.New("the backend does not speak HTTP/2")
	}
	if err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// A destination is where to connect to, and what whoever is there has to be called.
// To net/http, which keeps connections by host and port, one that is not a mere host
// and port is a host in elsewhereDomain.
type destination struct{ network, address, name string }

const elsewhereDomain = ".invalid" // which is nobody's: RFC 6761, section 6.4

func (d destination) host() string {
	return hex.EncodeToString([]byte(d.network+" "+d.name+" "+d.address)) + elsewhereDomain
}

// destinationOf returns the destination that net/http knows by an address.
func destinationOf(address string) (destination, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return destination{}, err
	}
	if text, ok := strings.CutSuffix(host, elsewhereDomain); ok {
		if plain, err := hex.DecodeString(text); err == nil {
			if parts := strings.SplitN(string(plain), " ", 3); len(parts) == 3 {
				return destination{parts[0], parts[2], parts[1]}, nil
			}
		}
	}
	return destination{"tcp", address, host}, nil
}

// doHTTP2 is Do for HTTP/2.
func (t *Transport) doHTTP2(r *http.Request, x Exchange) (*http.Response, error) {
	var seen struct{ connected, reused, answered atomic.Bool }
	fail := func(op string, err error) error {
		return &Error{Op: op, Address: r.URL.Host, Sent: seen.connected.Load(), Answered: seen.answered.Load(), Reused: seen.reused.Load(), Err: err}
	}
	// What HTTP/1.1 checks as it is written; net/http checks the rest.
	if _, err := appendHead(nil, r, 0); err != nil {
		closeBody(r)
		return nil, fail(OpRequest, err)
	}
	trace := &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			seen.connected.Store(true)
			seen.reused.Store(info.Reused)
		},
		GotFirstResponseByte: func() { seen.answered.Store(true) },
	}
	if x.Informational != nil {
		trace.Got1xxResponse = func(status int, h textproto.MIMEHeader) error {
			return x.Informational(status, http.Header(h))
		}
	}
	out := http2Request(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)), x)
	var body *gate
	if out.Body != nil && out.Body != http.NoBody {
		body = &gate{ReadCloser: out.Body}
		out.Body = body
	}
	resp, err := t.http2().RoundTrip(out)
	if err != nil {
		body.close(x.Interrupt)
		op := OpHeader
		if !seen.connected.Load() {
			op = OpDial
		}
		if why := body.why(); why != nil {
			op, err = OpUpload, why
		} else if r.Context().Err() != nil {
			err = upstream.Canceled(r.Context())
		}
		return nil, fail(op, err)
	}
	resp.Request = r
	if x.Header != nil {
		for name, values := range resp.Header {
			x.Header[name] = append(x.Header[name], values...)
		}
		resp.Header = x.Header
	}
	if body != nil {
		resp.Body = gated{resp.Body, body, r.URL.Host, x.Interrupt}
	}
	return resp, nil
}

// http2Request returns r, which is ours to change, as net/http needs it.
func http2Request(r *http.Request, x Exchange) *http.Request {
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	if isSocket(r.Host) {
		r.Host = "localhost"
	}
	r.URL = http2URL(r.URL, x)
	if r.Header["User-Agent"] == nil {
		if r.Header = r.Header.Clone(); r.Header == nil {
			r.Header = http.Header{}
		}
		r.Header["User-Agent"] = nil // lest net/http adds its own
	}
	return r
}

// http2URL returns u with a scheme that net/http knows, and where to connect to.
func http2URL(u *url.URL, x Exchange) *url.URL {
	to := new(*u)
	if to.Scheme = "http"; u.Scheme == "h2" {
		to.Scheme = "https"
	}
	switch {
	case x.Address != "" && x.Address != u.Host:
		to.Host = destination{cmp.Or(x.Network, "tcp"), x.Address, u.Hostname()}.host()
	case isSocket(u.Host):
		to.Host = destination{"unix", u.Host, "localhost"}.host()
	}
	return to
}
