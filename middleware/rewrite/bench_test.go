package rewrite_test

import (
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/rewrite"
	"github.com/shallot-http/shallot/middleware/static"
)

func BenchmarkUntouched(b *testing.B) {
	benchmark(b, rewrite.Config{Rules: []rewrite.Rule{{From: "/a", To: []string{"/b"}}}})
}

func BenchmarkPatternNotThere(b *testing.B) {
	benchmark(b, rewrite.Config{Rules: []rewrite.Rule{{Pattern: regexp.MustCompile(`^blog/(\d+)$`), To: []string{"/b"}}}})
}

func BenchmarkPattern(b *testing.B) {
	benchmark(b, rewrite.Config{Rules: []rewrite.Rule{{Pattern: regexp.MustCompile("(.*)"), To: []string{"/b?{1}"}}}})
}

func BenchmarkTry(b *testing.B) {
	root := middleware.NewRoot(b.TempDir())
	defer root.Close()
	benchmark(b, rewrite.Config{
		Rules: []rewrite.Rule{{To: []string{"{path}", "{path}/", "/index.php"}}},
		Files: static.Config{Root: root},
	})
}

func benchmark(b *testing.B, cfg rewrite.Config) {
	h := rewrite.New(cfg)(nothing)
	w, r := middleware.Record(httptest.NewRecorder()), get("/path")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
