package main

import (
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/CAFxX/httpcompression"
	"github.com/NYTimes/gziphandler"
	"github.com/andybalholm/brotli"
	chi "github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/zstd"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// An encoder is a middleware that compresses responses.
type encoder func(http.Handler) http.Handler

// ours returns the encoder that package gzip makes of c.
func ours(c gzip.Config) encoder {
	return func(h http.Handler) http.Handler { return middleware.Wrap(h, gzip.New(c)) }
}

// A peer is an encoder that others have made.
type peer struct {
	name string
	encoder
}

// peers are the others as they are by default.
func peers() []peer {
	return []peer{
		{"gzhttp", func(h http.Handler) http.Handler { return gzhttp.GzipHandler(h) }},
		{"httpcompression", must(httpcompression.DefaultAdapter())},
		{"chi's Compress", chi.Compress(5)},
		{"NYTimes' gziphandler", must(gziphandler.GzipHandlerWithOpts(gziphandler.MinSize(1 << 10)))},
	}
}

// klauspost returns gzhttp for one coding.
func klauspost(coding string) encoder {
	wrap := must(gzhttp.NewWrapper(gzhttp.CompressionLevel(5), gzhttp.EnableGzip(coding == "gzip"), gzhttp.EnableZstd(coding == "zstd")))
	return func(h http.Handler) http.Handler { return wrap(h) }
}

// must is for options that do not depend on anything.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// accepting returns the request of a browser that accepts these codings.
func accepting(codings string) *http.Request {
	r := get("/some/page")
	r.Header.Set("Accept-Encoding", codings)
	return r
}

const browsers = "gzip, deflate, br, zstd"

// encodes is the operation of having an encoder answer r with p, to nobody. It
// fails unless the answer is encoded, and p once it is decoded.
func encodes(t pair.TB, e encoder, p payload, r *http.Request) pair.Op {
	h := e(p)
	size := encodedSize(t, h, p, r)
	if size >= p.size {
		t.Fatal(p.name, " is not encoded")
	}
	return pair.Op{Do: serve(t, h, r, size).Do, Size: size}
}

// encodesOverLoopback is the same over a connection.
func encodesOverLoopback(t pair.TB, e encoder, p payload, r *http.Request) pair.Op {
	h := e(p)
	size := encodedSize(t, h, p, r)
	return pair.Op{Do: overLoopback(t, h, r, size).Do, Size: size}
}

// encodedSize returns the size of what h answers, which is to decode to p.
func encodedSize(t pair.TB, h http.Handler, p payload, r *http.Request) int64 {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	coding, size := w.Header().Get("Content-Encoding"), w.Body.Len()
	decoded, err := decode(coding, w.Body.Bytes())
	if err != nil || string(decoded) != p.text() {
		t.Fatalf("%s as %q: %d bytes of %d, %v", p.name, coding, len(decoded), p.size, err)
	}
	return int64(size)
}

// decode decodes a body.
func decode(coding string, body []byte) ([]byte, error) {
	switch coding {
	case "":
		return body, nil
	case "gzip":
		r, err := stdgzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	case "br":
		return io.ReadAll(brotli.NewReader(bytes.NewReader(body)))
	case "zstd":
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return r.DecodeAll(body, nil)
	}
	return nil, errors.New("unknown coding")
}
