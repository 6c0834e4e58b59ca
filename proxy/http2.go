package proxy

import (
	"context"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// newHTTP2 returns what speaks HTTP/2 for t: with TLS to https, without to http.
func (t *Transport) newHTTP2() *http.Transport {
	c := t.cfg
	h := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			if path, ok := socketOf(host); ok {
				network, address = "unix", path
			}
			return t.dialRaw(ctx, network, address)
		},
		TLSClientConfig:        c.TLS.Clone(),
		TLSHandshakeTimeout:    max(c.TLSTimeout, 0),
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

// A Unix socket is a host in socketDomain to net/http, which keeps connections by
// host and port.
const socketDomain = ".unix.invalid"

func hostOfSocket(path string) string { return hex.EncodeToString([]byte(path)) + socketDomain }

func socketOf(host string) (path string, ok bool) {
	if host, ok = strings.CutSuffix(host, socketDomain); !ok {
		return "", false
	}
	name, err := hex.DecodeString(host)
	return string(name), err == nil
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
	resp, err := t.h2.RoundTrip(out)
	if err != nil {
		body.close(x.Interrupt)
		op := OpHeader
		if !seen.connected.Load() {
			op = OpDial
		}
		if why := body.why(); why != nil {
			op, err = OpUpload, why
		} else if r.Context().Err() != nil {
			err = canceled(r.Context())
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
	if x.Address != "" {
		to.Host = x.Address
	}
	if x.Network == "unix" || isSocket(to.Host) {
		to.Host = hostOfSocket(to.Host)
	}
	return to
}
