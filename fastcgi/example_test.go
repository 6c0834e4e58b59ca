package fastcgi_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"time"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// application answers at an address of 127.0.0.1.
func application() (net.Listener, upstream.Target) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from", fcgi.ProcessEnv(r)["SCRIPT_FILENAME"])
	}))
	return l, upstream.Target{Addr: l.Addr().String()}
}

// A request of a program's own, such as to have PHP forget what it has compiled.
func ExampleClient() {
	l, php := application()
	defer l.Close()
	client := fastcgi.NewClient(fastcgi.ClientConfig{
		ReadTimeout: 10 * time.Second,
		Stderr: func(ctx context.Context, line []byte) {
			slog.WarnContext(ctx, "php", "said", string(line))
		},
	})
	defer client.Close()

	var params fastcgi.Params
	params.Add("REQUEST_METHOD", "GET")
	params.Add("SERVER_PROTOCOL", "HTTP/1.1")
	params.Add("SCRIPT_FILENAME", "/srv/www/forget.php")
	resp, err := client.Do(context.Background(), php, &fastcgi.Request{Params: &params})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Content-Type"))
	io.Copy(os.Stdout, resp.Body)
	// Output:
	// 200 text/plain; charset=utf-8
	// hello from /srv/www/forget.php
}
