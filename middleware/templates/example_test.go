package templates_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
	"github.com/shallot-http/shallot/middleware/templates"
)

var site = static.Config{FS: fstest.MapFS{
	"index.html":  {Data: []byte("<h1>{{.Host}}</h1>\n{{.Include \"footer.html\" 2026}}")},
	"footer.html": {Data: []byte("<p>© {{index .Args 0}}, seen by {{.Header \"User-Agent\"}}</p>")},
	"style.css":   {Data: []byte("p{}")},
}}

// Pages are executed, and other files served.
func Example() {
	h := middleware.Wrap(http.NotFoundHandler(),
		templates.New(templates.Config{Pages: page.Config{Files: site}}),
		static.New(site))

	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "http://example.com/", nil)
	r.Header.Set("User-Agent", "<script>")
	h.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Content-Type"))
	fmt.Println(w.Body)
	// Output:
	// text/html; charset=utf-8
	// <h1>example.com</h1>
	// <p>© 2026, seen by &lt;script&gt;</p>
}

// In front of one Handler, for a part of the site, with actions that other programs
// do not take for theirs.
func ExampleNewHandler() {
	files := static.Config{FS: fstest.MapFS{
		"hello/app.html": {Data: []byte("{{ name }} is at [[.URI]]")},
	}}
	h := templates.NewHandler(middleware.Status(404), templates.Config{
		Pages:      page.Config{Files: files, Left: "[[", Right: "]]"},
		Path:       "/hello/",
		Extensions: []string{".html"},
	})
	mux := http.NewServeMux()
	mux.Handle("/hello/", middleware.AppHandler(h.ServeHTTP))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/hello/app.html?q=1", nil))
	fmt.Println(w.Body)
	// Output: {{ name }} is at /hello/app.html?q=1
}
