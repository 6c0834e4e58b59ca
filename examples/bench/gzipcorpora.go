package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/gzip"
)

// corpusRows are about files that others have published, and that nothing here was
// made to fit.
func corpusRows() (rows []pair.Row) {
	gzhttp := peers()[0]
	for _, corpus := range []struct {
		name  string
		fetch func(context.Context) ([]payload, error)
	}{
		// What packages for JSON are compared by: geometry, catalogs, records of
		// patients, tweets.
		{"encoding/json's corpus", fromGo("src/encoding/json/internal/jsontest/testdata", "*.json.zst")},
		{"Go's documentation", fromGo("doc", "*.html")},
		{"Go's source", fromGo("src/net/http", "*.go")},
		{"prose", fromModule("github.com/klauspost/compress", "testdata", "*.txt")},
		{"scripts and styles from npm", fromNPM},
	} {
		var files []payload
		fetch := func(ctx context.Context) (err error) {
			if files == nil {
				files, err = corpus.fetch(ctx)
			}
			return err
		}
		rows = append(rows, pair.Row{
			Name: "gzip corpora/" + corpus.name, Peer: gzhttp.name, Fetch: fetch, Gap: sameCodec, Bounds: noMore(),
			Setup: func(t pair.TB) (o, theirs pair.Op) {
				return encodesAll(t, ours(gzip.Config{}), files), encodesAll(t, gzhttp.encoder, files)
			},
		})
	}
	return rows
}

// encodesAll is the operation of encoding one file after another.
func encodesAll(t pair.TB, e encoder, files []payload) pair.Op {
	byPath := map[string]http.Handler{}
	h := e(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { byPath[r.URL.Path].ServeHTTP(w, r) }))
	var all pair.Op
	var each []func()
	for i, p := range files {
		r := accepting(browsers)
		r.URL.Path = fmt.Sprint("/", i)
		byPath[r.URL.Path] = p
		size := encodedSize(t, h, p, r)
		all.Size += size
		each = append(each, serve(t, h, r, size).Do)
	}
	all.Do = func() {
		for _, do := range each {
			do()
		}
	}
	return all
}

// fromGo returns files of the Go that this is built with.
func fromGo(dir, pattern string) func(context.Context) ([]payload, error) {
	return func(ctx context.Context) ([]payload, error) {
		root, err := goCommand(ctx, "env", "GOROOT")
		if err != nil {
			return nil, err
		}
		return filesOf(os.DirFS(filepath.Join(root, filepath.FromSlash(dir))), pattern)
	}
}

// fromModule returns files of a module that this is made of.
func fromModule(module, dir, pattern string) func(context.Context) ([]payload, error) {
	return func(ctx context.Context) ([]payload, error) {
		root, err := goCommand(ctx, "list", "-m", "-f", "{{.Dir}}", module)
		if err != nil {
			return nil, err
		}
		return filesOf(os.DirFS(filepath.Join(root, filepath.FromSlash(dir))), pattern)
	}
}

func goCommand(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", args...).Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// fromNPM returns what pages are made with.
func fromNPM(ctx context.Context) (files []payload, err error) {
	for _, r := range []release{
		{"bootstrap", "5.3.3", "dist/css/bootstrap.min.css", "3c8f27e6009ccfd710a905e6dcf12d0ee3c6f2ac7da05b0572d3e0d12e736fc8"},
		{"bootstrap", "5.3.3", "dist/js/bootstrap.bundle.js", "9a4a11a15db88d5fab08f59c1c34796b03f1f15bb3cc928dd226e1c59f7f59a3"},
		{"react-dom", "18.3.1", "umd/react-dom.production.min.js", "35f4f974f4b2bcd44da73963347f8952e341f83909e4498227d4e26b98f66f0d"},
		jquery371,
	} {
		text, err := r.load(ctx)
		if err != nil {
			return nil, err
		}
		files = append(files, newPayload(r.file, typeOf(r.file), string(text)).streamed())
	}
	return files, nil
}

// filesOf returns files as a server would send them. Those that are worth it have
// 1,024 bytes or more.
func filesOf(dir fs.FS, pattern string) (files []payload, err error) {
	names, err := fs.Glob(dir, pattern)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		body, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		if before, ok := strings.CutSuffix(name, ".zst"); ok {
			name = before
			if body, err = decode("zstd", body); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		if len(body) >= 1<<10 {
			files = append(files, newPayload(name, typeOf(name), string(body)).streamed())
		}
	}
	if files == nil {
		return nil, fmt.Errorf("there is no %s", pattern)
	}
	return files, nil
}

func typeOf(name string) string {
	switch path.Ext(name) {
	case ".go", ".txt":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	}
	return "text/html; charset=utf-8"
}
