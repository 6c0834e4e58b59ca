package autohttps_test

import (
	"context"
	"log"
	"net/http"

	"github.com/shallot-http/shallot/middleware/autohttps"
)

// A server of one's own, on the ports that the CA looks at.
func Example() {
	manager := autohttps.New(autohttps.Config{Email: "me@example.com"})
	if err := manager.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	defer manager.Close()
	release, err := manager.Manage(autohttps.Site{Names: []string{"example.com", "www.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	defer release()

	go http.ListenAndServe(":80", manager.Handler(nil)) // redirects to https
	server := &http.Server{Handler: http.NotFoundHandler(), TLSConfig: manager.TLS()}
	log.Fatal(server.ListenAndServeTLS("", ""))
}
