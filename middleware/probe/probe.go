// Package probe is what a kernel tracer attaches to: functions that do nothing
// but be called, with arguments worth looking at.
//
// The functions and the order of their arguments are a contract: arguments are
// only ever appended, and there are never more than six words of them, a string
// being two, because that is as many as tracers read. What does not fit stands
// in a record, which grows at its end only and carries its own Size.
//
// Here they are empty, so that calls of them are compiled to nothing, and the
// Enabled functions are constants, so that what they guard is not compiled.
package probe

// Supported tells whether this build has probes at all.
const Supported = false

// A Request is the record that goes with RequestStart and RequestDone.
type Request struct {
	ID, Size                  uint64
	Method, Host, URI, Remote string
}

// An Upstream is the record that goes with UpstreamDone.
type Upstream struct {
	ID, Size uint64
	Addr     string
	Attempt  int64
}

// NextID returns the number of a new request, by which all its events are known.
func NextID() uint64 { return 0 }

// LayerEnabled reports whether a tracer is attached to LayerEnter or LayerExit,
// and so whether their arguments are worth the cost of finding out.
func LayerEnabled() bool { return false }

// DetailEnabled reports whether a tracer wants what is costly to find out.
func DetailEnabled() bool { return false }

// LogEnabled reports whether a tracer is attached to LogRecord.
func LogEnabled() bool { return false }

// RequestStart tells that a request has arrived.
func RequestStart(id uint64, method, uri string, r *Request) {}

// RequestDone tells that a request has ended after ns nanoseconds: with a status
// of 0 if its connection was hijacked, of 499 if the client had left.
func RequestDone(id uint64, status, bytes, ns int64, r *Request) {}

// LayerEnter tells that a request has come to a layer. The id is that of the
// request, or 0 if it has none.
func LayerEnter(id uint64, name string) {}

// LayerExit tells that the layer has returned status, or 0 if it panicked,
// after ns nanoseconds.
func LayerExit(id uint64, name string, status, ns int64) {}

// UpstreamStart tells that an attempt is made to have addr answer the request.
func UpstreamStart(id uint64, attempt int64, addr string) {}

// UpstreamDone tells how that attempt ended, and how long the connection, the
// first byte and everything took, in nanoseconds.
func UpstreamDone(id uint64, status, totalNS, firstByteNS, connectNS int64, u *Upstream) {}

// CompressDone tells that a response of in bytes was encoded to out.
func CompressDone(id uint64, coding string, in, out, ns int64) {}

// FastCGIStderr passes on a line that an application wrote to its stderr.
func FastCGIStderr(id uint64, app, line string) {}

// FastCGIDone tells with which statuses an application ended a request.
func FastCGIDone(id uint64, app string, appStatus, protoStatus, ns int64) {}

// GitPull tells that a repository was brought to rev; a status other than 0 is
// a failure.
func GitPull(ns, status int64, repo, rev string) {}

// HealthChange tells that an upstream went up (1) or down (0).
func HealthChange(up int64, addr, reason string) {}

// Reload tells that a configuration was loaded; a status other than 0 is a
// failure.
func Reload(ns, status int64, file string) {}

// Error tells of an error and the layer it came from.
func Error(id uint64, layer, msg string) {}

// LogRecord passes on a log record, whatever level the log is kept at.
func LogRecord(level int64, msg, attrs string) {}
