package rewrite_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/rewrite"
	"github.com/shallot-http/shallot/middleware/static"
)

// In front of an application that answers whatever is not a file.
func Example() {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.URL) })
	h := middleware.Wrap(app, rewrite.New(rewrite.Config{
		Files: static.Config{FS: fstest.MapFS{"style.css": {}, "docs/index.html": {}}},
		Rules: []rewrite.Rule{{To: []string{"{path}", "{path}/", "/index.php?page={path}&{query}"}}},
	}))

	for _, url := range []string{"/style.css?v=1", "/docs", "/shop/shoes?size=42"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		fmt.Print(w.Body)
	}
	// Output:
	// /style.css?v=1
	// /docs/
	// /index.php?page=%2Fshop%2Fshoes&size=42
}

// In front of one Handler, by a pattern.
func ExampleNewHandler() {
	show := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		fmt.Fprintln(w, r.URL, "for", middleware.OriginalURL(w, r))
		return 0, nil
	})
	h := rewrite.NewHandler(show, rewrite.Config{Rules: []rewrite.Rule{{
		Base:    "/blog/",
		Pattern: regexp.MustCompile(`^(\d{4})/([^/]+)$`),
		To:      []string{"/posts/{2}.html?year={1}"},
	}}})

	w := httptest.NewRecorder()
	middleware.AppHandler(h.ServeHTTP).ServeHTTP(w, httptest.NewRequest("GET", "/blog/2026/onions", nil))
	fmt.Print(w.Body)
	// Output: /posts/onions.html?year=2026 for /blog/2026/onions
}
