package mime_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/mime"
	"github.com/shallot-http/shallot/middleware/static"
)

// In front of files.
func Example() {
	files := static.New(static.Config{FS: fstest.MapFS{"e1m1.wad": {Data: []byte("IWAD")}}})
	types := mime.New(mime.Config{Types: map[string]string{".wad": "application/x-doom"}})
	h := middleware.AppHandler(middleware.Chain(types, files)(middleware.Status(404)).ServeHTTP)

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/e1m1.wad", nil))
	fmt.Println(w.Header().Get("Content-Type"))
	// Output: application/x-doom
}

// In front of one Handler.
func ExampleNewHandler() {
	h := mime.NewHandler(middleware.Status(http.StatusTeapot), mime.Config{Types: map[string]string{".tea": "text/tea"}})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/green.tea", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 418 text/plain; charset=utf-8
}
