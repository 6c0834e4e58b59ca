package main

import (
	"net/http"
	"os"
	"path/filepath"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// staticRows are about a small file, of which most of the cost is in finding it.
func staticRows() (rows []pair.Row) {
	type side func(t pair.TB, h http.Handler, r *http.Request, size int64) pair.Op
	for _, how := range []struct {
		name string
		side
	}{{"", serve}, {" over loopback", overLoopback}} {
		for _, looked := range []struct {
			name     string
			siblings []string // nil is br, zstd and gzip
			limit    float64
		}{{"", []string{}, 1.05}, {", no sibling of 3", nil, 1.3}} {
			rows = append(rows, pair.Row{
				Name:   "static/1 KiB" + looked.name + how.name,
				Peer:   "http.FileServerFS",
				Bounds: []pair.Bound{pair.MaxRatio(looked.limit)},
				Setup: func(t pair.TB) (ours, peer pair.Op) {
					root := openRoot(t, folder(t))
					files := static.New(static.Config{Root: root, Siblings: looked.siblings})
					of := func(h http.Handler) pair.Op { return how.side(t, h, get("/page.html"), int64(len(page1K))) }
					return of(middleware.Wrap(http.NotFoundHandler(), files)), of(http.FileServerFS(root.FS.FS()))
				},
			})
		}
	}
	return append(rows, pair.Row{
		// No claim, but what to expect: most of it is net/http.
		Name:  "static/1 KiB from another process",
		Peer:  "nginx",
		Needs: []pair.Program{nginx},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			dir := folder(t)
			of := func(p process) pair.Op { return p.answer(t, get("/page.html"), int64(len(page1K))) }
			return of(startOurs(t, "static", dir)), of(startNginx(t, "root "+dir+";"))
		},
	})
}

// staticServer serves the folder dir.
func staticServer(dir string) (http.Handler, error) {
	root, err := middleware.PinnedRoot(dir)
	if err != nil {
		return nil, err
	}
	return middleware.Wrap(http.NotFoundHandler(), static.New(static.Config{Root: root})), nil
}

// folder returns a new folder with a page.html.
func folder(t pair.TB) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.html"), page1K, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openRoot(t pair.TB, dir string) *middleware.Root {
	root, err := middleware.PinnedRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.FS.Close() })
	return root
}
