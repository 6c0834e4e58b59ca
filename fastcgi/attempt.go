package fastcgi

import (
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

// told is what those who look at a request are told of the attempt that is made.
type told struct {
	middleware.Attempt
	began time.Time
}

// tellStart tells that addr is about to be asked.
func (d *delivery) tellStart(addr string, began time.Time) {
	d.told = told{middleware.Attempt{Addr: addr, Number: d.attempts}, began}
	d.attempts++
	middleware.AttemptStart(d.w, d.told.Attempt)
}

// tellDone tells how that ended.
func (d *delivery) tellDone() {
	if probe.UpstreamEnabled() {
		d.told.Total = time.Since(d.told.began)
	}
	middleware.AttemptDone(d.w, d.told.Attempt)
}

// tellLine tells a tracer of a line of standard error.
func (x *exchange) tellLine(line []byte) {
	if probe.FastCGIEnabled() {
		probe.FastCGIStderr(x.requestID(), x.key.address, string(line))
	}
}

// tellEnd tells a tracer what the application has ended with.
func (x *exchange) tellEnd() {
	if probe.FastCGIEnabled() {
		probe.FastCGIDone(x.requestID(), x.key.address, int64(int32(x.app)), int64(x.refusal), time.Since(x.began).Nanoseconds())
	}
}

// requestID returns the number by which a tracer knows the request of the client.
func (x *exchange) requestID() uint64 {
	if v, ok := x.ctx.Value(voiceKey{}).(*voice); ok {
		return middleware.RequestID(v.w)
	}
	return 0
}
