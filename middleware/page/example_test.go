package page_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// A handler of one's own that answers with pages.
func Example() {
	engine := page.NewEngine(page.Config{Files: static.Config{FS: fstest.MapFS{
		"hello.html": {Data: []byte(`<p>{{index .Args 0}} at {{.Host}}{{.Include "foot.html"}}`)},
		"foot.html":  {Data: []byte("<p>{{.Method}}")},
	}}})
	hello := func(w http.ResponseWriter, r *http.Request) (int, error) {
		visit := engine.Visit(w, r)
		t, err := visit.Load("hello.html")
		if err != nil {
			return 0, err
		}
		body, err := visit.Execute(t, []any{r.FormValue("name")})
		return visit.Send("text/html; charset=utf-8", body, err)
	}

	w := httptest.NewRecorder()
	middleware.AppHandler(hello).ServeHTTP(w, httptest.NewRequest("GET", "http://example.com/?name=<b>", nil))
	fmt.Println(w.Body)
	// Output: <p>&lt;b&gt; at example.com<p>GET
}
