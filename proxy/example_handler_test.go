package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// In front of a mux: /api goes to two servers, as they are free.
func ExampleNew() {
	one, two := backend(), backend()
	defer one.Close()
	defer two.Close()
	targets, err := upstream.Parse(one.URL, two.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	group, err := upstream.Open(context.Background(), upstream.Config{Targets: targets})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer group.Close()
	transport := proxy.NewTransport(proxy.TransportConfig{})
	defer transport.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello from the mux") })
	front := httptest.NewServer(middleware.Wrap(mux, proxy.New(proxy.Config{
		From: "/api", Without: "/api", Upstreams: group, Transport: transport,
	})))
	defer front.Close()

	for _, path := range []string{"/api/users", "/"} {
		resp, err := http.Get(front.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Printf("%s%v\n", body, err)
	}
	// Output:
	// hello from /users
	// <nil>
	// hello from the mux
	// <nil>
}

// As one Handler that returns its failures, here because there is no backend.
func ExampleNewHandler() {
	h := proxy.NewHandler(middleware.Status(404), proxy.Config{
		From: "/api",
		Up: []proxy.HeaderOp{
			{Name: "X-User", Value: placeholder.Compile("{user}", placeholder.Header)},
			{Do: proxy.DeleteField, Name: "Cookie"},
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/api/", middleware.AppHandler(func(w http.ResponseWriter, r *http.Request) (int, error) {
		status, err := h.ServeHTTP(w, r)
		fmt.Println(status, err)
		return status, nil
	}))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/api/", nil))
	fmt.Print(w.Body)
	// Output:
	// 503 upstream: no target is fit
	// 503 Service Unavailable
}
