package proxy

import (
	"net/http"
	"slices"
	"strconv"
)

// addVia adds this proxy to the field Via of a message that came by a version of
// HTTP. RFC 9110, sections 7.6.3 and 2.5: that of HTTP/2 is 2.0 here.
func (d *delivery) addVia(h http.Header, major, minor int) {
	name := d.h.cfg.Via
	if name == "" {
		return
	}
	received := strconv.Itoa(major) + "." + strconv.Itoa(minor) + " " + name
	h["Via"] = append(slices.Clip(h["Via"]), received)
}
