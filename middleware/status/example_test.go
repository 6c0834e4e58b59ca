package status_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/status"
)

// In front of any http.Handler.
func Example() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })
	h := middleware.Wrap(hello, status.New(status.Config{Rules: []status.Rule{
		{Path: "/old", Status: http.StatusGone},
	}}))
	for _, path := range []string{"/", "/old/page.html"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Print(w.Body)
	}
	// Output:
	// hello
	// 410 Gone
}

// In front of one Handler.
func ExampleNewHandler() {
	h := status.NewHandler(middleware.Status(http.StatusTeapot), status.Config{Rules: []status.Rule{
		{Path: "/coffee", Status: http.StatusNoContent},
	}})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))
	for _, path := range []string{"/tea", "/coffee"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code)
	}
	// Output:
	// 418
	// 204
}
