package certificates_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/shallot-http/shallot/middleware/certificates"
)

// quiet is for handshakes that are to fail.
var quiet = log.New(io.Discard, "", 0)

// A server of one's own takes the configuration, and no names of files. In place
// of the self-signed certificate there may be Files, or a Folder of them.
func Example() {
	source := &certificates.SelfSigned{}
	if err := source.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "hello by", r.Proto)
		}),
		TLSConfig: certificates.Config{Source: source}.TLS(),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.ServeTLS(listener, "", "")
	defer server.Close()

	fmt.Print(get("https://" + listener.Addr().String()))
	// Output: hello by HTTP/2.0
}
