package static_test

import (
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestTree is what a layer sees that lists files, or renders them.
func TestTree(t *testing.T) {
	dir := folder(t, map[string]string{"dir/file.txt": "file", ".env": "", "hidden.txt": "", "known.txt": ""})
	known, err := os.Stat(filepath.Join(dir, "known.txt"))
	require.NoError(t, err)
	hide := func(name string, info fs.FileInfo) bool {
		return name == "hidden.txt" || info != nil && info.Name() == known.Name()
	}
	for name, cfg := range map[string]static.Config{
		"root": {Root: pinned(t, dir), Hide: hide}, "file system": {FS: os.DirFS(dir), Hide: hide},
	} {
		t.Run(name, func(t *testing.T) {
			files := static.NewFiles(cfg)
			tree := files.For(httptest.NewRequest("GET", "/", nil))

			f, info, err := tree.Open("dir")
			require.NoError(t, err)
			defer f.Close()
			require.True(t, info.IsDir())
			entries, err := f.(fs.ReadDirFile).ReadDir(-1)
			require.NoError(t, err)
			require.Len(t, entries, 1)

			g, info, err := tree.Open("dir/../dir//file.txt")
			require.NoError(t, err)
			defer g.Close()
			require.EqualValues(t, 4, info.Size())
			info, err = tree.Stat("dir/file.txt")
			require.NoError(t, err)
			require.EqualValues(t, 4, info.Size())
			info, err = tree.Stat(".")
			require.NoError(t, err)
			require.True(t, info.IsDir())

			for _, name := range []string{".env", "hidden.txt", "known.txt", "nothing", "dir/nothing", "../secret.txt", "dir/../../secret.txt", strings.Repeat("x", 5000)} {
				_, _, err := tree.Open(name)
				_, statErr := tree.Stat(name)
				require.ErrorIs(t, err, fs.ErrNotExist, name)
				require.ErrorIs(t, statErr, fs.ErrNotExist, name)
			}
			require.True(t, files.Visible("dir/file.txt", nil))
			require.True(t, files.Visible("known.txt", nil), "it is not known what it is")
			require.False(t, files.Visible("known.txt", known))
			require.False(t, files.Visible("hidden.txt", nil))
			require.False(t, files.Visible("dir/.git", nil))
		})
	}
	_, err = static.NewFiles(static.Config{}).For(httptest.NewRequest("GET", "/", nil)).Stat(".")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestCopy checks that a connection that can take a file by itself is given one.
func TestCopy(t *testing.T) {
	dir := folder(t, map[string]string{"large.png": string(make([]byte, 1<<20)), "large.js": "x", "large.js.gz": string(make([]byte, 1<<20))})
	h := static.New(static.Config{Root: pinned(t, dir)})(middleware.Status(404))
	for _, tt := range []struct{ path, ranges string }{{"/large.png", ""}, {"/large.png", "bytes=1000-500000"}, {"/large.js", ""}} {
		w, r := &taker{ResponseRecorder: httptest.NewRecorder()}, httptest.NewRequest("GET", tt.path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("Range", tt.ranges)
		_, err := h.ServeHTTP(middleware.Record(w), r)
		require.NoError(t, err)
		limited, ok := w.from.(*io.LimitedReader)
		require.True(t, ok)
		require.IsType(t, (*os.File)(nil), limited.R)
	}
}

// A taker remembers what it was to read from.
type taker struct {
	*httptest.ResponseRecorder
	from io.Reader
}

func (w *taker) ReadFrom(r io.Reader) (int64, error) {
	w.from = r
	return w.Body.ReadFrom(r)
}

// TestManyAtOnce has requests and changes meet, for the race detector.
func TestManyAtOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open can be neither replaced nor removed here")
	}
	dir := folder(t, map[string]string{"app.js": "plain", "dir/index.html": "dir"})
	h := static.New(static.Config{Root: pinned(t, dir)})(middleware.Status(404))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				for _, path := range []string{"/app.js", "/dir/", "/dir", "/nothing"} {
					w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
					r.Header.Set("Accept-Encoding", "gzip, br")
					if status, err := h.ServeHTTP(w, r); err != nil || status == 200 && w.Body.Len() == 0 {
						t.Errorf("%s: %d, %v", path, status, err)
					}
				}
			}
		})
	}
	for range 50 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "app.js.tmp"), []byte("gz"), 0o644))
		require.NoError(t, os.Rename(filepath.Join(dir, "app.js.tmp"), filepath.Join(dir, "app.js.gz")))
		require.NoError(t, os.Remove(filepath.Join(dir, "app.js.gz")))
	}
	wg.Wait()
}

// TestWhatIsRemembered checks that changes are seen at once, but for those that
// the package comment speaks of.
func TestWhatIsRemembered(t *testing.T) {
	dir := folder(t, map[string]string{"file.js": "old"})
	s := serve(t, static.Config{Root: pinned(t, dir)})
	file := filepath.Join(dir, "file.js")
	require.Equal(t, "old", result(s.get("/file.js")))
	write(t, file, "new")
	require.NoError(t, os.Chtimes(file, day, day.Add(time.Hour)))
	resp := s.get("/file.js")
	require.Equal(t, "new", resp.body)
	require.Equal(t, "Sat, 14 Mar 2026 16:09:26 GMT", resp.Header.Get("Last-Modified"))
	require.NoError(t, os.Remove(file))
	require.Equal(t, "404", result(s.get("/file.js")))
	write(t, file, "back")
	require.Equal(t, "back", result(s.get("/file.js")))
	require.NoError(t, os.Remove(file))
	write(t, filepath.Join(file, "index.html"), "a folder")
	require.Equal(t, "a folder", result(s.get("/file.js/")))
	require.NoError(t, os.RemoveAll(file))
	write(t, file, "a file")
	require.Equal(t, "a file", result(s.get("/file.js")))
}
