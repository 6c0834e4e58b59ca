package middleware

import (
	"io"
	"net/http"
	"strings"
)

// HangUp has net/http close the client's connection after the response, which a field
// cannot say any more once the response has begun. It is for a layer that has read and
// written at once, by [http.ResponseController.EnableFullDuplex], and has not read the
// body to its end: net/http may take what is left of it for the next request. If the
// layer has ended a read by its deadline, then even if nothing is left, net/http takes
// that for a client that has left, in all requests that follow.
func HangUp(w http.ResponseWriter) {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = u.Unwrap()
	}
	// A reader that finds too much is the only one whom the server's writer lets say so.
	_, _ = http.MaxBytesReader(w, io.NopCloser(strings.NewReader("x")), 0).Read(make([]byte, 1))
}
