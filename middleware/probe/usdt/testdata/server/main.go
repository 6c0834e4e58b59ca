// Server is what tests attach tracers to. It serves 127.0.0.1, on a port that it
// prints, until its standard input ends. Its layers are called outer and inner. With a
// percentage of garbage to collect at as an argument, it keeps a journal, and has all of
// the runtime look at it, too: its stacks are walked for a profile and for a trace.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

func main() {
	h := handler()
	if len(os.Args) > 1 { // percent
		n, err := strconv.Atoi(os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		debug.SetGCPercent(n)
		if err := errors.Join(pprof.StartCPUProfile(io.Discard), trace.Start(io.Discard)); err != nil {
			log.Fatal(err)
		}
		h = new(journal).around(h)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ln.Addr())
	go func() {
		log.Fatal(http.Serve(ln, h))
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func handler() http.Handler {
	layer := func(name string) middleware.Middleware {
		return middleware.Named(name, func(next middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(next.ServeHTTP)
		})
	}
	quiet := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	inLayers := middleware.Chain(layer("outer"), layer("inner"))(middleware.HandlerFunc(serve))
	// Who waits for a tracer asks while some of its probes are attached and others are
	// not: such a request is in no layer, whose ends could be counted without its begin.
	return quiet.Handler(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		enter(w, r)
		if r.URL.Path == "/attached" {
			return listAttached(w)
		}
		return inLayers.ServeHTTP(w, r)
	}))
}

func listAttached(w io.Writer) (int, error) {
	for _, p := range probe.List() {
		if _, err := fmt.Fprintln(w, p.Name, p.Attached); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func serve(w http.ResponseWriter, r *http.Request) (int, error) {
	switch {
	case r.URL.Path == "/nf":
		w.WriteHeader(http.StatusNotFound)
		_, err := io.WriteString(w, "no\n")
		return 0, err
	case r.URL.Path == "/fail":
		return http.StatusBadGateway, errors.New("nobody answers")
	case r.URL.Path == "/grow": // a stack, and garbage
		_, err := fmt.Fprintln(w, len(grow(200, []byte(r.RequestURI))))
		return 0, err
	case r.URL.Path == "/all":
		all(w)
	}
	_, err := io.WriteString(w, "hello\n")
	return 0, err
}

func grow(n int, b []byte) []byte {
	var room [256]byte
	copy(room[:], b)
	if n == 0 {
		return []byte(strings.Repeat(string(room[:16]), 64))
	}
	return grow(n-1, room[:min(len(b), 256)])
}

// all calls every probe that is not called for each request anyway.
func all(w http.ResponseWriter) {
	id := middleware.RequestID(w)
	middleware.AttemptStart(w, middleware.Attempt{Addr: "10.0.0.1:80", Number: 1})
	middleware.AttemptDone(w, middleware.Attempt{Addr: "10.0.0.1:80", Number: 1, Status: 200, Connect: 1000, FirstByte: 2000, Total: 3000})
	probe.CompressDone(id, "br", 1000, 100, 5)
	probe.FastCGIStderr(id, "php", "PHP Notice")
	probe.FastCGIDone(id, "php", 1, 0, 7)
	probe.GitPull(9, 0, "site", "abc123")
	probe.HealthChange(0, "10.0.0.1:80", "refused")
	probe.Reload(11, 0, "Caddyfile")
	if probe.LogEnabled() {
		probe.LogRecord(-4, "debugged", " a=b")
	}
}
