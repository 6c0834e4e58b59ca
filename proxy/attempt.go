package proxy

import (
	"time"

	"github.com/shallot-http/shallot/middleware"
	tracer "github.com/shallot-http/shallot/middleware/probe" // as there is a probe in this package
)

// told is what those who look at a request are told of the attempt that is made.
type told struct {
	middleware.Attempt
	began time.Time
}

// tellStart tells that addr is about to be asked.
func (d *delivery) tellStart(x *Exchange, addr string, began time.Time) {
	d.told = told{middleware.Attempt{Addr: addr, Number: d.attempts - 1}, began}
	if tracer.UpstreamEnabled() {
		x.connected = d.connected
	}
	middleware.AttemptStart(d.w, d.told.Attempt)
}

func (d *delivery) connected() { d.told.Connect = time.Since(d.told.began) }

// tellDone tells how that ended.
func (d *delivery) tellDone() {
	if tracer.UpstreamEnabled() {
		d.told.Total = time.Since(d.told.began)
	}
	middleware.AttemptDone(d.w, d.told.Attempt)
}
