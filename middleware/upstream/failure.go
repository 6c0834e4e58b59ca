package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/shallot-http/shallot/middleware"
)

// Idempotent reports whether r may be sent twice to the same effect: by its method, or
// as its client says with an Idempotency-Key. The method "" is GET.
func Idempotent(r *http.Request) bool {
	return r.Method == "" || IdempotentMethod(r.Method) || r.Header["Idempotency-Key"] != nil
}

// IdempotentMethod is as of RFC 9110, section 9.2.2.
func IdempotentMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// Canceled returns why ctx is done, of which errors.Is can tell that it is.
func Canceled(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return errors.Join(err, cause)
}

// TimedOut reports whether err is that something took too long.
func TimedOut(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// StatusOfBody returns the status that err amounts to if it is what kept the body of r
// from being read: that of a client who left, or is slow, or does not keep to HTTP.
func StatusOfBody(r *http.Request, err error) int {
	status := middleware.StatusOf(r, err)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case status != http.StatusInternalServerError:
		return status
	case errors.Is(err, io.ErrUnexpectedEOF), r.Context().Err() != nil: // as when a stream of HTTP/2 is reset
		return middleware.StatusClientClosed
	}
	return http.StatusBadRequest
}
