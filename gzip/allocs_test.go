//go:build !race

package gzip_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// TestAllocations checks that to let something pass costs no memory, and to encode
// it no more than a field and its length. Under the race detector pools forget
// things at random.
func TestAllocations(t *testing.T) {
	once := func(h http.HandlerFunc, runs int, r *http.Request) float64 {
		w := &abyss{http.Header{}}
		rec := middleware.Record(w)
		layer := gzip.NewHandler(middleware.FromHTTP(h), gzip.Config{})
		return testing.AllocsPerRun(runs, func() {
			clear(w.header)
			layer.ServeHTTP(rec, r)
		})
	}
	for name, tt := range passed() {
		t.Run(name, func(t *testing.T) {
			require.Zero(t, once(tt.h, 200, tt.r))
			w := &abyss{http.Header{}}
			wrapped := middleware.Wrap(tt.h, gzip.New(gzip.Config{}))
			require.LessOrEqual(t, testing.AllocsPerRun(200, func() {
				clear(w.header)
				wrapped.ServeHTTP(w, tt.r)
			}), 1.0)
		})
	}
	contentType := []string{"text/plain"}
	for _, coding := range []string{"gzip", "br", "zstd"} {
		for size, most := range map[int]float64{10_000: 2, 1_000_000: 0} {
			body := []byte(textOf(size))
			t.Run(fmt.Sprint(size, " in ", coding), func(t *testing.T) {
				got := once(func(w http.ResponseWriter, _ *http.Request) {
					w.Header()["Content-Type"] = contentType
					w.Write(body)
				}, 20, ask("GET", coding))
				if coding == "zstd" && size > 100_000 {
					most = 1 // in the library, for a stream
				}
				require.LessOrEqual(t, got, most)
			})
		}
	}
}
