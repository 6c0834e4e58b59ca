package basicauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
)

// In front of any http.Handler.
func Example() {
	secret, err := basicauth.Parse("$2y$04$H86K.1MBKCERyikKDgxghu0HXCkm1PaRv.FH3XbigxP..p0FJ2YW6")
	if err != nil {
		fmt.Println(err)
		return
	}
	auth := basicauth.New(basicauth.Config{Rules: []basicauth.Rule{
		{User: "ada", Secret: secret, Paths: []middleware.Path{"/admin"}, Realm: "Engine room"},
	}})
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })
	h := middleware.Wrap(hello, auth)

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/admin/", nil))
	fmt.Print(w.Header().Get("WWW-Authenticate"), ": ", w.Body)

	r := httptest.NewRequest("GET", "/admin/", nil)
	r.SetBasicAuth("ada", "lovelace")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output:
	// Basic realm="Engine room", charset="UTF-8": 401 Unauthorized
	// hello
}

// In front of one Handler, with the users of an htpasswd file.
func ExampleNewHandler() {
	users, err := basicauth.Open("testdata/htpasswd")
	if err != nil {
		fmt.Println(err)
		return
	}
	h := basicauth.NewHandler(middleware.Status(http.StatusTeapot), basicauth.Config{
		Rules: []basicauth.Rule{{File: users}},
	})
	mux := http.NewServeMux()
	mux.Handle("/tea", middleware.AppHandler(h.ServeHTTP))

	r := httptest.NewRequest("GET", "/tea", nil)
	r.SetBasicAuth("ada", "lovelace")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output: 418 I'm a teapot
}
