package browse_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// In front of the files it lists, and the application behind them.
func Example() {
	files := static.Config{
		FS: fstest.MapFS{ // for a folder Root: middleware.NewRoot("public")
			"notes/track 10.txt": {Data: []byte("ten")},
			"notes/track 9.txt":  {Data: []byte("nine")},
			"notes/.draft":       {},
		},
	}
	h := middleware.Wrap(http.NewServeMux(),
		browse.New(browse.Config{Files: files}),
		static.New(files))

	for _, path := range []string{"/notes/?format=text", "/notes/track%209.txt"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Body)
	}
	// Output:
	// ./track%209.txt
	// ./track%2010.txt
	//
	// nine
}

// As one Handler of a router, for programs.
func ExampleNewHandler() {
	h := browse.NewHandler(middleware.Status(404), browse.Config{
		Files: static.Config{FS: fstest.MapFS{"a/b.txt": {Data: []byte("text")}}},
	})
	mux := http.NewServeMux()
	mux.Handle("/files/", http.StripPrefix("/files", middleware.AppHandler(h.ServeHTTP)))

	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/files/a/", nil)
	r.Header.Set("Accept", "application/x-ndjson")
	mux.ServeHTTP(w, r)
	fmt.Print(w.Header().Get("X-Total-Count"), " ", w.Body)
	// Output: 1 {"name":"b.txt","url":"./b.txt","folder":false,"size":4}
}
