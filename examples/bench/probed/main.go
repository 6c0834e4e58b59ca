// Probed is a server for tracers to attach to: an edge of two layers, and pages that
// call a function as often as they are asked to. It serves 127.0.0.1, on a port that it
// prints. It is a program of its own because go run and go test leave out the symbols of
// theirs, and because it is built with the tag noprobe, too.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	log.Fatal(http.Serve(l, handler()))
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", middleware.Edge{}.Handler(middleware.Chain(layer("outer"), layer("inner"))(middleware.HandlerFunc(answer))))
	mux.HandleFunc("/probe", calls(func(r *probe.Request) { probe.RequestDone(1, 200, 10, 5, r) }))
	mux.HandleFunc("/ordinary", calls(func(r *probe.Request) { ordinary(r) }))
	return mux
}

func layer(name string) middleware.Middleware {
	return middleware.Named(name, func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(next.ServeHTTP)
	})
}

func answer(w http.ResponseWriter, _ *http.Request) (int, error) {
	w.Header()["Content-Length"] = []string{"2"}
	_, err := w.Write([]byte("ok"))
	return 0, err
}

// calls answers with the nanoseconds that n calls of f take.
func calls(f func(*probe.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, record, began := 0, new(probe.Request), time.Now()
		if _, err := fmt.Sscan(r.FormValue("n"), &n); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for range n {
			f(record)
		}
		fmt.Fprintln(w, time.Since(began).Nanoseconds())
	}
}

// ordinary is a function as most are: it has a stack, which has to be large enough.
//
//go:noinline
func ordinary(r *probe.Request) int {
	var room [64]byte
	return copy(room[:], unchanged(r.URI))
}

//go:noinline
func unchanged(s string) string { return s }
