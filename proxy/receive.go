package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"time"
)

// maxInformational is how many responses of status 1xx may precede the one that
// counts.
const maxInformational = 64

// lastWords is how long a backend that takes no more may take to say why.
const lastWords = time.Second

// receive reads heads up to that of the final response.
func (x *exchange) receive(refused bool) error {
	awaiting := x.out.expects && !refused
	switch {
	case refused:
		x.readWithin(lastWords)
	case awaiting:
		x.readWithin(max(x.t.cfg.ContinueTimeout, 0))
	case x.up == nil && !x.heard:
		x.readWithin(x.t.cfg.HeaderTimeout)
	case x.up == nil: // in what is left of the time that the question had
	case !x.up.finished():
		x.awaitUpload()
	}
	left := x.t.cfg.MaxHeader
	for informational := 0; ; {
		text, err := x.c.r.readHead(x, left)
		if awaiting && errors.Is(err, os.ErrDeadlineExceeded) && x.well() {
			awaiting = false
			x.goAhead()
			continue
		}
		if err != nil {
			return x.failed(OpHeader, err)
		}
		left -= len(text)
		h, err := parseHead(text, x.c.fields)
		if err != nil {
			return x.failed(OpHeader, err)
		}
		x.c.fields = h.fields
		method := x.req.Method
		f, err := frame(h, method)
		if err != nil {
			return x.failed(OpHeader, err)
		}
		if h.code >= 200 || h.code == http.StatusSwitchingProtocols {
			x.withheld = awaiting || refused
			return x.respond(h, f)
		}
		if informational++; informational > maxInformational {
			return x.failed(OpHeader, malformed("too many responses of status 1xx"))
		}
		if h.code != http.StatusContinue || awaiting {
			if err := x.inform(h, f); err != nil {
				return x.failed(OpHeader, err)
			}
		}
		if h.code == http.StatusContinue && awaiting {
			awaiting = false
			x.goAhead()
		}
	}
}

// awaitUpload lets reads wait until the upload, once done, sets them a deadline.
func (x *exchange) awaitUpload() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.up.finished() {
		x.readWithinLocked(0)
	}
}

// goAhead sends the body that was waiting for it.
func (x *exchange) goAhead() {
	x.readWithin(0)
	x.startUpload(nil)
}

func (x *exchange) inform(h head, f framing) error {
	if x.opt.Informational == nil {
		return nil
	}
	header := make(http.Header, len(f.fields))
	addTo(header, f.fields)
	return x.opt.Informational(h.code, header)
}

// respond makes the response of a final head.
func (x *exchange) respond(h head, f framing) error {
	upgrade := h.code == http.StatusSwitchingProtocols
	if upgrade {
		if !upgradeAccepted(x.req, f) {
			return x.failed(OpHeader, malformed("101 to what was not asked for"))
		}
		if x.withheld || x.up != nil && !x.up.succeeds(grace) {
			return x.failed(OpHeader, malformed("101 before the request was complete"))
		}
	}
	x.mu.Lock()
	x.headDone = true
	x.mu.Unlock()
	header := x.opt.Header
	if header == nil {
		header = make(http.Header, len(f.fields))
	}
	addTo(header, f.fields)
	clear(f.fields)
	f.fields = nil
	x.f = f
	if upgrade || f.kind != empty && (f.kind != sized || f.length > int64(len(x.c.r.buffered()))) {
		x.watch()
	}
	x.resp = http.Response{
		Status: h.status, StatusCode: h.code,
		Proto: h.proto, ProtoMajor: 1, ProtoMinor: int(h.proto[len(h.proto)-1] - '0'),
		Header: header, Trailer: f.trailer, ContentLength: f.length, Close: f.close,
		Request: x.req, TLS: x.c.tls,
	}
	if f.chunks {
		x.resp.TransferEncoding = []string{"chunked"}
	}
	x.body.x = x
	switch {
	case upgrade:
		x.resp.Body = x.upgraded()
	case f.kind == empty && x.up == nil:
		x.resp.Body = http.NoBody
		x.finish(true)
	default:
		x.resp.Body = &x.body
		x.body.begin()
	}
	return nil
}

// traced returns what calls the functions of a trace for 1xx, or nil.
func traced(ctx context.Context) func(int, http.Header) error {
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil || trace.Got1xxResponse == nil && trace.Got100Continue == nil {
		return nil
	}
	return func(status int, h http.Header) error {
		if status == http.StatusContinue && trace.Got100Continue != nil {
			trace.Got100Continue()
		}
		if trace.Got1xxResponse != nil {
			return trace.Got1xxResponse(status, textproto.MIMEHeader(h))
		}
		return nil
	}
}

// upgradeAccepted reports whether a response of 101 is to what r has asked for.
func upgradeAccepted(r *http.Request, f framing) bool {
	if !f.upgrades || len(f.upgrade) != 1 {
		return false
	}
	asked := slices.ContainsFunc(r.Header["Connection"], func(v string) bool { return hasToken(v, "upgrade") })
	return asked && slices.ContainsFunc(r.Header["Upgrade"], func(v string) bool { return hasToken(v, f.upgrade[0]) }) &&
		!strings.Contains(f.upgrade[0], ",")
}
