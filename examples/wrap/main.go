// Wrap puts layers in front of an ordinary http.ServeMux.
//
//	go run ./examples/wrap
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/requestid"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s! This is request %s.\n", r.PathValue("name"), requestid.FromContext(r.Context()))
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("on purpose") })

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Try http://%s/hello/world\n", listener.Addr())
	log.Fatal(http.Serve(listener, middleware.Wrap(mux,
		accesslog.New(accesslog.Config{}),   // a line for each request, on standard output
		gzip.New(gzip.Config{}),             // zstd, brotli or gzip
		errorpages.New(errorpages.Config{}), // panics become a 500 and a log entry
		requestid.New(requestid.Config{}))))
}
