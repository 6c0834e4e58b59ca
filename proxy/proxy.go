package proxy

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// Config says which requests are sent on, to whom, and what is changed on the way.
// All but Upstreams has a default.
type Config struct {
	// From is the part of the site that is sent on; "" is all of it. A path that lies
	// in it only once dots and doubled slashes are resolved is refused with 400, as
	// the backend would be sent another than the one looked at.
	From middleware.Path

	// Except are parts of From that are left to the next handler.
	Except []middleware.Path

	// Without is taken from the front of paths: with /api, a backend sees /api/x as
	// /x. It counts in whole segments; "" is nothing.
	Without string

	// Upstreams are the backends. It is opened, and closed, by whoever made it. Nil
	// is none: all requests are answered with 503.
	Upstreams *upstream.Group

	// Transport reaches them. Nil is one with defaults.
	Transport *Transport

	// TryDuration is how long to go on trying when all backends were tried, each once,
	// or none is fit. 0 is not at all. TryInterval is how long to wait before
	// each further round; 0 or less is 250 ms.
	TryDuration, TryInterval time.Duration

	// RetryStatuses are those of responses that another backend is asked in place of, if
	// there is one and the request may be repeated as after a failure. Nil is none.
	RetryStatuses []int

	// PreserveHost has backends see the Host that the client sent, rather than their
	// own name.
	PreserveHost bool

	// Trusted are the proxies in front of this one whose X-Forwarded-* and X-Real-Ip
	// are kept and added to. From all others they are dropped first.
	Trusted []netip.Prefix

	// Forwarded adds the field of RFC 7239, too. Without it none is let through.
	Forwarded bool

	// Aliases is what becomes of fields whose name has a "_" or a ".".
	Aliases Aliases

	// Up and Down are applied to the header of requests and of responses, in order,
	// after everything else has been done to them.
	Up, Down []HeaderOp

	// Upgrade are the protocols that a client may switch to, such as "websocket". Nil
	// is none: requests for others are sent on as if they had not asked.
	Upgrade []string

	// UpgradeTimeout is how long an upgraded connection may last. UpgradeIdle is how
	// long neither side of it may say anything, or one of them take nothing; it may be
	// a quarter longer until that is seen. 0 is without limit.
	UpgradeTimeout, UpgradeIdle time.Duration

	// Trailers sends on the trailers of requests whose names the client has announced,
	// but for those about framing, routing and authentication, and fields that Up
	// changes. What has been checked is the header.
	Trailers bool

	// Via is the name by which this proxy adds itself to the field Via, of requests and
	// of responses: RFC 9110, section 7.6.3. "" is not at all.
	Via string

	// Relocate has the fields Location and Content-Location lead to where clients find
	// what a backend means: if its value is a path, or a URL of the backend's own, that
	// is the path behind Without. It is for backends that do not know of Without, or of
	// the name and the scheme that this server has for clients.
	Relocate bool

	// Intercept has others answer in place of backends: the first that is for a
	// response. Accel has them do so where a backend says it, by the field
	// X-Accel-Redirect.
	Intercept []Interceptor
	Accel     []Accel

	// Mirror gets copies of requests. It is closed by whoever made it. Nil is none.
	Mirror *Mirror

	// Drain is closed to have upgraded connections end, as when the server is to stop,
	// which net/http does not tell them. Both sides of a WebSocket are told by status
	// 1001 (RFC 6455, section 7.4.1). Nil is never.
	Drain <-chan struct{}
}

// Aliases says what becomes of a field of a request whose name has a "_" or a ".".
// Servers that hand fields on as environment variables, as CGI does, take it for
// the one with a "-", which others have checked.
type Aliases uint8

// The values of Aliases.
const (
	DropAliases   Aliases = iota // they are left out, as nginx does
	KeepAliases                  // but for those of fields that this package sets
	RejectAliases                // the request is answered with 400
)

// New returns the middleware that sends requests on as c says.
func New(c Config) middleware.Middleware {
	c = c.complete()
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next: next, cfg: c}
	}
}

// A Handler sends requests on, and leaves those that it is not for to the next one.
type Handler struct {
	next    middleware.Handler
	cfg     Config
	bodies  sync.Pool // *[]byte of maxPrefetch
	headers sync.Pool // http.Header, empty
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next: next, cfg: c.complete()}
}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.From = cmp.Or(c.From, "/")
	c.Without = strings.TrimSuffix(c.Without, "/")
	if c.TryInterval <= 0 {
		c.TryInterval = 250 * time.Millisecond
	}
	c.RetryStatuses = slices.Clone(c.RetryStatuses)
	c.Except, c.Trusted, c.Upgrade = slices.Clone(c.Except), slices.Clone(c.Trusted), slices.Clone(c.Upgrade)
	c.Up, c.Down = usable(c.Up), usable(c.Down)
	c.Intercept, c.Accel = interceptors(c.Intercept), accels(c.Accel)
	if c.Transport == nil {
		c.Transport = NewTransport(TransportConfig{})
	}
	if c.Upstreams == nil {
		c.Upstreams = upstream.New(upstream.Config{})
	}
	return c
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if !h.cfg.covers(r) {
		return h.next.ServeHTTP(w, r)
	}
	if r.Method == http.MethodConnect {
		// What follows is not delimited, so nothing after it is read: CVE-2026-56866.
		w.Header().Set("Connection", "close")
		return middleware.MethodNotAllowed(w, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	d := &delivery{h: h, w: w, r: r}
	defer d.free()
	if err := d.prepare(); err != nil {
		return d.statusOf(err), err
	}
	h.cfg.Mirror.copy(d)
	return d.run()
}

func (c *Config) covers(r *http.Request) bool {
	return c.From.Match(r) && !slices.ContainsFunc(c.Except, func(p middleware.Path) bool { return p.Match(r) })
}

// A refusal is why a request is not sent on.
type refusal string

func (r refusal) Error() string { return "proxy: request refused: " + string(r) }

// StatusCode returns 400.
func (refusal) StatusCode() int { return http.StatusBadRequest }
