package gzip_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// The handler need not know that clients encode what they send.
func ExampleNewRequests() {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, r.Body)
	})
	h := middleware.Wrap(echo, gzip.NewRequests(gzip.RequestsConfig{MaxBytes: 1 << 20}))

	var body bytes.Buffer
	z := stdgzip.NewWriter(&body)
	io.WriteString(z, "what the client had to say")
	z.Close()
	r := httptest.NewRequest("POST", "/", &body)
	r.Header.Set("Content-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 what the client had to say
}

// A handler that returns the error of reading need not know the limits either.
func ExampleNewRequestsHandler() {
	upload := middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return 0, err // which is 413, or 400
		}
		return http.StatusNoContent, nil
	})
	h := gzip.NewRequestsHandler(upload, gzip.RequestsConfig{Codings: []string{"gzip"}})
	mux := http.NewServeMux()
	mux.Handle("/upload", middleware.AppHandler(h.ServeHTTP))

	r := httptest.NewRequest("POST", "/upload", bytes.NewReader([]byte("this is not gzip")))
	r.Header.Set("Content-Encoding", "gzip")
	_, err := h.ServeHTTP(httptest.NewRecorder(), r)
	fmt.Println(middleware.StatusOf(r, err), err)

	r.Header.Set("Content-Encoding", "br")
	w := httptest.NewRecorder()
	status, err := h.ServeHTTP(w, r)
	fmt.Println(status, err)
	fmt.Println("Accept-Encoding:", w.Header().Get("Accept-Encoding"))
	// Output:
	// 400 gzip: cannot decode the request: gzip: invalid header
	// 415 gzip: the request has the unknown coding "br"
	// Accept-Encoding: gzip
}
