package browse_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Benchmark lists folders to nobody. The peers are in examples/bench.
func Benchmark(b *testing.B) {
	dir := big(b, 10_000)
	require.NoError(b, os.Chtimes(dir, day, day)) // so that it is remembered
	c := in(b, dir)
	site := directive.NewSite()
	site.Root = c.Files.Root
	site.Hide("x.log")
	c.Files.Hide = func(name string, info fs.FileInfo) bool { return site.Hidden(name, info) }
	for _, bm := range []struct {
		name, query string
		fresh       bool
	}{
		{"a page of a folder never seen", "/", true},
		{"a page", "/", false},
		{"a page by size", "/?sort=size", false},
		{"everything on a page", "/?limit=10000", false},
		{"everything as NDJSON", "/?format=ndjson", false},
	} {
		b.Run(bm.name, func(b *testing.B) {
			h := browse.NewHandler(middleware.Status(404), c)
			b.ReportAllocs()
			for b.Loop() {
				if bm.fresh {
					h = browse.NewHandler(middleware.Status(404), c)
				}
				w := httptest.NewRecorder()
				status, err := h.ServeHTTP(w, httptest.NewRequest("GET", bm.query, nil))
				require.NoError(b, err)
				require.Equal(b, http.StatusOK, status)
			}
		})
	}
}
