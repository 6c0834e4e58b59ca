package markdown_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/markdown"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// Markdown is served as pages, and other files as they are.
func Example() {
	files := static.Config{FS: fstest.MapFS{
		"onion.md":  {Data: []byte("---\nauthor: Allium\n---\n# Onions\n\nhave *layers*.\n")},
		"style.css": {Data: []byte("em{}")},
	}}
	h := middleware.Wrap(http.NotFoundHandler(),
		markdown.New(markdown.Config{
			Pages:  page.Config{Files: files},
			Styles: []string{"/style.css"},
		}),
		static.New(files))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/onion.md", nil))
	fmt.Println(w.Header().Get("Content-Type"))
	fmt.Print(w.Body)
	// Output:
	// text/html; charset=utf-8
	// <!DOCTYPE html>
	// <html>
	// <head>
	// <meta charset="utf-8">
	// <meta name="viewport" content="width=device-width, initial-scale=1">
	// <title>Onions</title>
	// <meta name="author" content="Allium">
	// <link rel="stylesheet" href="/style.css">
	// </head>
	// <body>
	// <h1 id="onions">Onions</h1>
	// <p>have <em>layers</em>.</p>
	// </body>
	// </html>
}

// With a template of one's own.
func ExampleNewHandler() {
	h := markdown.NewHandler(middleware.Status(404), markdown.Config{
		Pages: page.Config{Files: static.Config{FS: fstest.MapFS{
			"index.md":       {Data: []byte("+++\nlayers = 8\n+++\nSee [all](all.md).")},
			"templates/page": {Data: []byte("{{.markdown}}<p>{{.layers}} layers at {{.Host}}</p>\n")},
		}}},
		Template: "templates/page",
	})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "http://example.com/", nil))
	fmt.Print(w.Body)
	// Output:
	// <p>See <a href="all.md">all</a>.</p>
	// <p>8 layers at example.com</p>
}

// What is anybody's text is safe to show.
func ExampleRender() {
	html, err := markdown.Render([]byte("[click](javascript:alert(1)) <script>alert(2)</script> *here*"))
	fmt.Println(html, err)
	// Output: <p><a href="">click</a> <!-- raw HTML omitted -->alert(2)<!-- raw HTML omitted --> <em>here</em></p>
	//  <nil>
}
