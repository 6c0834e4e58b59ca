// Server is a web server configured by a Caddyfile.
//
//	go run ./examples/server [-conf Caddyfile] [-validate]
//	go run ./examples/server [-root DIR] [-addr HOST:PORT]
//
// Without -conf it takes the Caddyfile of the working directory. Where there is
// none, or -root or -addr says what to do, it serves a folder on localhost:2015
// and logs to its standard output. SIGHUP reopens the log files.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

func main() {
	conf := flag.String("conf", "", "the Caddyfile to load")
	root := flag.String("root", "", "the folder to serve, without a Caddyfile")
	addr := flag.String("addr", "", "the address to serve it on")
	validate := flag.Bool("validate", false, "check the configuration and stop")
	flag.Parse()

	if err := run(*conf, *root, *addr, *validate); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(conf, root, addr string, validate bool) error {
	server, source, err := load(conf, root, addr)
	if err != nil {
		return err
	}
	if validate {
		fmt.Println(source, "is valid")
		return nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := server.Listen(ctx); err != nil {
		return err
	}
	announce(server, source)
	go reopen(ctx, server)
	return server.Serve(ctx)
}

// load returns the server that the flags ask for, and what it was made of.
func load(conf, root, addr string) (*caddyfile.Server, string, error) {
	simple := root != "" || addr != ""
	if simple && conf != "" {
		return nil, "", errors.New("-root and -addr are for going without a Caddyfile; leave out -conf or them")
	}
	if name := cmp.Or(conf, "Caddyfile"); !simple {
		server, err := caddyfile.Load(name, caddyfile.Config{Vocabulary: standard.Vocabulary()})
		if conf != "" || !errors.Is(err, fs.ErrNotExist) {
			return server, name, err
		}
	}
	vocabulary, err := standard.Vocabulary().After("static", welcome)
	if err != nil {
		return nil, "", err
	}
	const source = "the default configuration"
	text := cmp.Or(addr, "localhost:2015") + "\nroot " + quote(cmp.Or(root, ".")) + "\nlog stdout\n"
	file, err := caddyfile.Parse(source, []byte(text), caddyfile.ParseConfig{})
	if err != nil {
		return nil, "", err
	}
	server, err := caddyfile.Build(file, caddyfile.Config{Vocabulary: vocabulary})
	return server, source, err
}

func announce(server *caddyfile.Server, source string) {
	fmt.Println("Serving", source)
	for _, l := range server.Listeners() {
		fmt.Printf("  %s://%s\t%q\n", l.Scheme, l.Addr, l.Sites)
	}
	for _, name := range server.LogFiles() {
		fmt.Println("  logging to", name)
	}
}

func reopen(ctx context.Context, server *caddyfile.Server) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-hup:
			if err := server.Reopen(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// quote makes one word of the Caddyfile of s.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
