package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// browseRows are about folders that are too large for most listings.
func browseRows() []pair.Row {
	// against compares a listing of a folder of n files with all of it by nginx,
	// which has no pages.
	against := func(n int, what, query string, bounds ...pair.Bound) pair.Row {
		return pair.Row{
			Name:   "browse/" + what,
			Peer:   fmt.Sprintf("nginx autoindex of %d", n),
			Needs:  []pair.Program{nginx},
			Bounds: bounds,
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				dir := manyFiles(t, n)
				of := func(p process, r *http.Request) pair.Op { return p.answer(t, r, sizeOf(t, p.addr, r)) }
				return of(startOurs(t, "browse", dir), get("/"+query)), of(startNginx(t, "root "+dir+"; autoindex on;"), get("/"))
			},
		}
	}
	// within bounds what a process takes that does nothing else.
	within := func(n int, what, query string, fresh bool, bounds ...pair.Bound) pair.Row {
		return pair.Row{
			Name:   "browse/" + what,
			Bounds: bounds,
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				c := listed(openRoot(t, manyFiles(t, n)))
				h, w := list(c), newSink()
				return pair.Op{Do: func() {
					if fresh {
						h = list(c)
					}
					w.reset()
					if h.ServeHTTP(w, get("/"+query)); w.status != http.StatusOK {
						t.Fatalf("%s: status %d, %d bytes", query, w.status, w.size)
					}
				}}, pair.Op{}
			},
		}
	}
	return []pair.Row{
		against(10_000, "1,000 of 10,000", "", pair.MaxRatio(1)),
		against(10_000, "10,000 on one page", "?limit=10000", pair.MaxRatio(1.5)),
		against(100_000, "1,000 of 100,000", "", pair.MaxRatio(0.3), pair.MaxTime(30*time.Millisecond)),
		{
			Name:   "browse/1,000 of 10,000",
			Peer:   "http.FileServer of 10000",
			Bounds: []pair.Bound{pair.MaxRatio(0.5)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				dir := manyFiles(t, 10_000)
				of := func(h http.Handler) pair.Op {
					size := newSink()
					h.ServeHTTP(size, get("/"))
					return serve(t, h, get("/"), size.size)
				}
				return of(list(listed(openRoot(t, dir)))), of(http.FileServer(http.Dir(dir)))
			},
		},
		{
			Name:   "browse/1,000 of 100,000 by a new process",
			Bounds: []pair.Bound{pair.MaxTime(350 * time.Millisecond)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				return firstAnswer(t, "browse", manyFiles(t, 100_000), get("/")), pair.Op{}
			},
		},
		within(100_000, "1,000 of 100,000 never seen before", "", true, pair.MaxTime(350*time.Millisecond), pair.MaxAllocs(3*100_000)), // a look at each would take 6
		within(100_000, "1,000 of 100,000 by size", "?sort=size", true, pair.MaxTime(1200*time.Millisecond)),
		within(100_000, "100,000 as NDJSON", "?format=ndjson", false, pair.MaxTime(1200*time.Millisecond), pair.MaxBytes(48<<20)),
		{
			Name:   "browse/zip of 1 GiB",
			Bounds: []pair.Bound{pair.MaxBytes(16 << 20)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				dir := t.TempDir()
				file := filepath.Join(dir, "film.mp4") // is stored, so that most of the time goes by reading it
				if err := os.WriteFile(file, nil, 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(file, 1<<30); err != nil {
					t.Fatal(err)
				}
				h, w := list(listed(openRoot(t, dir))), newSink()
				return pair.Op{Do: func() {
					w.reset()
					if h.ServeHTTP(w, get("/?archive=zip")); w.status != http.StatusOK || w.size < 1<<30 {
						t.Fatalf("status %d, %d bytes", w.status, w.size)
					}
				}}, pair.Op{}
			},
		},
	}
}

// browseServer lists and serves the folder dir.
func browseServer(dir string) (http.Handler, error) {
	root, err := middleware.PinnedRoot(dir)
	if err != nil {
		return nil, err
	}
	return list(listed(root)), nil
}

func listed(root *middleware.Root) browse.Config {
	return browse.Config{Files: static.Config{Root: root}, Archives: []browse.Archive{browse.Zip()}}
}

func list(c browse.Config) http.Handler {
	return middleware.Wrap(http.NotFoundHandler(), browse.New(c), static.New(c.Files))
}

// manyFiles returns a new folder of n files, made some time ago. Most are one
// another by other names, which takes half the time to make.
func manyFiles(t pair.TB, n int) string {
	dir := t.TempDir()
	const names = 10_000 // of one file, of which there can be 32,000 on some systems
	first := ""
	for i := range n {
		name, err := filepath.Join(dir, fmt.Sprintf("file-%06d.txt", i)), error(nil)
		if i%names == 0 {
			first, err = name, os.WriteFile(name, nil, 0o644)
		} else {
			err = os.Link(first, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, then, then); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sizeOf returns the size of what a server answers to r.
func sizeOf(t pair.TB, addr string, r *http.Request) int64 {
	resp, err := http.Get("http://" + addr + r.URL.String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
