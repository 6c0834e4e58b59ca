package redirect_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/redirect"
)

// In front of any http.Handler, for what has moved.
func Example() {
	h := middleware.Wrap(http.NotFoundHandler(), redirect.New(redirect.Config{Rules: []redirect.Rule{
		{From: "/old", To: "/new", Status: http.StatusPermanentRedirect},
		{From: "/login", To: "https://id.example.com/?back={uri_escaped}", Status: http.StatusSeeOther},
	}}))

	for _, url := range []string{"/old", "/login?a=b", "/new"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		fmt.Println(w.Code, w.Header().Get("Location"))
	}
	// Output:
	// 308 /new
	// 303 https://id.example.com/?back=%2Flogin%3Fa%3Db
	// 404
}

// A whole site that has moved, with every path and query.
func ExampleNewHandler() {
	h := redirect.NewHandler(middleware.Status(http.StatusNotFound), redirect.Config{
		Rules: []redirect.Rule{{To: "https://example.com"}},
	})

	w := httptest.NewRecorder()
	middleware.AppHandler(h.ServeHTTP).ServeHTTP(w, httptest.NewRequest("GET", "/a%20b?c=d", nil))
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output: 301 https://example.com/a%20b?c=d
}
