package gziptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// bodies is about what is sent, and how much of it.
func bodies() []Exchange {
	one := func(name, source, method string, h http.HandlerFunc, checks ...check) Exchange {
		return Exchange{name, source, func(s *server) error {
			a, err := s.ask(method, h, "Accept-Encoding", "gzip")
			return all(a, err, checks...)
		}}
	}
	get := func(name, source string, h http.HandlerFunc, checks ...check) Exchange {
		return one(name, source, "GET", h, checks...)
	}
	const small = "<p>small</p>"
	return []Exchange{
		get("a small body", "traefik#8197", writes(html, small), is(200, small), in(""), has("Content-Length", strconv.Itoa(len(small)))),
		get("a small body of many pieces", "caddy#398", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			for _, c := range small {
				io.WriteString(w, string(c))
			}
		}, is(200, small), in("")),
		get("a large body of small pieces", "caddy#3692", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			for line := range strings.Lines(page) {
				io.WriteString(w, line)
			}
		}, is(200, page), in("gzip")),
		get("a body in one piece has a length", "klauspost/compress#1061", writes(html, page),
			is(200, page), in("gzip"), has("Transfer-Encoding", ""), func(a *answer) error {
				if a.ContentLength != int64(len(a.raw)) {
					return fmt.Errorf("Content-Length is %d of %d bytes", a.ContentLength, len(a.raw))
				}
				return nil
			}),
		get("a length that was right before", "nytimes/gziphandler#17", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			writes(html, page)(w, r)
		}, is(200, page), in("gzip")),
		get("a body shorter than its length", "RFC 9112, section 6.3", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(2*len(page)))
			writes(html, page)(w, r)
		}, broken),
		get("a body that is encoded already", "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			writes(html, page)(w, r)
		}, in("br"), raw(page)),
		get("a body that is encoded already, of no type", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, page)
		}, in("br"), raw(page)),
		get("a body that is encoded already, by one of several lines", "RFC 9110, section 5.3", func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Encoding"] = []string{"", "br", ""}
			writes(html, page)(w, r)
		}, raw(page)),
		get("a body that cannot get smaller", "", writes("text/plain", noise), is(200, noise), func(a *answer) error {
			if len(a.raw) > len(noise) {
				return fmt.Errorf("%d bytes have become %d", len(noise), len(a.raw))
			}
			return nil
		}),
		get("a part", "nytimes/gziphandler#83", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-"+strconv.Itoa(len(page)-1)+"/1000000")
			w.Header().Set("Content-Type", html)
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, page)
		}, is(206, page), in(""), varies),
		get("parts are not offered of what is encoded", "RFC 9110, section 14.3", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Accept-Ranges", "bytes")
			writes(html, page)(w, r)
		}, is(200, page), in("gzip"), has("Accept-Ranges", "")),
		get("parts are offered of what is not", "caddy#5031", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Accept-Ranges", "bytes")
			w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			writes("video/mp4", page)(w, r)
		}, is(200, page), in(""), has("Accept-Ranges", "bytes"), has("Content-Length", strconv.Itoa(len(page)))),
		get("a digest of what is sent", "RFC 9530", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Digest", "sha-256=:of the page:")
			writes(html, page)(w, r)
		}, is(200, page), noDigest),
		get("a digest that follows", "RFC 9530, section 2", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "Sum, content-digest")
			writes(html, page)(w, r)
			w.Header().Set("Content-Digest", "sha-256=:of the page:")
		}, is(200, page), noDigest),
		get("no-transform", "RFC 9111, section 5.2.2.6", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60, no-transform")
			writes(html, page)(w, r)
		}, is(200, page), in("")),
		get("no body", "nytimes/gziphandler#5", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
		}, is(200, ""), in(""), raw("")),
		get("204", "goyave#276", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.WriteHeader(http.StatusNoContent)
		}, is(204, ""), in(""), raw("")),
		get("205", "RFC 9110, section 15.3.6", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.WriteHeader(http.StatusResetContent)
		}, is(205, ""), in(""), raw("")),
		get("304", "patron#405", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.WriteHeader(http.StatusNotModified)
		}, is(304, ""), in(""), raw("")),
		get("a page for an error", "gin-contrib/gzip#125", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, page)
		}, is(404, page), in("gzip")),
		get("the first of two statuses counts", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, page)
			w.WriteHeader(http.StatusInternalServerError)
		}, is(202, page), in("gzip")),
		get("a status after a copy of nothing", "net/http: ReadFrom", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			io.Copy(w, struct{ io.Reader }{strings.NewReader("")}) // which has no WriteTo
			w.Header().Set("Content-Type", "image/png")
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, page)
		}, is(202, page), in(""), has("Content-Type", "image/png")),
		{"encoded once by two layers", "caddy#5031", func(s *server) error {
			wrap := s.wrap
			s.wrap = func(h http.Handler) http.Handler { return wrap(wrap(h)) }
			a, err := s.get(writes(html, page), "Accept-Encoding", "gzip")
			return all(a, err, is(200, page), in("gzip"))
		}},
		{"HEAD has the fields of GET", "RFC 9110, section 9.3.2", headIsGet(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"v1"`)
			writes(html, page)(w, r)
		})},
		{"HEAD has the fields of GET, without a body to look at", "RFC 9110, section 9.3.2", headIsGet(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", html)
			w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			if r.Method != http.MethodHead {
				io.WriteString(w, page)
			}
		})},
	}
}

// headIsGet compares the header of HEAD to that of GET. Content-Length may be
// missing where the one may not know what the other does.
func headIsGet(h http.HandlerFunc) func(*server) error {
	return func(s *server) error {
		srv := s.start(h)
		get, err := send(s.ctx, srv, "GET", nil, "Accept-Encoding", "gzip")
		if err != nil {
			return err
		}
		head, err := send(s.ctx, srv, "HEAD", nil, "Accept-Encoding", "gzip")
		if err != nil {
			return err
		}
		if head.Header.Get("Content-Length") == "" {
			get.Header.Del("Content-Length")
		}
		for _, h := range []http.Header{get.Header, head.Header} {
			h.Del("Date")
		}
		if !maps.EqualFunc(get.Header, head.Header, slices.Equal) {
			return fmt.Errorf("GET has %v and HEAD %v", get.Header, head.Header)
		}
		return nil
	}
}

// raw checks the bytes on the wire.
func raw(text string) check {
	return func(a *answer) error {
		if !bytes.Equal(a.raw, []byte(text)) {
			return fmt.Errorf("%d bytes were sent of %d, or others", len(a.raw), len(text))
		}
		return nil
	}
}

// broken checks that an answer says that something went wrong, or does not look
// whole.
func broken(a *answer) error {
	if a.err != nil || a.StatusCode >= 500 {
		return nil
	}
	if _, err := a.decoded(); err == nil {
		return fmt.Errorf("status %d and a body that looks whole", a.StatusCode)
	}
	return errors.New("only the coding shows that it is not whole")
}

// noDigest checks that what is encoded has no digest of what it was made from,
// before it or behind.
func noDigest(a *answer) error {
	if a.coding() != "" && a.Header.Get("Content-Digest")+a.Trailer.Get("Content-Digest") != "" {
		return errors.New("the digest is of something else")
	}
	return nil
}

// noise is text by its type only.
var noise = func() string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 8<<10)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}()
