package pprof_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/pprof"
)

// In front of any http.Handler.
func Example() {
	profiles := pprof.New(pprof.Config{
		Access: middleware.Access{Private: &middleware.Private{}}, // this machine
	})
	h := middleware.Wrap(http.NotFoundHandler(), profiles)

	for _, peer := range []string{"127.0.0.1:1234", "192.0.2.1:1234"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost/debug/pprof/goroutine?debug=1", nil)
		r.RemoteAddr = peer
		h.ServeHTTP(w, r)
		fmt.Printf("%d %.18q\n", w.Code, w.Body)
	}
	// Output:
	// 200 "goroutine profile:"
	// 404 "404 Not Found\n"
}

// In front of one Handler.
func ExampleNewHandler() {
	h := pprof.NewHandler(middleware.Status(http.StatusTeapot), pprof.Config{}) // which nobody sees
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))
	for _, path := range []string{"/tea", "/debug/pprof/heap"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code)
	}
	// Output:
	// 418
	// 404
}
