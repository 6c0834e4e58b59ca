package extensions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/extensions"
	"github.com/shallot-http/shallot/middleware/static"
)

// In front of the files themselves.
func Example() {
	files := static.Config{FS: fstest.MapFS{"about.html": {Data: []byte("about us")}}}
	h := middleware.Wrap(http.NotFoundHandler(),
		extensions.New(extensions.Config{Files: files, Extensions: []string{".html", ".htm"}}),
		static.New(files))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/about", nil))
	fmt.Println(w.Body)
	// Output: about us
}

// In front of one Handler, which sees the whole name.
func ExampleNewHandler() {
	show := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		fmt.Fprintln(w, r.URL, "for", middleware.OriginalURL(w, r))
		return 0, nil
	})
	h := extensions.NewHandler(show, extensions.Config{
		Files:      static.Config{FS: fstest.MapFS{"contact.php": {}}},
		Extensions: []string{".php"},
	})

	w := httptest.NewRecorder()
	middleware.AppHandler(h.ServeHTTP).ServeHTTP(w, httptest.NewRequest("POST", "/contact?to=us", nil))
	fmt.Print(w.Body)
	// Output: /contact.php?to=us for /contact?to=us
}
