package hidden_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/hidden"
)

// In front of any http.Handler: here one that has its files served by the path that
// they are hidden at.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("/protected/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "the file", r.URL.Path)
	})
	mux.HandleFunc("/download", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Accel-Redirect", "/protected/report.pdf")
	})
	h := middleware.Wrap(mux, hidden.New(hidden.Config{Paths: []middleware.Path{"/protected"}}))

	for _, path := range []string{"/protected/report.pdf", "/download"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Print(path, ": ", w.Body)
	}
	// Output:
	// /protected/report.pdf: 404 Not Found
	// /download: the file /protected/report.pdf
}

// In front of one Handler.
func ExampleNewHandler() {
	h := hidden.NewHandler(middleware.Status(http.StatusTeapot), hidden.Config{Paths: []middleware.Path{"/kitchen"}})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	for _, path := range []string{"/tea", "/kitchen/tea"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Print(w.Body)
	}
	// Output:
	// 418 I'm a teapot
	// 404 Not Found
}
