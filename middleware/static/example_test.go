package static_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// In front of an application: files first, then its routes.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello from the application")
	})
	h := middleware.Wrap(mux, static.New(static.Config{
		FS: fstest.MapFS{ // or an embed.FS; for a folder Root: middleware.NewRoot("public")
			"index.html": {Data: []byte("<h1>home</h1>")},
			"app.js":     {Data: []byte("alert(1)")},
		},
	}))

	for _, path := range []string{"/", "/app.js", "/hello"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Header().Get("Content-Type"), "|", w.Body)
	}
	// Output:
	// text/html; charset=utf-8 | <h1>home</h1>
	// text/javascript; charset=utf-8 | alert(1)
	// text/plain; charset=utf-8 | hello from the application
}

// As one Handler of a router, with nothing behind it.
func ExampleNewHandler() {
	h := static.NewHandler(middleware.Status(404), static.Config{
		FS: fstest.MapFS{".git/config": {}, "about.html": {Data: []byte("about us")}},
	})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	for _, path := range []string{"/about.html", "/about.html/", "/.git/config"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Location"))
	}
	// Output:
	// 200 ""
	// 301 "/about.html"
	// 404 ""
}
