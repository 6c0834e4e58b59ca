package push_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/push"
)

// In front of any http.Handler that makes pages.
func Example() {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "a page") })
	h := middleware.Wrap(page, push.New(push.Config{Rules: []push.Rule{
		{Path: "/", Resources: []string{"/style.css", "/font.woff2"}},
	}}))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for _, link := range w.Header()["Link"] {
		fmt.Println(link)
	}
	// Output:
	// </style.css>; rel=preload; as=style
	// </font.woff2>; rel=preload; as=font; crossorigin
}

// In front of one Handler that returns its failures, which need no resources.
func ExampleNewHandler() {
	h := push.NewHandler(middleware.Status(http.StatusNotFound), push.Config{Rules: []push.Rule{
		{Resources: []string{"/style.css"}},
	}})

	w := httptest.NewRecorder()
	middleware.AppHandler(h.ServeHTTP).ServeHTTP(w, httptest.NewRequest("GET", "/none", nil))
	fmt.Println(w.Code, w.Header()["Link"])
	// Output: 404 []
}
