// Package probe is what a tracer attaches to: functions that do nothing but be
// called, with arguments worth looking at.
//
// On Linux, for amd64 and arm64, each of them is two instructions of assembly,
// one of which does nothing. The first is what the kernel puts its own in place
// of when bpftrace, perf or SystemTap attaches; on amd64 it is the one of five
// bytes that it turns into a call (since Linux 6.18) rather than a trap. Command
// usdt, in the folder below, writes into a finished program where the functions
// are, in the form that these tools know (USDT, "SystemTap probes"), so that
// they are found in a program without symbols too:
//
//	go build -o server . && go run github.com/shallot-http/shallot/middleware/probe/usdt server
//	bpftrace -p $PID -e 'usdt::shallot:request__done { @us[arg1] = hist(arg3 / 1000); }'
//
// Arguments are on the stack, one word each and a string two, because that is the
// one calling convention of Go that does not change from version to version. The
// functions and the order of their arguments are a contract: arguments are only
// ever appended, and there are never more than six words of them, because that is
// as many as tracers read. What does not fit stands in a record, which grows at its
// end only and carries its own Size. See [List] for all of them.
//
// The Enabled functions report whether somebody looks, and so whether what is
// costly to find out is worth it: the kernel counts those who are attached, and
// takes back the count of one that was killed. A call of a probe that nobody looks
// at costs what a call of an empty function does. It is never left out, for a
// tracer may also attach to the function by its name, and then is not counted;
// what was not found out for it is zero.
//
// [Watch] is for those who look from inside the program. It works on every system.
// With the build tag noprobe nothing of all this is compiled.
package probe

import (
	"sync/atomic"
	"unsafe"
)

//go:generate go run ./generate .

// Provider is the name under which tracers know the probes of this package.
const Provider = "shallot"

// A Request is the record that goes with RequestStart and RequestDone. Its strings
// are not of C: they have a length, and do not end in a zero.
type Request struct {
	ID, Size                  uint64 // the size is that of the record, and tells which fields there are
	Method, Host, URI, Remote string
	Proto                     string
	Aborted                   int64 // 1 if the response was cut off; of no meaning at the start
}

// An Upstream is the record that goes with UpstreamDone.
type Upstream struct {
	ID, Size uint64
	Addr     string
	Attempt  int64 // 0 for the first
}

// The sizes of the records, for their Size.
const (
	RequestSize  = uint64(unsafe.Sizeof(Request{}))
	UpstreamSize = uint64(unsafe.Sizeof(Upstream{}))
)

var last atomic.Uint64

// NextID returns the number of a new request, by which all its events are known.
// The first is 1; it is 0 where there are no probes.
func NextID() uint64 {
	if !Watchable {
		return 0
	}
	return last.Add(1)
}
