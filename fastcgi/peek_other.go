//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package fastcgi

import "net"

// resumable is whether a write whose time was up tells how much was taken: that of
// Windows is canceled, and may have been done by then.
const resumable = false

// A peek cannot look into a socket here without waiting for it. A connection that
// was closed is found out when it is used, and the request repeated where that is
// safe.
type peek struct{}

func (*peek) attach(net.Conn) {}

func (*peek) silent() bool { return true }
