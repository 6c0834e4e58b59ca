package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// What an Error can be about.
const (
	OpRequest = "request"      // the request cannot be sent as it is
	OpUpload  = "request body" // reading the request's body failed
	OpDial    = "dial"         // connecting, or shaking hands
	OpWrite   = "write"        // sending the request
	OpHeader  = "header"       // receiving the head of a response
	OpBody    = "body"         // receiving the rest of it
)

// An Error is a failed exchange.
type Error struct {
	Op       string // one of those above
	Address  string // of the backend
	Sent     bool   // some of the request may have reached the backend
	Answered bool   // some of a response has arrived
	Reused   bool   // the connection had served other requests
	Err      error
}

func (e *Error) Error() string {
	if e.Address == "" {
		return fmt.Sprintf("proxy: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("proxy: %s: %s: %v", e.Address, e.Op, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether the backend took too long.
func (e *Error) Timeout() bool { return upstream.TimedOut(e.Err) }

// StatusCode returns what a gateway answers: 502, or 504 if the backend took too
// long, or 400 for a request that cannot be sent. It is 0, for the error within
// to decide, if the client is the one who failed or left.
func (e *Error) StatusCode() int {
	switch {
	case e.Op == OpUpload || errors.Is(e.Err, context.Canceled):
		return 0
	case e.Op == OpRequest:
		return http.StatusBadRequest
	case e.Timeout():
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// A malformed error is a response that is not HTTP, or not unambiguously.
type malformed string

func (m malformed) Error() string { return "malformed response: " + string(m) }

// errTooSlow is a timeout of ours, rather than of the kernel's.
type errTooSlow struct{ op string }

func (e errTooSlow) Error() string {
	switch e.op {
	case OpWrite:
		return "the backend does not read on"
	case OpHeader:
		return "the backend does not answer"
	}
	return "the backend does not go on"
}

func (errTooSlow) Timeout() bool { return true }
func (errTooSlow) Unwrap() error { return os.ErrDeadlineExceeded }
