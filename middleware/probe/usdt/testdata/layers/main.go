// Layers is a program in which the layers that have probes of their own come to call
// them, each when it is asked to. It serves 127.0.0.1, on a port that it prints, until
// its standard input ends. Its arguments are a repository and a folder that is empty.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/probe"
	"github.com/shallot-http/shallot/middleware/upstream"
)

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	mux, err := handlers(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	server := http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { log.Fatal(server.Serve(l)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func handlers(remote, dir string) (http.Handler, error) {
	app, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go serveApplication(app)
	php, err := group(app.Addr().String(), upstream.Passive{})
	if err != nil {
		return nil, err
	}
	ailing, err := group("192.0.2.1:80", upstream.Passive{MaxFails: 1, Ratio: -1, MaxPercent: 100, Eject: time.Hour})
	if err != nil {
		return nil, err
	}
	repo, err := git.Open(git.RepoConfig{URL: remote, State: filepath.Join(dir, "state")})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(file, []byte("localhost:2015\n"), 0o600); err != nil {
		return nil, err
	}
	sites, err := caddyfile.Load(file, caddyfile.Config{})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	handle := func(path string, h middleware.HandlerFunc, layers ...middleware.Middleware) {
		mux.Handle(path, middleware.AppHandler(middleware.Chain(layers...)(h).ServeHTTP))
	}
	handle("/gzip", func(w http.ResponseWriter, r *http.Request) (int, error) {
		_, err := io.WriteString(w, strings.Repeat("as before ", 500))
		return 0, err
	}, gzip.New(gzip.Config{Codings: []gzip.Coding{gzip.Gzip(0)}}))
	handle("/app", nobody, fastcgi.New(fastcgi.Config{From: "/app", Upstreams: php}))
	handle("/pull", func(w http.ResponseWriter, r *http.Request) (int, error) {
		release, err := repo.Sync(r.Context())
		fmt.Fprint(w, release.Hash)
		return 0, err
	})
	handle("/ail", func(_ http.ResponseWriter, r *http.Request) (int, error) {
		pick, err := ailing.Pick(r.Context(), r, nil)
		if err != nil {
			return 0, err
		}
		pick.Done(upstream.Result{Err: errors.New("unwell")})
		return http.StatusNoContent, nil
	})
	fail := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
			return http.StatusBadGateway, errors.New("out of paper")
		})
	}
	failing := middleware.Named("printer", fail)
	handle("/error", nobody, failing)
	handle("/page", nobody, errorpages.New(errorpages.Config{}), failing)
	handle("/reload", func(w http.ResponseWriter, r *http.Request) (int, error) {
		if _, err := sites.ReloadFile(r.Context()); err != nil {
			_, err = io.WriteString(w, "refused")
			return 0, err
		}
		_, err := io.WriteString(w, file)
		return 0, err
	})
	handle("/attached", func(w http.ResponseWriter, r *http.Request) (int, error) {
		for _, p := range probe.List() {
			fmt.Fprintln(w, p.Name, p.Attached)
		}
		return 0, nil
	})
	handle("/end/{how}", end)
	handle("/waiting", func(w http.ResponseWriter, r *http.Request) (int, error) {
		_, err := fmt.Fprint(w, waiting.Load())
		return 0, err
	})
	return counted(mux), nil
}

// waiting is how many requests are to end by themselves, and have not.
var waiting atomic.Int64

// counted counts them around the edge, so that what is told of them has been told.
func counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/end/") {
			waiting.Add(1)
			defer waiting.Add(-1)
		}
		h.ServeHTTP(w, r)
	})
}

func nobody(http.ResponseWriter, *http.Request) (int, error) { return http.StatusNotFound, nil }

// end ends a request as requests end.
func end(w http.ResponseWriter, r *http.Request) (int, error) {
	switch r.PathValue("how") {
	case "panic":
		panic("as asked")
	case "abort":
		_, _ = io.WriteString(w, "begun")
		panic(http.ErrAbortHandler)
	case "broken":
		_, _ = io.WriteString(w, "begun")
		return http.StatusBadGateway, errors.New("and then failed")
	case "stream":
		for range 5 {
			fmt.Fprintln(w, "more")
			if err := http.NewResponseController(w).Flush(); err != nil {
				return 0, err
			}
		}
	case "wait": // until the client has left
		if err := http.NewResponseController(w).Flush(); err != nil {
			return 0, err
		}
		<-r.Context().Done()
		return 0, r.Context().Err()
	case "hijack":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return 0, err
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return 0, conn.Close()
	}
	return 0, nil
}

func group(addr string, passive upstream.Passive) (*upstream.Group, error) {
	return upstream.Open(context.Background(), upstream.Config{Targets: []upstream.Target{{Addr: addr}}, Passive: passive})
}

// serveApplication answers by FastCGI: with a complaint, a page and a status of 3.
func serveApplication(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for {
				var head [8]byte
				if _, err := io.ReadFull(conn, head[:]); err != nil {
					return
				}
				n := int64(binary.BigEndian.Uint16(head[4:])) + int64(head[6])
				if _, err := io.CopyN(io.Discard, conn, n); err != nil {
					return
				}
				if head[1] == 5 && n == 0 { // the end of what it reads
					answer := record(head, 7, "PHP Notice: paper\n")
					answer = append(answer, record(head, 6, "Content-Type: text/plain\r\n\r\nhello")...)
					answer = append(answer, record(head, 6, "")...)
					answer = append(answer, record(head, 3, "\x00\x00\x00\x03\x00\x00\x00\x00")...)
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			}
		}()
	}
}

func record(head [8]byte, kind byte, content string) []byte {
	return append([]byte{1, kind, head[2], head[3], 0, byte(len(content)), 0, 0}, content...)
}
