package limits_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/limits"
)

// In front of any http.Handler, which has to see to the error itself.
func Example() {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(w, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		}
	})
	h := middleware.Wrap(echo, limits.New(limits.Config{Bodies: []limits.Body{{Max: 8}}}))
	for _, body := range []string{"small", "too large"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(body)))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 small
	// 413 http: request body too large
}

// In front of one Handler, which returns the error.
func ExampleNewHandler() {
	discard := middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return 0, err
	})
	h := limits.NewHandler(discard, limits.Config{Bodies: []limits.Body{{Path: "/upload", Max: 8}}})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))
	for _, path := range []string{"/", "/upload"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader("too large")))
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 413
}
