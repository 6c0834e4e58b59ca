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
