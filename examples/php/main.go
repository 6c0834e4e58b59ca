// Php is a small site in PHP. It starts the php-fpm that is installed, behind a Unix
// socket of its own, and stops it again.
//
//	go run ./examples/php [-any]
//
// With -any it listens on a port that happens to be free. What the site consists of
// is in public, and copied from there to a temporary folder.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
)

//go:embed Caddyfile
var text string

//go:embed public
var site embed.FS

func main() {
	free := flag.Bool("any", false, "listen on any free port")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *free); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, free bool) error {
	dir, err := os.MkdirTemp("", "php")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyTo(dir); err != nil {
		return err
	}
	php, err := fastcgitest.Start(ctx, fastcgitest.Config{Pool: []string{"php_value[session.save_path] = " + dir}})
	if err != nil {
		return err
	}
	defer php.Close()
	fmt.Println("PHP is at", php.Target.Addr)

	text := strings.NewReplacer("root public", "root "+filepath.Join(dir, "public"), "php.sock", php.Target.Addr).Replace(text)
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
	fmt.Printf("The site is at http://%s\n", server.Listeners()[0].Addr)
	return server.Serve(ctx)
}

// copyTo writes the site into dir, for PHP to find it.
func copyTo(dir string) error {
	return fs.WalkDir(site, ".", func(name string, entry fs.DirEntry, err error) error {
		to := filepath.Join(dir, filepath.FromSlash(name))
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(to, 0o755)
		}
		content, err := site.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
}
