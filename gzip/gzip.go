package gzip

import (
	"net/http"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accept"
)

// Config says what to encode, and how. The zero Config is right for most.
type Config struct {
	// Codings are what to encode with: of those that the client likes best, the
	// first. Nil is zstd, brotli and gzip, or zstd, gzip and brotli for a body
	// below 4 KiB, at levels that cost little for what they save. Zstd comes first
	// because it costs least; for the fewest bytes it is brotli:
	// []Coding{Brotli(0), Zstd(0), Gzip(0)}.
	Codings []Coding

	// Level is that of the codings if Codings is nil, from 1, the fastest, to 9,
	// the smallest; what is beyond is taken for the nearest. Zero is 5 for gzip
	// and brotli and 1 for zstd.
	Level int

	// MinSize is the least a body must have, in bytes. Zero is 1,024, which is
	// what fits into one packet anyway; negative is no minimum.
	MinSize int

	// Buffer is how much of a body is held back to see whether it ends there, in
	// bytes. Zero is 64 KiB, or 512 KiB with a Cache.
	Buffer int

	// Types reports whether responses of a media type, which is in lower case
	// and without parameters, are to be encoded. Nil is DefaultTypes. The answer
	// for a type must always be the same.
	Types func(mediaType string) bool

	// Skip reports whether the response to a request is to be left as it is. It
	// still says that it varies. To confine the layer altogether there is
	// middleware.When.
	Skip func(*http.Request) bool

	ETag ETagMode // what becomes of the entity tag of what is encoded

	// Strict answers 406 to clients that refuse both identity and every coding.
	// Otherwise they are sent identity, and so are, in either case, those that
	// refuse it where there is no room by MaxConcurrent.
	Strict bool

	// Jitter is the most bytes that a body is made longer by, and a few that this
	// takes in itself (6 for gzip, 8 for zstd), so that its size says less about
	// its contents; zero is none. How many they are depends on
	// the URL and the contents, as far as the Buffer has them: asking again does
	// not help, asking for something else does.
	Jitter int

	// Cache holds encoded bodies, for those that are sent many times; nil is none.
	Cache *Cache

	// Dictionaries are those of RFC 9842; nil is none.
	Dictionaries *Dictionaries

	// MaxConcurrent is how many bodies are encoded at a time; zero is any number.
	// Responses beyond it are sent as they are, for an encoder takes a megabyte
	// for as long as a slow client takes to read.
	MaxConcurrent int
}

const (
	defaultMinSize     = 1024
	defaultBuffer      = 64 << 10
	defaultCacheBuffer = 512 << 10
)

// New returns the middleware that encodes responses as c says.
func New(c Config) middleware.Middleware {
	s := newSettings(c)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, s}
	}
}

// A Handler encodes the responses of the next one.
type Handler struct {
	next middleware.Handler
	*settings
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, newSettings(c)}
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (status int, err error) {
	if r.Method == http.MethodConnect {
		return h.next.ServeHTTP(w, r)
	}
	accepted := accept.EncodingsOf(r.Header)
	refusal := h.refusal(accepted)
	if refusal == refusesAll && h.Strict {
		h.varies(w.Header(), r)
		return http.StatusNotAcceptable, nil
	}
	ww := h.writer(w, r, accepted)
	defer ww.release()
	ww.must = refusal == refusesIdentity
	seen := h.request(r, accepted)
	status, err = h.next.ServeHTTP(ww, seen)
	status, err = ww.finish(status, err)
	middleware.CopyBack(r, seen)
	return status, err
}

// CrossSite reports whether a page of another site has made the browser send r.
// It believes Sec-Fetch-Site, which all browsers send since 2023. What other
// clients send is not cross-site.
func CrossSite(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "cross-site" }
