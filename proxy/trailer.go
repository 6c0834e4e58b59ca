package proxy

import (
	"net/http"
	"strings"
)

// trailer returns the fields of a request's trailer that are sent on, of those that
// were announced. Others would have to be announced to a backend of HTTP/2, which
// comes too late.
func (d *delivery) trailer(announced http.Header) http.Header {
	options := connectionOptions(d.r.Header)
	var sent http.Header
	for name := range announced {
		if !d.maySendTrailer(name) || options[name] {
			continue
		}
		if sent == nil {
			sent = http.Header{}
		}
		sent[name] = nil
	}
	return sent
}

// maySendTrailer is mayTrail for requests: nobody checks what a trailer says of the
// client, nor does an operation of ours.
func (d *delivery) maySendTrailer(name string) bool {
	return name == http.CanonicalHeaderKey(name) && mayTrail(name) && !d.h.cfg.sets(name) && !strings.ContainsAny(name, "_.")
}

// trailer returns the trailer of the next attempt. Its values are there once the
// body has been read.
func (c *content) trailer() http.Header {
	if !c.trailing {
		return nil
	}
	trailer := c.d.trailer(c.d.r.Trailer)
	read := c.d.r.Trailer // which net/http fills in when it comes to the end
	c.stream.trail = func() {
		for name := range trailer {
			trailer[name] = read[name]
		}
	}
	return trailer
}
