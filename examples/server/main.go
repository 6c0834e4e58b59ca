// Server is a web server configured by a Caddyfile.
//
//	go run ./examples/server [-conf Caddyfile] [-validate] [-watch]
//	go run ./examples/server [-root DIR] [-addr HOST:PORT]
//	go run ./examples/server [-conf Caddyfile] -fmt [-l] [-w]
//	go run ./examples/server [-conf Caddyfile] -json v1|tree|written|caddyfile
//	go run ./examples/server [-conf Caddyfile] -lint
//	go run ./examples/server [-conf Caddyfile] -migrate
//
// Without -conf it takes the Caddyfile of the working directory. Where there is
// none, or -root or -addr says what to do, it serves a folder, by default this one
// on localhost:2015, and logs to its standard output. SIGHUP and SIGUSR1 reload the
// Caddyfile, without a loss of requests, and reopen log files; -watch reloads it
// whenever it changes, or what it imports. Sockets that systemd hands over are used.
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
	"syscall"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/directive"
)

func main() {
	conf := flag.String("conf", "", "the Caddyfile to load")
	root := flag.String("root", "", "the folder to serve, without a Caddyfile")
	addr := flag.String("addr", "", "the address to serve it on")
	validate := flag.Bool("validate", false, "check the configuration and stop")
	watch := flag.Bool("watch", false, "reload the Caddyfile whenever it changes")
	tools := toolFlags()
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "unexpected argument %q: use -conf, -root or -addr\n", flag.Arg(0))
		os.Exit(2)
	}
	if err := contradiction(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if status, done := tools.run(*conf); done {
		os.Exit(status)
	}
	if err := run(*conf, *root, *addr, *validate, *watch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(conf, root, addr string, validate, watch bool) error {
	server, source, err := load(conf, root, addr)
	if err != nil {
		return err
	}
	loaded := source != ""
	if !loaded {
		source = cmp.Or(root, "this folder")
	}
	if validate {
		fmt.Println(source, "is valid")
		return nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	asked := reloads()
	if err := server.Listen(ctx); err != nil {
		return err
	}
	announce(server, source)
	go reload(ctx, asked, server, loaded)
	if watch && loaded {
		go server.Watch(ctx, caddyfile.WatchConfig{Reloaded: logReload})
	}
	context.AfterFunc(ctx, func() {
		stop() // from now on a signal does what it does to other programs
		fmt.Println("Stopping once all requests are answered, or after 10 seconds; interrupt again to stop at once")
	})
	return server.Serve(ctx)
}

// load returns the server that the flags ask for, and the Caddyfile it was made of, if
// there is one.
func load(conf, root, addr string) (*caddyfile.Server, string, error) {
	if name := cmp.Or(conf, "Caddyfile"); root == "" && addr == "" {
		if _, err := os.Lstat(name); conf != "" || !errors.Is(err, fs.ErrNotExist) {
			given, err := caddyfile.Inherited()
			if err != nil {
				return nil, "", err
			}
			server, err := caddyfile.Load(name, caddyfile.Config{
				Listeners:  given,
				Vocabulary: standard.Vocabulary(),
				AllowExec:  true, // who may start this program may run others
			})
			return server, name, err
		}
	}
	if _, err := os.Stat(cmp.Or(root, ".")); err != nil {
		return nil, "", err
	}
	server, err := simpleServer(cmp.Or(addr, "localhost:2015"), cmp.Or(root, "."))
	return server, "", err
}

// simpleServer does without a Caddyfile: it makes the lines that one would have.
func simpleServer(addr, root string) (*caddyfile.Server, error) {
	file, err := caddyfile.Parse("-addr", []byte(addr+" {\n}\n"), caddyfile.ParseConfig{})
	if err != nil {
		return nil, err
	}
	line := func(words ...string) *directive.Line {
		l := new(directive.Line)
		for _, w := range words {
			l.Words = append(l.Words, directive.Word{Text: w})
		}
		return l
	}
	file.Sites[0].Lines = []*directive.Line{line("root", root), line("log", "stdout")}
	vocabulary, err := standard.Vocabulary().After("static", welcome)
	if err != nil {
		return nil, err
	}
	return caddyfile.Build(file, caddyfile.Config{Vocabulary: vocabulary})
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
