package middleware_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
)

// A handler that fails says so; it does not write the failure itself.
func ExampleAppHandler() {
	h := middleware.AppHandler(func(w http.ResponseWriter, r *http.Request) (int, error) {
		return http.StatusNotFound, fmt.Errorf("opening %s: %w", r.URL.Path, fs.ErrNotExist)
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/secret-plans", nil))
	fmt.Print(w.Body)
	// Output: 404 Not Found
}
