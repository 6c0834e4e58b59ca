package browse_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
)

func tarNames(t testing.TB, body string) (names []string) {
	t.Helper()
	for r := tar.NewReader(strings.NewReader(body)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return names
		}
		require.NoError(t, err)
		names = append(names, h.Name)
	}
}

func TestArchives(t *testing.T) {
	long := strings.Repeat("text ", 10_000)
	c := in(t, folder(t, map[string]string{"dir/a.txt": long, "dir/sub/b.jpg": long, "dir/empty/": "", "dir/ünï.txt": "u"}))
	c.Archives = []browse.Archive{browse.Zip(), browse.Tar(), browse.TarGzip(), browse.TarWith("upper", "application/x-upper", newUpper)}
	s := serve(t, c)
	want := map[string]string{"dir/a.txt": long, "dir/empty/": "", "dir/sub/": "", "dir/sub/b.jpg": long, "dir/ünï.txt": "u"}

	readTar := func(r io.Reader) map[string]string {
		got := map[string]string{}
		for tr := tar.NewReader(r); ; {
			h, err := tr.Next()
			if err == io.EOF {
				return got
			}
			require.NoError(t, err)
			text, err := io.ReadAll(tr)
			require.NoError(t, err)
			got[h.Name] = string(text)
			if h.Typeflag == tar.TypeReg {
				require.True(t, h.ModTime.Equal(day), h.Name)
				require.EqualValues(t, 0o644, h.Mode)
			}
		}
	}
	resp := s.get("/dir/?archive=zip")
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "application/zip", resp.Header.Get("Content-Type"))
	require.Equal(t, `attachment; filename=dir.zip`, resp.Header.Get("Content-Disposition"))
	z, err := zip.NewReader(strings.NewReader(resp.body), int64(len(resp.body)))
	require.NoError(t, err)
	got := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		got[f.Name] = string(text)
		if f.Name == "dir/sub/b.jpg" {
			require.Equal(t, zip.Store, f.Method)
		}
	}
	require.Equal(t, want, got)

	require.Equal(t, want, readTar(strings.NewReader(s.get("/dir/?archive=tar").body)))
	gz, err := gzip.NewReader(strings.NewReader(s.get("/dir/?archive=tar.gz").body))
	require.NoError(t, err)
	require.Equal(t, want, readTar(gz))
	resp = s.get("/dir/?archive=tar.upper")
	require.Equal(t, "application/x-upper", resp.Header.Get("Content-Type"))
	require.Contains(t, resp.body, "TEXT TEXT")

	resp = s.do("HEAD /dir/?archive=zip")
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "application/zip", resp.Header.Get("Content-Type"))
	require.Equal(t, "attachment; filename=files.zip", s.do("HEAD /?archive=zip").Header.Get("Content-Disposition"))
	require.Contains(t, s.get("/dir/", "Accept: text/html").body, `<a href="?archive=zip" aria-label="Download as zip">zip</a>`)
	require.Equal(t, 404, s.get("/dir/?archive=tar.zst").StatusCode)
}

// upper is a coding of a kind.
type upper struct{ io.Writer }

func newUpper(w io.Writer) io.WriteCloser { return upper{w} }

func (u upper) Write(p []byte) (int, error) { return u.Writer.Write(bytes.ToUpper(p)) }
func (u upper) Close() error                { return nil }

// TestArchiveLimits checks that what is too much is refused before it begins.
func TestArchiveLimits(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": "12345", "b/c": "12345"}))
	c.Archives = []browse.Archive{browse.Tar()}
	for _, tt := range []struct {
		name    string
		bytes   int64
		entries int
		want    int
	}{
		{"as much as it is", 10, 3, 200},
		{"fewer bytes", 9, 3, 403},
		{"fewer entries", 10, 2, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.ArchiveBytes, c.ArchiveEntries = tt.bytes, tt.entries
			require.Equal(t, tt.want, serve(t, c).get("/?archive=tar").StatusCode)
		})
	}
	c.ArchiveBytes, c.ArchiveEntries = 9, 12_345
	resp := serve(t, c).get("/?archive=tar")
	require.Equal(t, "This folder is too large to be downloaded: an archive has at most 9 B in 12,345 files and folders.\n", resp.body)
	require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	require.Empty(t, resp.Header.Get("Content-Disposition"))
	require.Equal(t, 403, serve(t, c).do("HEAD /?archive=tar").StatusCode)
}

// TestArchiveEndsWithClient checks that no more is read for a client that left.
func TestArchiveEndsWithClient(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": strings.Repeat("x", 1<<20), "b": strings.Repeat("x", 1<<20)}))
	c.Archives = []browse.Archive{browse.Tar()}
	ctx, cancel := context.WithCancel(t.Context())
	w := &leaving{ResponseWriter: httptest.NewRecorder(), leave: cancel}
	status, err := browse.NewHandler(middleware.Status(404), c).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/?archive=tar", nil))
	require.Equal(t, middleware.StatusClientClosed, status)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, w.n, 200<<10)
}

// leaving is a client that leaves after some bytes.
type leaving struct {
	http.ResponseWriter
	leave func()
	n     int
}

func (l *leaving) Write(p []byte) (int, error) {
	l.n += len(p)
	if l.n > 64<<10 {
		l.leave()
	}
	return len(p), nil
}

// TestArchiveFails checks that an archive that is not whole does not look whole.
func TestArchiveFails(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": "x"}))
	reason := errors.New("reason")
	c.Archives = []browse.Archive{browse.TarWith("bad", "application/x-bad", func(io.Writer) io.WriteCloser { return bad{reason} })}
	status, err := browse.NewHandler(middleware.Status(404), c).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?archive=tar.bad", nil))
	require.Equal(t, 500, status)
	require.ErrorIs(t, err, reason)
}

type bad struct{ error }

func (b bad) Write(p []byte) (int, error) { return 0, b.error }
func (b bad) Close() error                { return b.error }

// TestArchiveMemory packs much more than it may need memory for.
func TestArchiveMemory(t *testing.T) {
	dir := folder(t, nil)
	const size = 64 << 20
	for _, name := range []string{"a.bin", "b.jpg"} {
		f, err := os.Create(filepath.Join(dir, name))
		require.NoError(t, err)
		require.NoError(t, f.Truncate(size/2)) // which takes no room on most disks
		require.NoError(t, f.Close())
	}
	c := in(t, dir)
	c.Archives = []browse.Archive{browse.Zip()}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := &leaving{ResponseWriter: httptest.NewRecorder(), leave: func() {}}
	status, err := browse.NewHandler(middleware.Status(404), c).ServeHTTP(w, httptest.NewRequest("GET", "/?archive=zip", nil))
	require.NoError(t, err)
	require.Equal(t, 200, status)
	runtime.ReadMemStats(&after)
	require.Greater(t, w.n, size/2)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), "of all that was ever allocated")
}
