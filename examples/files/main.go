// Files shares a folder: listings for people and programs, files, and whole folders
// to download.
//
//	go run ./examples/files [-root DIR] [-addr HOST:PORT]
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/static"
)

func main() {
	root := flag.String("root", ".", "the folder to share")
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()

	files := static.Config{Root: middleware.NewRoot(*root)}
	listings := browse.Config{
		Files:      files,
		Readme:     true,
		Search:     browse.Budget{Time: 2 * time.Second},
		Thumbnails: 1 << 20,
		Archives:   []browse.Archive{browse.Zip(), browse.TarGzip()},
	}

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Sharing %s at http://%s/\n", files.Root.Dir, listener.Addr())
	log.Fatal(http.Serve(listener, middleware.Wrap(http.NotFoundHandler(),
		accesslog.New(accesslog.Config{}),
		gzip.New(gzip.Config{}),
		errorpages.New(errorpages.Config{}),
		browse.New(listings),
		static.New(files))))
}
