package fastcgi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
)

// browsing returns a request as one of a browser's.
func browsing(target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	r.Header.Set("Accept-Language", "en-US,en;q=0.5")
	r.Header.Set("Cookie", "a=b; session=0123456789abcdef")
	r.Header.Set("Referer", "https://www.example.com/where/from")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	return r
}

func TestEnvironmentAllocates(t *testing.T) {
	cfg := fastcgi.PHP()
	cfg.Root = site(t, "index.php")
	build := fastcgi.Surroundings(cfg, middleware.Record(httptest.NewRecorder()), browsing("/page?a=b"))
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { build() }), 2.0)
}

// BenchmarkEnvironment is what it takes to say all that an application is to know.
// Caddy 2 takes 36 allocations for it.
func BenchmarkEnvironment(b *testing.B) {
	cfg := fastcgi.PHP()
	cfg.Root = site(b, "index.php")
	build := fastcgi.Surroundings(cfg, middleware.Record(httptest.NewRecorder()), browsing("/page?a=b"))
	b.ReportAllocs()
	for b.Loop() {
		build()
	}
}

// BenchmarkRoute is what it takes to find out that a page is the front controller's.
func BenchmarkRoute(b *testing.B) {
	cfg := fastcgi.PHP()
	cfg.Root = site(b, "index.php")
	find := fastcgi.Finding(cfg, browsing("/no/such/page"))
	b.ReportAllocs()
	for b.Loop() {
		find()
	}
}
