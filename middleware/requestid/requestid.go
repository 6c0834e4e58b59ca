package requestid

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// DefaultHeader is the header that carries the identifier unless configured.
const DefaultHeader = "X-Request-Id"

// Config says how to identify requests. The zero Config is ready to use.
type Config struct {
	Header  string         // header that carries the identifier; "" is DefaultHeader
	Trusted []netip.Prefix // peers whose own identifiers are kept; nil is nobody
	NewID   func() string  // source of identifiers; nil is crypto/rand.Text
}

// New returns the middleware that identifies requests as c says.
func New(c Config) middleware.Middleware {
	c = c.complete()
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, c}
	}
}

// A Handler identifies requests on their way to the next one.
type Handler struct {
	next middleware.Handler
	cfg  Config
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, c.complete()}
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	id := r.Header.Get(h.cfg.Header)
	if !wellFormed(id) || !h.trusts(r) {
		id = h.cfg.NewID()
	}
	w.Header().Set(h.cfg.Header, id)
	middleware.Note(w, slog.String(middleware.NoteRequestID, id))
	seen := r.WithContext(context.WithValue(r.Context(), key{}, id))
	status, err := h.next.ServeHTTP(w, seen)
	middleware.CopyBack(r, seen)
	return status, err
}

// FromContext returns the identifier of the request ctx belongs to, or "".
func FromContext(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}

type key struct{}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.Header = cmp.Or(c.Header, DefaultHeader)
	c.Trusted = slices.Clone(c.Trusted)
	if c.NewID == nil {
		c.NewID = rand.Text
	}
	return c
}

func (h *Handler) trusts(r *http.Request) bool {
	peer, ok := middleware.PeerIP(r)
	return ok && slices.ContainsFunc(h.cfg.Trusted, func(p netip.Prefix) bool { return p.Contains(peer) })
}

// wellFormed reports whether id can be repeated in a header or a log without
// thought.
func wellFormed(id string) bool {
	const longest = 128
	return id != "" && len(id) <= longest && strings.TrimLeft(id, alphanumeric+"+-./:=_") == ""
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
