package headers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/headers"
)

// In front of any http.Handler, whatever fields it sets itself.
func Example() {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Powered-By", "an old framework")
		io.WriteString(w, "hello")
	})
	h := middleware.Wrap(app, headers.New(headers.Config{Rules: []headers.Rule{{
		Path: "/",
		Fields: []headers.Field{
			headers.Set("Strict-Transport-Security", "max-age=31536000"),
			headers.Add("Vary", "Cookie"),
			headers.Delete("X-Powered-By"),
		},
	}}}))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	w.Header().Del("Content-Type")
	fmt.Println(w.Header())
	// Output: map[Strict-Transport-Security:[max-age=31536000] Vary:[Cookie]]
}

// In front of one Handler that returns its failures: they have the fields, too.
func ExampleNewHandler() {
	missing := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		return http.StatusNotFound, nil
	})
	h := headers.NewHandler(missing, headers.Config{Rules: []headers.Rule{{
		Path:   "/",
		Fields: []headers.Field{headers.Set("X-Asked", "{path} of {hostonly}")},
	}}})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "http://example.com:8080/a", nil))
	fmt.Print(w.Header().Get("X-Asked"), ": ", w.Body)
	// Output: /a of example.com: 404 Not Found
}
