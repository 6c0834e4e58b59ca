package fastcgi

import (
	"errors"
	"net/http"
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// attempts has a connection that was idle be a mere chance, and one that is new not
// be lost just because all processes of FPM were killed by a reload, which by
// default does not let them finish.
func (x *exchange) attempts() error {
	err := x.attempt(false)
	if err != nil && x.conn != nil && x.conn.reused && x.mayRepeat(err) {
		err = x.attempt(true)
	}
	if err == nil || !x.mayRepeat(err) {
		return err
	}
	if !pause(x.ctx, settling) {
		return x.failed(OpHeader, upstream.Canceled(x.ctx))
	}
	return x.attempt(true)
}

// brief is how long a request on a new connection may have been under way to be
// sent once more. One that took longer may have been what was killed, by
// request_terminate_timeout of FPM, and not just one of those that a reload kills.
const brief = time.Second

// settling is how long the old processes may take to be gone.
const settling = 100 * time.Millisecond

// mayRepeat reports whether the connection broke without an answer, and the request
// can be sent once more without a chance of being executed twice, or if it is then
// to the same effect. RFC 9110, section 9.2.2.
func (x *exchange) mayRepeat(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Answered || e.Timeout() || e.Op != OpWrite && e.Op != OpHeader || x.ctx.Err() != nil {
		return false
	}
	if x.up != nil || x.streams { // whose body is gone
		return false
	}
	if !e.Reused && time.Since(x.began) > brief {
		return false
	}
	return !x.sent || x.idempotent()
}

// look takes from the parameters what matters here, too.
func (x *exchange) look() error {
	for rest := x.req.Params.buf; len(rest) > 0; {
		var name, value []byte
		name, value, rest = nextPair(rest)
		switch string(name) {
		case "REQUEST_METHOD":
			x.head = string(value) == http.MethodHead
			x.safe = upstream.IdempotentMethod(string(value))
		case "HTTP_IDEMPOTENCY_KEY":
			x.keyed = true
		case "CONTENT_LENGTH":
			// PHP waits for as much as it says, for ever: caddy#5420.
			return errors.New("CONTENT_LENGTH is added by the client")
		}
	}
	return nil
}

// idempotent reports whether the request may be executed twice.
func (x *exchange) idempotent() bool {
	return x.safe || x.keyed || x.req.Role == Authorizer // which has no effect but its answer
}
