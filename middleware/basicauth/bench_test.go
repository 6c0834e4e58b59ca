package basicauth_test

import (
	"net/http/httptest"
	"testing"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
)

// BenchmarkRemembered is what a request costs whose password was right before; it
// is to be 2 µs at most.
func BenchmarkRemembered(b *testing.B) {
	h := basicauth.NewHandler(middleware.Status(0), basicauth.Config{
		Rules: []basicauth.Rule{{User: "ada", Secret: parse(b, lovelace), Paths: []middleware.Path{"/admin"}}},
	})
	w, r := httptest.NewRecorder(), request("/admin/page.html", "ada", "lovelace")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// BenchmarkFile is the same with the users of a file.
func BenchmarkFile(b *testing.B) {
	users, err := basicauth.Open("testdata/htpasswd")
	if err != nil {
		b.Fatal(err)
	}
	h := basicauth.NewHandler(middleware.Status(0), basicauth.Config{Rules: []basicauth.Rule{{File: users}}})
	w, r := httptest.NewRecorder(), request("/admin/page.html", "ada", "lovelace")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// BenchmarkNotProtected is what the layer costs the rest of a site.
func BenchmarkNotProtected(b *testing.B) {
	h := basicauth.NewHandler(middleware.Status(0), basicauth.Config{
		Rules: []basicauth.Rule{{User: "ada", Secret: parse(b, lovelace), Paths: []middleware.Path{"/admin"}}},
	})
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/page.html", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
