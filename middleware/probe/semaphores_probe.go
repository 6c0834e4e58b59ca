//go:build !noprobe

package probe

import "sync/atomic"

// Watchable tells whether this build can be watched at all, at least from inside
// the program.
const Watchable = true

var semaphores = [gates]uint64{gateMagic: Magic, gateSignature: signature}

func enabled(gate int) bool { return atomic.LoadUint64(&semaphores[gate]) != 0 }

// RequestEnabled reports whether somebody looks at RequestStart, RequestDone or
// RequestHeader.
func RequestEnabled() bool { return enabled(gateRequest) }

// HeaderEnabled reports whether somebody looks at RequestHeader.
func HeaderEnabled() bool { return attached(gateRequest, slotHeader) > 0 }

// LayerEnabled reports whether somebody looks at LayerEnter, LayerExit or Error.
func LayerEnabled() bool { return enabled(gateLayer) }

// UpstreamEnabled reports whether somebody looks at UpstreamStart or UpstreamDone.
func UpstreamEnabled() bool { return enabled(gateUpstream) }

// CompressEnabled reports whether somebody looks at CompressDone.
func CompressEnabled() bool { return enabled(gateCompress) }

// FastCGIEnabled reports whether somebody looks at FastCGIStderr or FastCGIDone.
func FastCGIEnabled() bool { return enabled(gateFastCGI) }

// LogEnabled reports whether somebody looks at LogRecord.
func LogEnabled() bool { return enabled(gateLog) }

// Watch makes RequestEnabled, LayerEnabled and UpstreamEnabled report true until
// stop is called, for somebody who looks from inside the program. It is cheap, and
// there may be as many as 65535 at a time. Stop may be called more than once.
func Watch() (stop func()) {
	add := func(n uint64) {
		for _, gate := range [...]int{gateRequest, gateLayer, gateUpstream} {
			atomic.AddUint64(&semaphores[gate], n)
		}
	}
	add(watcher)
	var stopped atomic.Bool
	return func() {
		if !stopped.Swap(true) {
			add(^(watcher - 1))
		}
	}
}

func attached(gate, slot int) int {
	if !Supported {
		return -1
	}
	return int(uint16(atomic.LoadUint64(&semaphores[gate]) >> (16 * slot)))
}
