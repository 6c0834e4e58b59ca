package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// hostsRows are about finding the site of a request among 10,000 hosts and 1,000
// wildcards. Every site does nothing.
func hostsRows() []pair.Row {
	const many = 10_000
	row := func(name, host, peer string, bounds []pair.Bound, other func() http.Handler) pair.Row {
		return pair.Row{
			Name: "hosts/" + name, Peer: peer, Bounds: bounds,
			Setup: func(t pair.TB) (ours, theirs pair.Op) {
				r := get("/")
				r.Host = host
				return serve(t, build(t, hosts(t, many)).Handler(), r, 0), serve(t, other(), r, 0)
			},
		}
	}
	// What every site has of its own, by whatever way one gets there.
	site := middleware.Edge{}.Handler(nothing)
	lookup := []pair.Bound{pair.MaxExtra(150 * time.Nanosecond), pair.MaxExtraAllocs(0)}
	return []pair.Row{
		row("exact", "host5000.example.com", "no lookup", lookup, func() http.Handler { return site }),
		row("wildcard", "a.wild503.example.com", "no lookup", lookup, func() http.Handler { return site }),
		// The mux has no wildcards to look for, and cases and final dots matter to it.
		row("exact", "host5000.example.com", "http.ServeMux", []pair.Bound{pair.MaxRatio(1.3)}, func() http.Handler {
			mux := http.NewServeMux()
			for i := range many {
				mux.Handle(fmt.Sprintf("host%d.example.com/", i), site)
			}
			return mux
		}),
		{
			Name: "hosts/building 10,000", Peer: "building 1,000", Bounds: []pair.Bound{pair.MaxRatio(12)},
			Setup: func(t pair.TB) (ours, theirs pair.Op) {
				of := func(f *caddyfile.File) pair.Op { return pair.Op{Do: func() { build(t, f) }} }
				return of(hosts(t, many)), of(hosts(t, many/10))
			},
		},
	}
}

// hosts returns a Caddyfile of n sites, and a tenth of that with a wildcard.
func hosts(t pair.TB, n int) *caddyfile.File {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "host%d.example.com {\n}\n", i)
		if i%10 == 3 {
			fmt.Fprintf(&text, "*.wild%d.example.com {\n}\n", i)
		}
	}
	f, err := caddyfile.Parse("Caddyfile", []byte(text.String()), caddyfile.ParseConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// build returns the server of f. There is nothing to close, since nothing is
// opened.
func build(t pair.TB, f *caddyfile.File) *caddyfile.Server {
	end := directive.Directive{Name: "end", Always: true, Setup: func(*directive.Controller) (middleware.Middleware, error) {
		return func(middleware.Handler) middleware.Handler { return nothing }, nil
	}}
	server, err := caddyfile.Build(f, caddyfile.Config{Vocabulary: caddyfile.Vocabulary{end}})
	if err != nil {
		t.Fatal(err)
	}
	return server
}
