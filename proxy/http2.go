package proxy

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
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
	var seen struct{ reused, sent, answered atomic.Bool }
	fail := func(op string, err error) error {
		return &Error{Op: op, Address: r.URL.Host, Sent: seen.sent.Load(), Answered: seen.answered.Load(), Reused: seen.reused.Load(), Err: err}
	}
	// What HTTP/1.1 checks as it is written; net/http checks the rest.
	if _, err := appendHead(nil, r, 0); err != nil {
		closeBody(r)
		return nil, fail(OpRequest, err)
	}
	trace := &httptrace.ClientTrace{
		GotConn:              func(info httptrace.GotConnInfo) { seen.reused.Store(info.Reused) },
		WroteHeaders:         func() { seen.sent.Store(true) },
		GotFirstResponseByte: func() { seen.answered.Store(true) },
	}
	if x.Informational != nil {
		trace.Got1xxResponse = func(status int, h textproto.MIMEHeader) error {
			return x.Informational(status, http.Header(h))
		}
	}
	ctx := httptrace.WithClientTrace(r.Context(), trace)
	out := r.WithContext(ctx)
	out.URL = http2URL(r.URL, x)
	if out.Host == "" {
		out.Host = r.URL.Host
		if isSocket(out.Host) {
			out.Host = "localhost"
		}
	}
	var body *gate
	if x.Interrupt != nil && out.Body != nil && out.Body != http.NoBody {
		body = &gate{ReadCloser: out.Body}
		out.Body = body
	}
	resp, err := t.h2.RoundTrip(out)
	if err != nil {
		if body != nil {
			body.close(x.Interrupt)
		}
		op := OpHeader
		if !seen.sent.Load() {
			op = OpDial
		}
		if r.Context().Err() != nil {
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
		resp.Body = gated{resp.Body, body, x.Interrupt}
	}
	return resp, nil
}

// http2URL returns where out of the exchange net/http is to connect to.
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

// A gate is a request's body that can be closed to net/http, which may otherwise
// read it for longer than the exchange lasts.
type gate struct {
	io.ReadCloser
	mu   sync.Mutex // held while reading
	shut atomic.Bool
}

func (g *gate) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	return g.ReadCloser.Read(p)
}

// close returns once nothing reads any more. It interrupts what does.
func (g *gate) close(interrupt func()) {
	if g.shut.Swap(true) {
		return
	}
	if !g.mu.TryLock() {
		interrupt()
		g.mu.Lock()
	}
	g.mu.Unlock()
}

// A gated body closes the gate when it is closed.
type gated struct {
	io.ReadCloser
	gate      *gate
	interrupt func()
}

func (b gated) Close() error {
	err := b.ReadCloser.Close()
	b.gate.close(b.interrupt)
	return err
}
