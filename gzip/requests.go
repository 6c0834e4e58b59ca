package gzip

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// RequestsConfig says how to decode the bodies of requests. The zero
// RequestsConfig decodes zstd, br and gzip, and stops where a body cannot be an
// honest one.
type RequestsConfig struct {
	// Codings are those of zstd, br and gzip that are decoded; nil is all. Others
	// are unknown.
	Codings []string

	// MaxBytes is the most that an encoded body may be, decoded; zero is 10 MiB,
	// negative is any size. As it was sent it may be a MiB more. Bodies that are
	// not encoded are limited by http.MaxBytesHandler.
	MaxBytes int64

	// MaxRatio is how much larger a body may become by being decoded; zero is
	// 200, negative is any number. The first MiB does not count.
	MaxRatio int
}

const (
	defaultRequestBytes = 10 << 20
	defaultRatio        = 200
	freeOfRatio         = 1 << 20

	// maxChain is the most codings that a body may have one over the other.
	maxChain = 3
)

// NewRequests returns the middleware that decodes the bodies of requests as c says.
//
// The handler behind it reads what the client encoded, without Content-Encoding,
// and of a length that is not known. A body that cannot be decoded fails while it
// is read, with an error whose StatusCode is 400, or 413 if it would become too
// large (which is an [http.MaxBytesError], too) or takes too large a window;
// middleware.StatusOf makes it the response's. A request of another coding is
// answered by 415, and told in Accept-Encoding of those that would do (RFC 7694).
//
// A window is memory for as long as a client likes, so all of a body have 8 MiB, as
// RFC 9659 permits zstd, in equal parts if it is encoded by zstd or br more than
// once. That is too little for what zstd --long makes, and for bodies of more than 8
// MiB that are encoded by br with its largest window.
//
// Codings that were applied one after the other are all decoded, or none: who has
// only the outermost taken away would have to know what is left.
func NewRequests(c RequestsConfig) middleware.Middleware {
	d := newRequestDecoders(c)
	return func(next middleware.Handler) middleware.Handler {
		return &RequestsHandler{next, d}
	}
}

// A RequestsHandler decodes the bodies of requests for the next one.
type RequestsHandler struct {
	next middleware.Handler
	*requestDecoders
}

// NewRequestsHandler returns the RequestsHandler that NewRequests(c) puts in front
// of next.
func NewRequestsHandler(next middleware.Handler, c RequestsConfig) *RequestsHandler {
	return &RequestsHandler{next, newRequestDecoders(c)}
}

// ServeHTTP implements [middleware.Handler].
func (h *RequestsHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	fields := r.Header["Content-Encoding"]
	if len(fields) == 0 || r.Body == nil || r.Body == http.NoBody {
		return h.next.ServeHTTP(w, r)
	}
	codings, err := h.chain(fields)
	if err != nil {
		w.Header()["Accept-Encoding"] = []string{h.accepted}
		return http.StatusUnsupportedMediaType, err
	}
	if len(codings) == 0 {
		return h.next.ServeHTTP(w, r)
	}
	body := &requestBody{decoders: h.requestDecoders, codings: codings, src: source{ReadCloser: r.Body}}
	defer body.release()
	seen := r.WithContext(r.Context()) // a copy
	seen.Header = maps.Clone(r.Header)
	delete(seen.Header, "Content-Encoding")
	delete(seen.Header, "Content-Length")
	seen.ContentLength = -1
	seen.Body = body
	status, err := h.next.ServeHTTP(w, seen)
	middleware.CopyBack(r, seen)
	return status, err
}

// requestDecoders are a RequestsConfig, complete, and the decoders.
type requestDecoders struct {
	RequestsConfig
	accepted string // as in Accept-Encoding
	pools    map[string]*decoderPool
}

func newRequestDecoders(c RequestsConfig) *requestDecoders {
	all := map[string]func() *decoderPool{
		"zstd": func() *decoderPool { return &decoderPool{make: newZstdDecoder, windowed: true} },
		"br": func() *decoderPool {
			return &decoderPool{make: func() decoder { return new(brotliDecoder) }, windowed: true}
		},
		"gzip": func() *decoderPool { return &decoderPool{make: func() decoder { return new(gzipDecoder) }} },
	}
	if c.Codings == nil {
		c.Codings = []string{"zstd", "br", "gzip"}
	}
	d := &requestDecoders{RequestsConfig: c, pools: make(map[string]*decoderPool)}
	var known []string
	for _, name := range c.Codings {
		if make := all[name]; make != nil && d.pools[name] == nil {
			d.pools[name] = make()
			known = append(known, name)
		}
	}
	d.accepted = cmp.Or(strings.Join(known, ", "), "identity")
	d.MaxBytes = cmp.Or(c.MaxBytes, defaultRequestBytes)
	d.MaxRatio = cmp.Or(c.MaxRatio, defaultRatio)
	return d
}

// chain returns the codings that the fields name, the one applied first first.
func (d *requestDecoders) chain(fields []string) (codings []*decoderPool, err error) {
	for _, field := range fields {
		for name := range strings.SplitSeq(field, ",") {
			name = strings.ToLower(strings.Trim(name, " \t"))
			switch name {
			case "", "identity":
				continue
			case "x-gzip": // RFC 9110, section 8.4.1.3
				name = "gzip"
			}
			pool := d.pools[name]
			if pool == nil {
				return nil, fmt.Errorf("gzip: the request has the unknown coding %.40q", name)
			}
			if codings = append(codings, pool); len(codings) > maxChain {
				return nil, fmt.Errorf("gzip: the request is encoded more than %d times", maxChain)
			}
		}
	}
	return slices.Clip(codings), nil
}
