package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// open opens a group of one server.
func open(url string) *upstream.Group {
	targets, err := upstream.Parse(url)
	if err != nil {
		panic(err)
	}
	group, err := upstream.Open(context.Background(), upstream.Config{Targets: targets})
	if err != nil {
		panic(err)
	}
	return group
}

// show prints what is at a path.
func show(server *httptest.Server, path string) {
	resp, err := http.Get(server.URL + path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, resp.Header.Get("Content-Type"), string(body), err)
}

// A backend decides who may have a file, and leaves it to this server to send it.
func ExampleAccel() {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("key") != "secret" {
			http.Error(w, "not you", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Accel-Redirect", "/files/report.txt")
	}))
	defer app.Close()
	group := open(app.URL)
	defer group.Close()

	files := fstest.MapFS{"report.txt": {Data: []byte("figures")}}
	h := proxy.NewHandler(middleware.Status(404), proxy.Config{
		Upstreams: group,
		Accel: []proxy.Accel{{
			Prefix:  "/files",
			Handler: static.NewHandler(middleware.Status(404), static.Config{FS: files}),
		}},
	})
	front := httptest.NewServer(middleware.AppHandler(h.ServeHTTP))
	defer front.Close()
	show(front, "/download?key=secret")
	show(front, "/files/report.txt")
	// Output:
	// 200 text/plain; charset=utf-8 figures <nil>
	// 403 text/plain; charset=utf-8 not you
	//  <nil>
}

// What a backend says of its failures is not for everybody: a page of our own
// takes its place, and if it is about to restart, another.
func ExampleInterceptor() {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/restarting" {
			w.Header().Set("X-Maintenance", "restart")
		}
		http.Error(w, "panic: at line 7", http.StatusInternalServerError)
	}))
	defer app.Close()
	group := open(app.URL)
	defer group.Close()

	h := proxy.NewHandler(middleware.Status(404), proxy.Config{
		Upstreams: group,
		Intercept: []proxy.Interceptor{
			{Field: "X-Maintenance", Handler: middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				resp, _ := proxy.Intercepted(r)
				w.Header().Set("Content-Type", "text/plain")
				_, err := fmt.Fprint(w, "back soon: ", resp.Header.Get("X-Maintenance"))
				return 0, err
			})},
			{Statuses: []int{500}}, // the edge answers, or a layer of error pages further out
		},
	})
	front := httptest.NewServer(middleware.AppHandler(h.ServeHTTP))
	defer front.Close()
	show(front, "/restarting")
	show(front, "/")
	// Output:
	// 200 text/plain back soon: restart <nil>
	// 500 text/plain; charset=utf-8 500 Internal Server Error
	//  <nil>
}

// A tenth of the requests goes to the next version, too, which nobody hears of.
func ExampleMirror() {
	app, next := backend(), backend()
	defer app.Close()
	defer next.Close()
	group, shadow := open(app.URL), open(next.URL)
	defer group.Close()
	defer shadow.Close()
	mirror := proxy.NewMirror(proxy.MirrorConfig{Upstreams: shadow, Percent: 10})
	defer mirror.Close()

	h := proxy.NewHandler(middleware.Status(404), proxy.Config{Upstreams: group, Mirror: mirror})
	front := httptest.NewServer(middleware.AppHandler(h.ServeHTTP))
	defer front.Close()
	for range 100 {
		resp, err := http.Get(front.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
	}
	fmt.Println(mirror.Status().Dropped)
	// Output: 0
}
