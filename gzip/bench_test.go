package gzip_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// An abyss is a ResponseWriter that does as little as it can.
type abyss struct{ header http.Header }

func (a *abyss) Header() http.Header               { return a.header }
func (a *abyss) WriteHeader(int)                   {}
func (a *abyss) Write(p []byte) (int, error)       { return len(p), nil }
func (a *abyss) WriteString(s string) (int, error) { return len(s), nil }

// passed are responses that are not encoded, with the request they are to.
func passed() map[string]struct {
	h http.HandlerFunc
	r *http.Request
} {
	var (
		body, little = []byte(textOf(100_000)), []byte(textOf(1000))
		json, jpeg   = []string{"application/json"}, []string{"image/jpeg"}
		br           = []string{"br"}
	)
	write := func(contentType []string, p []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = contentType
			w.Write(p)
		}
	}
	return map[string]struct {
		h http.HandlerFunc
		r *http.Request
	}{
		"too small":    {write(json, little), ask("GET", browser)},
		"of a type":    {write(jpeg, body), ask("GET", browser)},
		"not accepted": {write(json, body), ask("GET", "")},
		"refused":      {write(json, body), ask("GET", "gzip;q=0, *;q=0.0, identity")},
		"encoded": {func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Encoding"] = br
			write(json, body)(w, r)
		}, ask("GET", browser)},
		"a copy": {func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = jpeg
			w.(io.StringWriter).WriteString("a copy")
		}, ask("GET", browser)},
	}
}

// BenchmarkPass is about what is not encoded. The peer to beat is gzhttp.
func BenchmarkPass(b *testing.B) {
	for name, bb := range passed() {
		b.Run(name, func(b *testing.B) {
			w := &abyss{http.Header{}}
			rec := middleware.Record(w)
			h := gzip.NewHandler(middleware.FromHTTP(bb.h), gzip.Config{})
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(rec, bb.r)
			}
		})
	}
}

// BenchmarkHandler is about what is, by default. The peer to beat is gzhttp.
func BenchmarkHandler(b *testing.B) {
	for _, bb := range []struct {
		name  string
		size  int
		cache *gzip.Cache
	}{{"1 KiB", 1 << 10, nil}, {"10 KiB", 10 << 10, nil}, {"100 KiB", 100 << 10, nil}, {"1 MiB", 1 << 20, nil}, {"100 KiB again", 100 << 10, gzip.NewCache(1 << 20)}} {
		body := []byte(textOf(bb.size))
		for _, coding := range []string{"gzip", "br", "zstd"} {
			b.Run(bb.name+" "+coding, func(b *testing.B) {
				h := gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/plain")
					for rest := body; len(rest) > 0; {
						n := min(len(rest), 32<<10)
						w.Write(rest[:n])
						rest = rest[n:]
					}
				})), gzip.Config{Cache: bb.cache})
				w, r := httptest.NewRecorder(), ask("GET", coding)
				h.ServeHTTP(w, r)
				sent := w.Body.Len()
				sink := &abyss{http.Header{}}
				b.SetBytes(int64(bb.size))
				b.ReportAllocs()
				for b.Loop() {
					clear(sink.header)
					h.ServeHTTP(sink, r)
				}
				b.ReportMetric(float64(sent), "bytes")
			})
		}
	}
}
