package live_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
)

// In front of a router that has the pages as well.
func Example() {
	recorder := live.Open()
	defer recorder.Close()
	mux := http.NewServeMux()
	mux.Handle("/debug/", live.Pages(live.PagesConfig{Recorder: recorder}))
	mux.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) {
		oldest, _ := recorder.InFlight(live.Filter{}, 10)
		for _, r := range oldest {
			fmt.Fprintln(w, "in flight:", r.Method, r.URI)
		}
	})
	server := httptest.NewServer(middleware.Wrap(mux, live.New(live.Config{Recorder: recorder, Site: "shop"})))
	defer server.Close()

	resp, err := http.Get(server.URL + "/hello?name=Anna")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Print(string(body))
	// Output: in flight: GET /hello?name=Anna
}

// In front of one Handler that returns its failures.
func ExampleNewHandler() {
	recorder := live.Open()
	defer recorder.Close()
	fails := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		return http.StatusBadGateway, fmt.Errorf("the other side has hung up")
	})
	h := live.NewHandler(fails, live.Config{Recorder: recorder})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	failed, _ := recorder.Errors(live.Filter{})
	for _, r := range failed {
		fmt.Println(r.Status, r.URI)
	}
	// Output: 502 /
}
