// Introspect is a server to be looked into while it runs: README.md leads from the
// question to the script that answers it.
//
//	go build -o introspect ./examples/introspect && ./introspect [-addr HOST:PORT]
//
//	curl 'http://localhost:8080/?name=Anna&year=1990'
//	curl 'http://localhost:8080/api/x'
//	curl http://localhost:8080/debug/requests
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/probe/probelog"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "the address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) error {
	var level middleware.LogLevel
	log := slog.New(probelog.NewHandler(level.Handler(slog.NewTextHandler(os.Stderr, nil))))

	var targets []upstream.Target
	for _, delay := range []time.Duration{0, 30 * time.Millisecond} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		go http.Serve(l, backend(delay))
		found, err := upstream.Parse(l.Addr().String())
		if err != nil {
			return err
		}
		targets = append(targets, found...)
	}
	group, err := upstream.Open(ctx, upstream.Config{Name: "backends", Targets: targets, Policy: upstream.RoundRobin()})
	if err != nil {
		return err
	}
	defer group.Close()
	recorder := live.Open()
	defer recorder.Close()

	_, port, err := net.SplitHostPort(targets[0].Addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", answers{site: "http://localhost:" + port, log: log})
	mux.Handle("/debug/", live.Pages(live.PagesConfig{
		Recorder: recorder, Upstreams: func() []*upstream.Group { return []*upstream.Group{group} }, Drain: ctx.Done(),
	}))
	chain := middleware.Chain(
		live.New(live.Config{Recorder: recorder, Site: "example", Level: &level}),
		gzip.New(gzip.Config{}),
		errorpages.New(errorpages.Config{}),
		middleware.Named("slow", slow),
		proxy.New(proxy.Config{From: "/api", Upstreams: group}),
	)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := http.Server{Handler: middleware.Edge{Log: log}.Handler(chain(middleware.FromHTTP(mux)))}
	context.AfterFunc(ctx, func() { server.Shutdown(context.Background()) })
	fmt.Printf("Process %d serves http://%s\n", os.Getpid(), l.Addr())
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// slow is a layer that takes its time over some requests.
func slow(next middleware.Handler) middleware.Handler {
	return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		if r.URL.Query().Has("slow") {
			time.Sleep(50 * time.Millisecond)
		}
		return next.ServeHTTP(w, r)
	})
}

// backend is a server behind this one, that answers after a while.
func backend(delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(delay)
		fmt.Fprintln(w, "hello from a backend, for", r.URL.Path)
	})
}
