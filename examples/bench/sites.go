package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/examples/bench/pair"
)

// sitesRows are about having 10,000 sites that do something, of which each logs to the
// same file.
func sitesRows() []pair.Row {
	const many = 10_000
	return []pair.Row{
		{
			Name: "sites/10,000, from text to an answer", Bounds: []pair.Bound{pair.MaxTime(1500 * time.Millisecond)}, Pairs: pair.MinPairs,
			Setup: func(t pair.TB) (ours, _ pair.Op) {
				text := servedSites(t.TempDir(), many, 0)
				return pair.Op{Do: func() { closeSites(t, openSites(t, text)) }}, pair.Op{}
			},
		}, {
			Name: "sites/10,000", Pairs: pair.MinPairs,
			Bounds: []pair.Bound{pair.MaxCount(150<<20, "bytes of memory kept")},
			Setup: func(t pair.TB) (ours, _ pair.Op) {
				text := servedSites(t.TempDir(), many, 0)
				var kept int64
				return pair.Op{Meter: pair.Counter("the heap after a collection", "bytes of memory kept", func() int64 { return kept }), Do: func() {
					before := heap()
					server := openSites(t, text)
					kept += heap() - before
					closeSites(t, server)
				}}, pair.Op{}
			},
		}, {
			Name: "sites/10,000, in a process of their own", Pairs: pair.MinPairs,
			Gap:    "a collection comes when the heap has doubled: what is kept is a third less than 150 MB, with what building leaves behind it is more",
			Bounds: []pair.Bound{pair.MaxCount(150<<20, "bytes of memory at most").Until(210 << 20)},
			Setup: func(t pair.TB) (ours, _ pair.Op) {
				name := filepath.Join(t.TempDir(), "Caddyfile")
				if err := os.WriteFile(name, []byte(servedSites(filepath.Dir(name), many, 0)), 0o600); err != nil {
					t.Fatal(err)
				}
				var taken int64
				meter := pair.Counter("the most resident memory", "bytes of memory at most", func() int64 { return taken })
				meter.Elsewhere = true
				return pair.Op{Meter: meter, Do: func() {
					cmd, addr := launch(t, "sites", name)
					sizeOf(t, addr, get("/missing"))
					taken += memory(t, cmd.Process.Pid, "VmHWM:")
					if err := cmd.Process.Kill(); err != nil {
						t.Fatal(err)
					}
					_ = cmd.Wait() // it was killed
				}}, pair.Op{}
			},
		}, {
			Name: "sites/reload of 10,000, one of them changed", Peer: "building them", Bounds: []pair.Bound{pair.MaxRatio(0.5)}, Pairs: pair.MinPairs,
			Setup: func(t pair.TB) (ours, theirs pair.Op) {
				dir, n := t.TempDir(), 0
				server := openSites(t, servedSites(dir, many, 0))
				t.Cleanup(func() { closeSites(t, server) })
				text := servedSites(dir, many, 0)
				return pair.Op{Do: func() {
						n++
						report, err := server.Reload(t.Context(), parsed(t, servedSites(dir, many, n)))
						if err != nil || len(report.Changed) != 1 {
							t.Fatal("not reloaded: ", report, err)
						}
					}}, pair.Op{Do: func() {
						closeSites(t, openSites(t, text))
					}}
			},
		},
	}
}

// servedSites returns a Caddyfile of n sites. With another version, one of them is
// another.
func servedSites(dir string, n, version int) string {
	var b strings.Builder
	for i := range n {
		policy := "round_robin"
		if i == n/2 && version%2 == 1 {
			policy = "random"
		}
		fmt.Fprintf(&b, `site%05[1]d.example.com:8080 {
	root %[2]s
	gzip
	log / %[2]s/access.log "{common} {request_id}"
	proxy /api localhost:9001 localhost:9002 {
		policy %[3]s
		max_fails 3
	}
}
`, i, dir, policy)
	}
	return b.String()
}

// sitesServer serves the sites of a Caddyfile.
func sitesServer(name string) (http.Handler, error) {
	server, err := caddyfile.Load(name, caddyfile.Config{Vocabulary: standard.Vocabulary(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return server.Handler(), server.Open(context.Background())
}

func parsed(t pair.TB, text string) *caddyfile.File {
	f, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// openSites returns a server that has answered.
func openSites(t pair.TB, text string) *caddyfile.Server {
	server, err := caddyfile.Build(parsed(t, text), caddyfile.Config{
		Vocabulary: standard.Vocabulary(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), get("/missing")
	r.Host = "site05000.example.com"
	server.Handler().ServeHTTP(w, r)
	if w.Code != 404 {
		t.Fatal("answered ", w.Code)
	}
	return server
}

func closeSites(t pair.TB, server *caddyfile.Server) {
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
}
