// Proxy is a load balancer in front of four small servers, which it starts itself.
//
//	go run ./examples/proxy [-any]
//
// Then, while something like this goes on:
//
//	while sleep 0.2; do curl http://localhost:2015/; done
//
// have one of the servers die, for ten seconds, and see who answers:
//
//	curl http://localhost:9001/die
//
// With -any all of them listen on ports that happen to be free.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

//go:embed Caddyfile
var sample string

func main() {
	free := flag.Bool("any", false, "listen on any free ports")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *free); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, free bool) error {
	text := sample
	for _, addr := range []string{"localhost:9001", "localhost:9002", "localhost:9003", "localhost:9004"} {
		at := addr
		if free {
			at = "127.0.0.1:0"
		}
		l, err := net.Listen("tcp", at)
		if err != nil {
			return err
		}
		if free {
			text = strings.ReplaceAll(text, addr, l.Addr().String())
		}
		fmt.Println("A server for", addr, "is at", l.Addr())
		go backend(ctx, l)
	}
	if free {
		text = strings.ReplaceAll(text, "localhost:2015", "127.0.0.1:0")
	}
	file, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
	if err != nil {
		return err
	}
	server, err := caddyfile.Build(file, caddyfile.Config{Vocabulary: standard.Vocabulary()})
	if err != nil {
		return err
	}
	if err := server.Listen(ctx); err != nil {
		return err
	}
	fmt.Printf("The proxy is at http://%s\n", server.Listeners()[0].Addr)
	return server.Serve(ctx)
}

// backend says where it is, and dies when told to: then nobody listens there for a
// while, and what was connected is cut off.
func backend(ctx context.Context, l net.Listener) {
	addr := l.Addr().String()
	for {
		var srv *http.Server
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello from", addr) })
		mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { srv.Close() })
		srv = &http.Server{Handler: mux}
		srv.Serve(l)
		fmt.Println("The server at", addr, "is dead")
		for l = nil; l == nil; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(10 * time.Second):
			}
			l, _ = net.Listen("tcp", addr) // or once more, later
		}
		fmt.Println("The server at", addr, "is back")
	}
}
