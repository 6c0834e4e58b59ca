package middleware

import (
	"crypto/tls"
	"net"
	"net/http"
)

// breakOff has a client of HTTP/1.0 see that there was to be more of a body without a
// length. It takes the end of the connection, which is all that net/http does when
// a handler panics, for that of the body; a reset it does not.
func breakOff(w *Recorder, r *http.Request) {
	if r.ProtoAtLeast(1, 1) || !w.Begun() || w.Header()["Content-Length"] != nil {
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // it is cut off all the same
	}
	if c, ok := conn.(*tls.Conn); ok {
		conn = c.NetConn() // of which the other side is not told that it is closed
	}
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	conn.Close()
}
