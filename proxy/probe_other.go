//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package proxy

import "net"

// resumable is whether a write whose time was up tells how much was taken: that of
// Windows is canceled, and may have been done by then.
const resumable = false

// A probe cannot look into a socket here without waiting for it. A connection
// that the backend has closed is found out when it is used, and the request
// repeated where that is safe.
type probe struct{}

func (*probe) attach(net.Conn) {}

func (*probe) sees() bool { return false }

func (*probe) silent() bool { return true }

func (*probe) reset() bool { return false }

func (*probe) askFirst(_, _ []byte) (sent, got int, stale bool, err error) { panic("unreachable") }
