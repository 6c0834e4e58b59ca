package expvar_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/expvar"
)

// In front of any http.Handler.
func Example() {
	vars := expvar.New(expvar.Config{
		Access: middleware.Access{Private: &middleware.Private{}}, // this machine
		Vars:   map[string]func() any{"jobs": func() any { return 42 }},
	})
	h := middleware.Wrap(http.NotFoundHandler(), vars)

	for _, peer := range []string{"127.0.0.1:1234", "192.0.2.1:1234"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost/debug/vars", nil)
		r.RemoteAddr = peer
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.Contains(w.Body.String(), `"jobs": 42`))
	}
	// Output:
	// 200 true
	// 404 false
}

// In front of one Handler.
func ExampleNewHandler() {
	h := expvar.NewHandler(middleware.Status(http.StatusTeapot), expvar.Config{Path: "/vars"}) // which nobody sees
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))
	for _, path := range []string{"/tea", "/vars"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code)
	}
	// Output:
	// 418
	// 404
}
