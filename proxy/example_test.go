package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/shallot-http/shallot/proxy"
)

// backend answers every request in the same way.
func backend() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		fmt.Fprintln(w, "hello from", r.URL.Path)
	}))
}

// As the transport of a client.
func Example() {
	srv := backend()
	defer srv.Close()
	t := proxy.NewTransport(proxy.TransportConfig{HeaderTimeout: 10 * time.Second})
	defer t.Close()

	resp, err := (&http.Client{Transport: t}).Get(srv.URL + "/a")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Printf("%s %s%v\n", resp.Status, body, err)
	// Output:
	// 200 OK hello from /a
	// <nil>
}

// As the transport of the standard library's proxy.
func ExampleTransport_RoundTrip() {
	srv := backend()
	defer srv.Close()
	to, err := url.Parse(srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	t := proxy.NewTransport(proxy.TransportConfig{})
	defer t.Close()
	front := httptest.NewServer(&httputil.ReverseProxy{
		Transport: t,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
	})
	defer front.Close()

	resp, err := http.Get(front.URL + "/b")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Printf("%s %s%v\n", resp.Status, body, err)
	// Output:
	// 200 OK hello from /b
	// <nil>
}

// In a handler of one's own: the fields of the response go straight into the
// client's, and the body from one connection to the other.
func ExampleTransport_Do() {
	srv := backend()
	defer srv.Close()
	t := proxy.NewTransport(proxy.TransportConfig{})
	defer t.Close()

	handler := func(w http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, srv.URL+r.URL.Path, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		resp, err := t.Do(out, proxy.Exchange{
			Header: w.Header(),
			Informational: func(status int, h http.Header) error {
				fmt.Println("a hint:", status, h["Link"])
				return nil
			},
		})
		if err != nil {
			http.Error(w, "bad gateway", http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		if _, err := io.Copy(w, resp.Body); err != nil {
			panic(http.ErrAbortHandler) // what was cut off must look cut off
		}
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest("GET", "/c", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// a hint: 103 [</style.css>; rel=preload]
	// 200 hello from /c
}
