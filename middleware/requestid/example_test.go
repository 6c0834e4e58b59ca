package requestid_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/requestid"
)

// In front of any http.Handler, or of a router full of them.
func Example() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "this is request", requestid.FromContext(r.Context()))
	})
	h := middleware.Wrap(hello, requestid.New(requestid.Config{
		NewID: func() string { return "42" }, // the default is random
	}))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Header().Get("X-Request-Id"), ": ", w.Body)
	// Output: 42: this is request 42
}

// In front of one Handler that returns its failures.
func ExampleNewHandler() {
	teapot := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		return http.StatusTeapot, nil
	})
	h := requestid.NewHandler(teapot, requestid.Config{
		Header: "X-Trace",
		NewID:  func() string { return "42" },
	})
	mux := http.NewServeMux()
	mux.Handle("/tea", middleware.AppHandler(h.ServeHTTP))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/tea", nil))
	fmt.Print(w.Header().Get("X-Trace"), ": ", w.Body)
	// Output: 42: 418 I'm a teapot
}
