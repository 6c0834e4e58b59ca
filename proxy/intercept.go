package proxy

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// An Interceptor has somebody else answer in place of a backend, whose response is
// then not sent. It is for the responses that both its conditions are true of, but
// not for those of status 1xx.
type Interceptor struct {
	Statuses []int  // of which the response must be one; nil is any
	Field    string // which must be in its header; "" is none

	// Handler answers. It gets the request with the body that is left of it, none, and
	// may ask [Intercepted] what the backend has said. Nil is a Handler that returns the
	// status of the backend's response without its body, for a layer of error pages to
	// answer, as with proxy_intercept_errors of nginx.
	Handler middleware.Handler

	// Keep are the fields of the backend's header that are in that of the answer from
	// the beginning. Nil is what belongs to the status and to the client rather than to
	// the body: Allow, Retry-After, Set-Cookie and Www-Authenticate.
	Keep []string
}

// interceptors returns list with names as they are in headers, and every field set.
func interceptors(list []Interceptor) []Interceptor {
	list = slices.Clone(list)
	for i := range list {
		in := &list[i]
		in.Statuses = slices.Clone(in.Statuses)
		in.Field = http.CanonicalHeaderKey(in.Field)
		if in.Keep == nil {
			in.Keep = []string{"Allow", "Retry-After", "Set-Cookie", "Www-Authenticate"}
		}
		keep := make([]string, len(in.Keep))
		for i, name := range in.Keep {
			keep[i] = http.CanonicalHeaderKey(name)
		}
		in.Keep = keep
	}
	return list
}

func (in *Interceptor) matches(resp *http.Response) bool {
	return (in.Statuses == nil || slices.Contains(in.Statuses, resp.StatusCode)) &&
		(in.Field == "" || resp.Header[in.Field] != nil)
}

type interceptedKey struct{}

// Intercepted returns the response that the Handler of an [Interceptor] answers r in
// place of. Its header is as [Config].Down leaves it, without fields about the
// connection. Its body may be read until the Handler returns.
func Intercepted(r *http.Request) (resp *http.Response, ok bool) {
	resp, ok = r.Context().Value(interceptedKey{}).(*http.Response)
	return resp, ok
}

// interceptor returns what answers in place of a backend, nil if that does so itself.
func (d *delivery) interceptor(resp *http.Response) func(*upstream.Pick, upstream.Result) (int, error) {
	cfg := &d.h.cfg
	if len(cfg.Intercept) == 0 && len(cfg.Accel) == 0 || resp.StatusCode == http.StatusSwitchingProtocols {
		return nil
	}
	targets := d.takeAccel(resp.Header)
	for i := range cfg.Intercept {
		if in := &cfg.Intercept[i]; in.matches(resp) {
			return func(pick *upstream.Pick, _ upstream.Result) (int, error) { return d.intercept(in, resp, pick) }
		}
	}
	if targets == nil {
		return nil
	}
	return func(pick *upstream.Pick, result upstream.Result) (int, error) {
		resp.Body.Close()
		d.handOver(resp, pick, accelKeep)
		pick.Done(result) // for what comes now is none of the backend's load
		return d.accel(targets)
	}
}

func (d *delivery) intercept(in *Interceptor, resp *http.Response, pick *upstream.Pick) (int, error) {
	d.handOver(resp, pick, in.Keep)
	if in.Handler == nil {
		return resp.StatusCode, nil
	}
	r := d.r.WithContext(context.WithValue(d.r.Context(), interceptedKey{}, resp))
	r.Body, r.ContentLength, r.TransferEncoding, r.Trailer = http.NoBody, 0, nil, nil
	return in.Handler.ServeHTTP(d.w, r)
}

// handOver leaves in the header of the response to the client what is to be kept of
// that of a backend.
func (d *delivery) handOver(resp *http.Response, pick *upstream.Pick, keep []string) {
	header := d.w.Header()
	if d.direct {
		resp.Header = maps.Clone(header)
		clear(header)
	}
	d.changeResponse(resp.Header, resp.StatusCode)
	for _, name := range keep {
		if values := resp.Header[name]; values != nil {
			header[name] = append(slices.Clip(header[name]), values...)
		}
	}
	pick.Mark(header, d.r)
}
