// Router has layers live among strangers: under chi's router, around the CORS
// middleware of rs/cors, and in a Caddyfile that knows a directive of this
// program's own.
//
//	go -C examples/router run .
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/rs/cors"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/requestid"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := routes(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Try http://%s/hello/chi and http://%[1]s/site/\n", listener.Addr())
	log.Fatal(http.Serve(listener, handler))
}

func routes(ctx context.Context) (http.Handler, error) {
	r := chi.NewRouter()

	// A chain is a middleware as any router wants it, by its method HTTP.
	r.Use(middleware.Chain(
		accesslog.New(accesslog.Config{}),
		errorpages.New(errorpages.Config{}),
		requestid.New(requestid.Config{}),
		// A stranger within the chain: Adopt makes a layer of it.
		middleware.Adopt(cors.New(cors.Options{AllowedOrigins: []string{"https://app.example"}}).Handler),
	).HTTP)

	r.Get("/hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s!\n", chi.URLParam(r, "name"))
	})

	// A Handler, which returns its failures, is one of the router's by AppHandler.
	r.Method("GET", "/file/{name}", middleware.AppHandler(func(w http.ResponseWriter, r *http.Request) (int, error) {
		file, err := os.OpenInRoot("public", chi.URLParam(r, "name"))
		if err != nil {
			return 0, err // 404 if it is not there, and a line in the log
		}
		defer file.Close()
		if _, err := io.Copy(w, file); err != nil {
			return http.StatusInternalServerError, err // what has begun is cut off
		}
		return 0, nil
	}))

	site, err := site(ctx)
	if err != nil {
		return nil, err
	}
	r.Mount("/site", site)
	return r, nil
}

// site is a part of the application that a Caddyfile configures.
func site(ctx context.Context) (http.Handler, error) {
	vocabulary, err := standard.Vocabulary().Before("static", greet)
	if err != nil {
		return nil, err
	}
	server, err := caddyfile.Load("Caddyfile", caddyfile.Config{Vocabulary: vocabulary})
	if err != nil {
		return nil, err
	}
	return server.Handler(), server.Open(ctx)
}
