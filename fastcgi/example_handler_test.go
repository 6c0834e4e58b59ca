package fastcgi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A site of PHP, with a front controller.
func Example() {
	l, php := application() // php-fpm, in real life
	defer l.Close()
	dir, err := os.MkdirTemp("", "site")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "index.php"), []byte("<?php echo 'hello';"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	group, err := upstream.Open(context.Background(), upstream.Config{Targets: []upstream.Target{php}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer group.Close()
	cfg := fastcgi.PHP()
	cfg.Root, cfg.Upstreams = middleware.NewRoot(dir), group
	cfg.UpstreamRoot = "/var/www" // where the application has the same files
	defer cfg.Root.Close()
	srv := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(), fastcgi.New(cfg)))
	defer srv.Close()

	for _, path := range []string{"/", "/users/1", "/index.php/users/1", "/.git/config.php"} {
		resp, err := http.Get(srv.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Printf("%-20s %s, %s%v\n", path, resp.Status, body, err)
	}
	// Output:
	// /                    200 OK, hello from /var/www/index.php
	// <nil>
	// /users/1             200 OK, hello from /var/www/index.php
	// <nil>
	// /index.php/users/1   200 OK, hello from /var/www/index.php
	// <nil>
	// /.git/config.php     404 Not Found, 404 Not Found
	// <nil>
}

// An application that is no file, such as one written in Go with net/http/fcgi, and
// knows by its environment who it is.
func ExampleNewHandler() {
	l, app := application()
	defer l.Close()
	group := upstream.New(upstream.Config{Targets: []upstream.Target{app}})
	h := fastcgi.NewHandler(middleware.Status(404), fastcgi.Config{
		From:      "/app",
		Upstreams: group,
		Env:       []fastcgi.Var{{Name: "SCRIPT_FILENAME", Value: placeholder.Compile("the application at {path}", placeholder.Plain)}},
	})
	srv := httptest.NewServer(middleware.AppHandler(h.ServeHTTP))
	defer srv.Close()

	resp, err := http.Get(srv.URL + "/app/x")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Printf("%s%v\n", body, err)
	// Output:
	// hello from the application at /app/x
	// <nil>
}
