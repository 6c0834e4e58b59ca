package accesslog_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
)

func BenchmarkHandler(b *testing.B) {
	reply := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 204, nil })
	for _, bb := range []struct {
		name string
		cfg  accesslog.Config
	}{
		{"common", accesslog.Config{Output: io.Discard}},
		{"combined", accesslog.Config{Output: io.Discard, Format: accesslog.Compile("{combined}")}},
		{"combined, masked", accesslog.Config{Output: io.Discard, Format: accesslog.Compile("{combined}"), MaskIPv4: 8}},
		{"json", accesslog.Config{Logger: slog.New(slog.NewJSONHandler(io.Discard, nil))}},
		{"not logged", accesslog.Config{Paths: []middleware.Path{"/elsewhere"}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			h := accesslog.New(bb.cfg)(reply)
			r := httptest.NewRequest("GET", "/some/path?and=query", nil)
			r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
			r.Header.Set("Referer", "https://www.example.com/some/where?else=1")
			rec := middleware.Record(httptest.NewRecorder())
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(rec, r)
			}
		})
	}
}

// TestCombinedIsCheap is what BenchmarkHandler measures and does not check.
func TestCombinedIsCheap(t *testing.T) {
	h := accesslog.New(accesslog.Config{Output: io.Discard, Format: accesslog.Compile("{combined}")})(
		middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 204, nil }))
	rec, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", "/some/path?and=query", nil)
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() { h.ServeHTTP(rec, r) }), 2.0)
}
