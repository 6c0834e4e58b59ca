package upstream_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A handler that relays requests to one of several servers, and to another one if
// the first cannot be reached.
func Example() {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	}))
	defer backend.Close()

	targets, err := upstream.Parse("127.0.0.1:1", backend.URL) // nobody listens on port 1
	if err != nil {
		fmt.Println(err)
		return
	}
	group, err := upstream.Open(context.Background(), upstream.Config{
		Targets: targets,
		Policy:  upstream.First(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer group.Close()

	relay := func(w http.ResponseWriter, r *http.Request) (int, error) {
		var tried []*upstream.Upstream
		for {
			pick, err := group.Pick(r.Context(), r, tried)
			if err != nil {
				return 0, err // 503
			}
			response, err := http.Get("http://" + pick.Upstream.Addr)
			if err != nil {
				pick.Done(upstream.Result{Err: err})
				if tried = append(tried, pick.Upstream); !group.AllowRetry() {
					return http.StatusBadGateway, err
				}
				continue
			}
			defer pick.Done(upstream.Result{Status: response.StatusCode})
			defer response.Body.Close()
			_, err = io.Copy(w, response.Body)
			return 0, err
		}
	}
	w := httptest.NewRecorder()
	middleware.AppHandler(relay).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code)
	for _, u := range group.Status().Upstreams {
		fmt.Println(u.State, u.Requests, u.Failures)
	}
	// Output:
	// 200
	// up 1 1
	// up 1 0
}

// Servers that a name server announces, checked every ten seconds. Clients come
// back to the server they began with, as long as that is fit.
func ExampleConfig() {
	config := upstream.Config{
		Sources: []upstream.Source{
			upstream.SRV{Name: "_http._tcp.app.service.consul", Refresh: 5 * time.Second},
		},
		Targets: []upstream.Target{
			{Scheme: "http", Addr: "10.0.0.9:8080", Tier: 10}, // if Consul knows of none
		},
		Policy:    upstream.NewSticky(upstream.Cookie{Name: "backend", Key: []byte("of 32 bytes, and from a safe place")}),
		Active:    upstream.Active{Checker: upstream.HTTPCheck{URI: "/healthz"}, Interval: 10 * time.Second},
		SlowStart: 30 * time.Second,
		MaxConns:  200,
		Queue:     1000,
	}
	fmt.Println(len(config.Sources))
	// Output: 1
}

// A policy of one's own: the target whose address is in a field of the request.
type byField string

func (field byField) Select(c upstream.Candidates, r *http.Request) *upstream.Upstream {
	if want := r.Header.Get(string(field)); want != "" {
		if u := c.Find(func(u *upstream.Upstream) bool { return u.Addr == want }); u != nil {
			return u
		}
	}
	return c.Random()
}

func ExamplePolicy() {
	targets, _ := upstream.Parse("127.0.0.1:8001-8009")
	group := upstream.New(upstream.Config{Targets: targets, Policy: byField("X-Backend")})
	defer group.Close()

	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Backend", "127.0.0.1:8007")
	pick, _ := group.Pick(r.Context(), r, nil)
	defer pick.Done(upstream.Result{})
	fmt.Println(pick.Upstream)
	// Output: 127.0.0.1:8007
}

func ExampleParse() {
	targets, err := upstream.Parse("localhost:8001-8003", "https://app.example/v1", "unix:/run/app.sock")
	if err != nil {
		fmt.Println(err)
	}
	for _, t := range targets {
		fmt.Println(t.Network, t.Addr, t)
	}
	_, err = upstream.Parse("localhost:8003-8001")
	fmt.Println(err)
	// Output:
	// tcp localhost:8001 localhost:8001
	// tcp localhost:8002 localhost:8002
	// tcp localhost:8003 localhost:8003
	// tcp app.example:443 https://app.example:443/v1
	// unix /run/app.sock unix:/run/app.sock
	// "localhost:8003-8001": the ports of a range go upwards
}

// What every target is doing, for people and for monitors.
func ExampleGroup_ServeStatus() {
	targets, _ := upstream.Parse("127.0.0.1:8001")
	group := upstream.New(upstream.Config{Targets: targets})
	defer group.Close()

	mux := http.NewServeMux()
	mux.Handle("/debug/upstreams", middleware.AppHandler(group.ServeStatus))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/debug/upstreams", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 200 application/json
}
