package gzip_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

var page = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, strings.Repeat("<p>Hello, world!</p>\n", 1000))
})

// In front of any http.Handler.
func Example() {
	h := middleware.Wrap(page, gzip.New(gzip.Config{}))

	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Content-Encoding"), w.Body.Len() < 1000)
	// Output: zstd true
}

// In front of one Handler that returns its failures.
func ExampleNewHandler() {
	report := middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		w.Header().Set("Content-Type", "text/csv")
		for i := range 1000 {
			fmt.Fprintf(w, "%d,%d\n", i, i*i)
		}
		return http.StatusOK, nil
	})
	h := gzip.NewHandler(report, gzip.Config{
		Codings: []gzip.Coding{gzip.Gzip(9)}, // nothing else
		ETag:    gzip.ETagWeak,
	})
	mux := http.NewServeMux()
	mux.Handle("/report", middleware.AppHandler(h.ServeHTTP))

	r := httptest.NewRequest("GET", "/report", nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Content-Encoding"), w.Header().Get("Content-Length") != "")
	// Output: gzip true
}

// Of what is common only protocol buffers are encoded here, too.
func ExampleConfig_types() {
	gzip.New(gzip.Config{
		Types: func(mediaType string) bool {
			return gzip.DefaultTypes(mediaType) || mediaType == "application/x-protobuf"
		},
	})
}

// Pages that show a secret do not give it away to those who embed them.
func ExampleCrossSite() {
	gzip.New(gzip.Config{Skip: gzip.CrossSite})
}
