package proxy

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A framing is what a head says about where its message ends, and what will be
// of the connection then.
type framing struct {
	kind     kind
	length   int64         // of the body if it is sized; else as of http.Response
	chunks   bool          // Transfer-Encoding says so, even where there is no body
	close    bool          // the backend closes the connection
	keepFor  time.Duration // what it has announced in Keep-Alive; 0 is nothing
	trailer  http.Header   // announced, with nil for values
	upgrade  []string      // values of Upgrade
	upgrades bool          // Connection says upgrade
	fields   []field       // those to be shown
}

type kind uint8

const (
	empty kind = iota
	sized
	chunked
	untilClose
)

// frame decides by RFC 9112, section 6.3, and refuses where that has a choice.
// It reuses the space of h.fields.
func frame(h head, method string) (f framing, err error) {
	var (
		lengths, encodings int
		length             field
		trailers           []string
		keepAlive          bool
	)
	shown := h.fields[:0]
	for _, fd := range h.fields {
		switch fd.name {
		case "Content-Length":
			n, err := parseLength(fd.value)
			if err != nil || lengths > 0 && fd != length {
				return f, malformed("Content-Length " + strconv.Quote(shorten(fd.value)))
			}
			length, f.length = fd, n
			if lengths++; lengths > 1 {
				continue // the same again
			}
		case "Transfer-Encoding":
			if encodings++; encodings > 1 || !strings.EqualFold(fd.value, "chunked") || h.proto == "HTTP/1.0" {
				return f, malformed("Transfer-Encoding " + strconv.Quote(shorten(fd.value)))
			}
			continue
		case "Connection":
			f.close = f.close || hasToken(fd.value, "close")
			keepAlive = keepAlive || hasToken(fd.value, "keep-alive")
			f.upgrades = f.upgrades || hasToken(fd.value, "upgrade")
		case "Keep-Alive":
			f.keepFor = announced(fd.value)
		case "Upgrade":
			f.upgrade = append(f.upgrade, fd.value)
		case "Trailer":
			trailers = append(trailers, fd.value)
		}
		shown = append(shown, fd)
	}
	if lengths > 0 && encodings > 0 {
		return f, malformed("both Content-Length and Transfer-Encoding")
	}
	if encodings > 0 && trailers != nil {
		if f.trailer, err = announcedTrailer(trailers); err != nil {
			return f, err
		}
		shown = slices.DeleteFunc(shown, func(fd field) bool { return fd.name == "Trailer" })
	}
	f.fields, f.chunks = shown, encodings > 0
	f.close = f.close || h.proto == "HTTP/1.0" && !keepAlive
	switch {
	case method == http.MethodHead:
		if lengths == 0 {
			f.length = -1
		}
	case h.code < 200 || h.code == http.StatusNoContent || h.code == http.StatusNotModified:
		f.length = 0
	case encodings > 0:
		f.kind, f.length = chunked, -1
	case lengths > 0 && f.length == 0:
	case lengths > 0:
		f.kind = sized
	default:
		f.kind, f.length, f.close = untilClose, -1, true
	}
	return f, nil
}

// parseLength takes digits only: not "+1", not "", not "1, 1".
func parseLength(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}

// announced returns for how long a backend says that it keeps a connection, less
// one second for it and a request to meet on the way. Not at all is negative.
func announced(keepAlive string) time.Duration {
	for part := range strings.SplitSeq(keepAlive, ",") {
		name, value, _ := strings.Cut(strings.Trim(part, " \t"), "=")
		if !strings.EqualFold(name, "timeout") {
			continue
		}
		n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
		switch {
		case err != nil:
			return 0
		case n <= 1:
			return -1
		}
		return time.Duration(n-1) * time.Second
	}
	return 0
}

// announcedTrailer returns the trailer that is to come, with nil for values.
func announcedTrailer(values []string) (http.Header, error) {
	trailer := http.Header{}
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			switch name = http.CanonicalHeaderKey(strings.Trim(name, " \t")); {
			case name == "":
			case framesMessages(name):
				return nil, malformed("Trailer " + strconv.Quote(name))
			case mayTrail(name):
				trailer[name] = nil
			}
		}
	}
	if len(trailer) == 0 {
		return nil, nil
	}
	return trailer, nil
}

func framesMessages(name string) bool {
	return name == "Transfer-Encoding" || name == "Content-Length" || name == "Trailer"
}

// mayTrail reports whether a field of that name may come after the body: not if
// it is about framing, routing, authentication, or the request or response as a
// whole, all of which was settled before. RFC 9110, section 6.5.1.
func mayTrail(name string) bool {
	switch name {
	case "Authorization", "Cache-Control", "Connection", "Content-Encoding", "Content-Range", "Content-Type",
		"Cookie", "Expect", "Forwarded", "Host", "Keep-Alive", "Location", "Max-Forwards", "Proxy-Authenticate",
		"Proxy-Authorization", "Proxy-Connection", "Range", "Set-Cookie", "Te", "Upgrade", "Via", "Www-Authenticate":
		return false
	}
	return isToken(name) && !framesMessages(name) && !strings.HasPrefix(name, "X-Forwarded-")
}

// hasToken reports whether a list has an element, in whatever case.
func hasToken(list, token string) bool {
	for part := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(part, " \t"), token) {
			return true
		}
	}
	return false
}
