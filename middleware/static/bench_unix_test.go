//go:build unix

package static_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// BenchmarkVersusFileServer compares this package with http.FileServerFS on the
// same os.Root. Every iteration is a pair of rounds, in random order; the metric
// is the median of the ratios of their CPU time, both sides of the connection
// included.
//
//	go test -run - -bench VersusFileServer -benchtime 100x
func BenchmarkVersusFileServer(b *testing.B) {
	const page = "page.html"
	dir := b.TempDir()
	folder := filepath.Join(dir, "some", "where")
	require.NoError(b, os.MkdirAll(folder, 0o755))
	for name, size := range map[string]int{
		filepath.Join(dir, page):         1 << 10,
		filepath.Join(folder, page):      1 << 10,
		filepath.Join(dir, "large.html"): 1 << 20,
	} {
		require.NoError(b, os.WriteFile(name, make([]byte, size), 0o644))
	}
	const many = 3000 // more than are remembered
	for i := range many {
		require.NoError(b, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.html", i)), make([]byte, 1<<10), 0o644))
	}
	root, err := middleware.PinnedRoot(dir)
	require.NoError(b, err)
	defer root.FS.Close()
	peer := http.FileServerFS(root.FS.FS())

	const browser = "gzip, deflate, br, zstd"
	for _, tt := range []struct {
		name, path, encodings string
		cfg                   static.Config
	}{
		{"1 KiB, siblings off", "/" + page, browser, static.Config{Siblings: []string{}}},
		{"1 KiB, three siblings looked for", "/" + page, browser, static.Config{}},
		{"1 KiB two folders down, siblings off", "/some/where/" + page, browser, static.Config{Siblings: []string{}}},
		{"1 KiB two folders down, three siblings looked for", "/some/where/" + page, browser, static.Config{}},
		{"1 MiB, three siblings looked for", "/large.html", browser, static.Config{}},
	} {
		tt.cfg.Root = root
		ours := middleware.Wrap(http.NotFoundHandler(), static.New(tt.cfg))
		r := httptest.NewRequest("GET", tt.path, nil)
		r.Header.Set("Accept-Encoding", tt.encodings)
		b.Run(tt.name+"/discard", func(b *testing.B) {
			compare(b, 100, func() { ours.ServeHTTP(discard{http.Header{}}, r) }, func() { peer.ServeHTTP(discard{http.Header{}}, r) })
		})
		b.Run(tt.name+"/loopback", func(b *testing.B) {
			compare(b, 50, overLoopback(b, ours, r), overLoopback(b, peer, r))
		})
	}
	for name, siblings := range map[string][]string{"off": {}, "looked for": nil} {
		b.Run("1 KiB, another file each time, siblings "+name+"/discard", func(b *testing.B) {
			next := func(h http.Handler) func() {
				n, r := 0, httptest.NewRequest("GET", "/", nil)
				r.Header.Set("Accept-Encoding", browser)
				return func() {
					n = (n + 1) % many
					r.URL.Path = fmt.Sprintf("/some/where/%d.html", n)
					h.ServeHTTP(discard{http.Header{}}, r)
				}
			}
			ours := middleware.Wrap(http.NotFoundHandler(), static.New(static.Config{Root: root, Siblings: siblings}))
			compare(b, 100, next(ours), next(peer))
		})
	}
}

// BenchmarkAllocations compares this package with http.ServeContent and a file
// that is open already.
func BenchmarkAllocations(b *testing.B) {
	root, err := middleware.PinnedRoot(folder(b, map[string]string{"page.html": string(make([]byte, 1<<10))}))
	require.NoError(b, err)
	defer root.FS.Close()
	r := httptest.NewRequest("GET", "/page.html", nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	b.Run("this", func(b *testing.B) {
		h := static.New(static.Config{Root: root})(middleware.Status(404))
		b.ReportAllocs()
		for b.Loop() {
			h.ServeHTTP(discard{http.Header{}}, r)
		}
	})
	b.Run("ServeContent", func(b *testing.B) {
		f, err := root.FS.Open("page.html")
		require.NoError(b, err)
		defer f.Close()
		b.ReportAllocs()
		for b.Loop() {
			http.ServeContent(discard{http.Header{}}, r, "page.html", day, f)
		}
	})
}

// BenchmarkPassingOn is what this layer costs an application behind it.
func BenchmarkPassingOn(b *testing.B) {
	root, err := middleware.PinnedRoot(b.TempDir())
	require.NoError(b, err)
	defer root.FS.Close()
	h := static.New(static.Config{Root: root})(middleware.Status(404))
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/api/some/where", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// compare reports how ours does compared with theirs, n calls at a time.
func compare(b *testing.B, n int, ours, theirs func()) {
	b.Helper()
	var ratios []float64
	for b.Loop() {
		cpu := [2]time.Duration{}
		for _, i := range rand.Perm(2) {
			start := cpuTime()
			for range n {
				[...]func(){ours, theirs}[i]()
			}
			cpu[i] = cpuTime() - start
		}
		ratios = append(ratios, float64(cpu[0])/float64(cpu[1]))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(testing.AllocsPerRun(10, ours), "allocs")
	b.ReportMetric(testing.AllocsPerRun(10, theirs), "theirs")
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// overLoopback returns a function that sends r to h over one connection and
// reads the response.
func overLoopback(b *testing.B, h http.Handler, r *http.Request) func() {
	srv := httptest.NewServer(h)
	b.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(b, err)
	b.Cleanup(func() { conn.Close() })
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n\r\n", r.URL.Path, r.Header.Get("Accept-Encoding"))
	br := bufio.NewReader(conn)
	return func() {
		_, err := conn.Write(request)
		require.NoError(b, err)
		resp, err := http.ReadResponse(br, nil)
		require.NoError(b, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(b, err)
	}
}

// discard is a ResponseWriter that does as little as it can.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }
