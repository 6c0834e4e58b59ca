package errorpages_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
)

// In front of any http.Handler: a panic is answered like any other failure.
func Example() {
	site, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(site)
	os.WriteFile(filepath.Join(site, "500.html"), []byte("<h1>Our fault</h1>\n"), 0o600)

	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	h := middleware.Wrap(mux, errorpages.New(errorpages.Config{
		Root:  middleware.NewRoot(site),
		Pages: map[int]string{500: "500.html"},
		Log:   slog.New(slog.DiscardHandler),
	}))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 500 <h1>Our fault</h1>
}

// In front of one Handler that returns its failures.
func ExampleNewHandler() {
	broken := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		return http.StatusBadGateway, errors.New("10.0.0.7:80: connection refused")
	})
	h := errorpages.NewHandler(broken, errorpages.Config{
		Visible: true, // never where strangers can see it
		Log:     slog.New(slog.DiscardHandler),
	})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Body)
	// Output:
	// 502 Bad Gateway
	//
	// 10.0.0.7:80: connection refused
}
