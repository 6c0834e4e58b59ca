package fastcgi

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
	OpDial    = "dial"         // connecting
	OpWrite   = "write"        // sending the request
	OpHeader  = "header"       // receiving the head of a response
	OpBody    = "body"         // receiving the rest of it
)

// An Error is a failed exchange.
type Error struct {
	Op       string // one of those above
	Address  string // of the application
	Sent     bool   // some of the request may have reached the application, which has not refused it
	Answered bool   // some of an answer has arrived, if only what belongs in a log
	Reused   bool   // the connection had served other requests
	Err      error  // may be a Refusal
}

func (e *Error) Error() string {
	if e.Address == "" {
		return fmt.Sprintf("fastcgi: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("fastcgi: %s: %s: %v", e.Address, e.Op, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether the application took too long.
func (e *Error) Timeout() bool { return upstream.TimedOut(e.Err) }

// StatusCode returns what a gateway answers: 502, or 503 if the application is
// overloaded, 504 if it took too long, 431 for ErrTooLarge, 400 for any other
// request that cannot be sent. It is 0, for the error within to decide, if the
// client is the one who failed or left.
func (e *Error) StatusCode() int {
	switch {
	case e.Op == OpUpload || errors.Is(e.Err, context.Canceled):
		return 0
	case errors.Is(e.Err, ErrTooLarge):
		return ErrTooLarge.StatusCode()
	case e.Op == OpRequest:
		return http.StatusBadRequest
	case errors.Is(e.Err, Overloaded):
		return http.StatusServiceUnavailable
	case e.Timeout():
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// A Refusal is why an application did not execute a request. Another may.
type Refusal uint8

// The protocol's reasons.
const (
	CantMultiplex Refusal = 1 // it takes one request at a time
	Overloaded    Refusal = 2 // it lacks something, such as connections to a database
	UnknownRole   Refusal = 3 // it is no responder, or authorizer
)

// isKnown reports whether it is one that means that the request was not executed.
func (r Refusal) isKnown() bool { return r >= CantMultiplex && r <= UnknownRole }

func (r Refusal) Error() string {
	switch r {
	case CantMultiplex:
		return "refused: it takes one request at a time"
	case Overloaded:
		return "refused: it is overloaded"
	case UnknownRole:
		return "refused: it does not have this role"
	}
	return fmt.Sprintf("refused: protocol status %d", uint8(r))
}

// A malformed error is a response that is not FastCGI, or not CGI.
type malformed string

func (m malformed) Error() string { return "malformed response: " + string(m) }

// errTooSlow is a timeout of ours, rather than of the kernel's.
type errTooSlow struct{ op string }

func (e errTooSlow) Error() string {
	switch e.op {
	case OpWrite:
		return "the application does not read on"
	case OpHeader:
		return "the application does not answer"
	}
	return "the application does not go on"
}

func (errTooSlow) Timeout() bool { return true }
func (errTooSlow) Unwrap() error { return os.ErrDeadlineExceeded }
