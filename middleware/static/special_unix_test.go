//go:build unix

package static_test

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestSpecialFiles asks for what is no regular file. Were a pipe opened as a file
// is, nobody would ever come back.
func TestSpecialFiles(t *testing.T) {
	dir := folder(t, map[string]string{"app.js": "js", "page/": "", "real": "x"})
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "app.js.gz"), 0o644))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "page", "index.html"), 0o644))
	require.NoError(t, os.Symlink("pipe", filepath.Join(dir, "to-pipe")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "zero")))
	t.Chdir(dir) // the path of a socket must be short
	socket, err := net.Listen("unix", "socket")
	require.NoError(t, err)
	defer socket.Close()

	for _, policy := range []static.Symlinks{static.SymlinksInside, static.SymlinksFollow} {
		s := serve(t, static.Config{Root: pinned(t, dir), Symlinks: policy})
		for _, path := range []string{"/pipe", "/to-pipe", "/pipe/", "/socket", "/page/", "/app.js.gz", "/zero", "/pipe/x", "/pipe/x/y", "/to-pipe/x", "/socket/x", "/zero/x"} {
			require.Equal(t, 404, s.get(path).StatusCode, path)
		}
		require.Equal(t, "js", result(s.get("/app.js", "Accept-Encoding: gzip")))
	}
}

// TestPipeInPlaceOfAFile has the name of a file that is known become a pipe.
func TestPipeInPlaceOfAFile(t *testing.T) {
	dir := folder(t, map[string]string{"file": "file"})
	s := serve(t, static.Config{Root: pinned(t, dir)})
	require.Equal(t, "file", result(s.get("/file")))
	require.NoError(t, os.Remove(filepath.Join(dir, "file")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "file"), 0o644))
	require.Equal(t, "404", result(s.get("/file")))
}

func TestUnreadable(t *testing.T) {
	dir := folder(t, map[string]string{"file": "x", "dir/file": "x"})
	require.NoError(t, os.Chmod(filepath.Join(dir, "file"), 0))
	require.NoError(t, os.Chmod(filepath.Join(dir, "dir"), 0))
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "dir"), 0o755) })
	h := static.New(static.Config{Root: pinned(t, dir)})(middleware.Status(404))
	for _, path := range []string{"/file", "/dir/file"} {
		middlewaretest.Unprivileged(t, func() {
			status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
			require.ErrorIs(t, err, fs.ErrPermission)
			require.Equal(t, 403, middleware.StatusOf(httptest.NewRequest("GET", path, nil), err))
			require.Equal(t, 403, status)
		})
	}
}

// TestTooManyOpenFiles uses up what the process may open.
func TestTooManyOpenFiles(t *testing.T) {
	h := static.New(static.Config{Root: pinned(t, folder(t, map[string]string{"file.txt": "file"}))})(middleware.Status(404))
	get := func() (*httptest.ResponseRecorder, int, error) {
		w := httptest.NewRecorder()
		status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/file.txt", nil))
		return w, status, err
	}
	_, status, err := get()
	require.NoError(t, err)
	require.Equal(t, 200, status)

	var limit, low syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	low = limit
	low.Cur = 0
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low))
	w, status, err := get()
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))

	require.Equal(t, http.StatusServiceUnavailable, status)
	require.ErrorIs(t, err, syscall.EMFILE)
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	_, status, _ = get()
	require.Equal(t, 200, status)
}

// TestShrinkingFile has a file cut short while it is being sent: the client must
// not take what it got for all of it.
func TestShrinkingFile(t *testing.T) {
	dir := folder(t, nil)
	sparse(t, filepath.Join(dir, "large.bin"), 64<<20)
	outcome := make(chan error, 1)
	layer := static.New(static.Config{Root: pinned(t, dir)})(middleware.Status(404))
	s := serveHandler(t, middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		status, err := layer.ServeHTTP(w, r)
		if status != 500 {
			err = errors.Join(err, errors.New(http.StatusText(status)))
		}
		outcome <- err
		return status, err
	}))
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1000)) // it is under way
	require.NoError(t, err)
	require.NoError(t, os.Truncate(filepath.Join(dir, "large.bin"), 1000))
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	var got int64
	for buf := make([]byte, 1<<20); err == nil; {
		var n int
		n, err = conn.Read(buf)
		got += int64(n)
	}
	require.Less(t, got, int64(64<<20))
	require.EqualError(t, <-outcome, "static: the file has become shorter while it was sent")
}

// sparse makes a file that takes no room.
func sparse(t *testing.T, name string, size int64) {
	t.Helper()
	write(t, name, "")
	require.NoError(t, os.Truncate(name, size))
}

// TestClientLeaves is not the server's failure.
func TestClientLeaves(t *testing.T) {
	dir := folder(t, nil)
	sparse(t, filepath.Join(dir, "large.bin"), 64<<20)
	status := make(chan int, 1)
	layer := static.New(static.Config{Root: pinned(t, dir)})(middleware.Status(404))
	s := serveHandler(t, middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		code, err := layer.ServeHTTP(w, r)
		status <- code
		return code, err
	}))
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	_, err = conn.Write([]byte("GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1000))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Equal(t, middleware.StatusClientClosed, <-status)
}

// TestNothingIsLeftOpen counts what is open of a folder, also while the next
// handler is at work.
func TestNothingIsLeftOpen(t *testing.T) {
	const list = "/proc/self/fd"
	if _, err := os.Stat(list); err != nil {
		t.Skip("there is no " + list)
	}
	dir := folder(t, map[string]string{"a/b/index.html": "x", "a/b/app.js": "x", "a/b/app.js.zst": "no frame", "a/c/": ""})
	count := func() (open int) {
		entries, err := os.ReadDir(list)
		require.NoError(t, err)
		for _, e := range entries {
			if target, err := os.Readlink(filepath.Join(list, e.Name())); err == nil && strings.HasPrefix(target, dir) {
				open++
			}
		}
		return open
	}
	h := static.New(static.Config{Root: pinned(t, dir)})(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		require.Equal(t, 1, count(), "nothing but the root")
		return http.StatusNotFound, nil
	}))
	for _, path := range []string{"/a/b/", "/a/b", "/a/b/app.js", "/a/b/app.js/", "/a/c", "/a/c/", "/a/b/nothing", "/nothing", "/a/b/app.js/x"} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			r := httptest.NewRequest(method, path, nil)
			r.Header.Set("Accept-Encoding", "zstd")
			_, err := h.ServeHTTP(httptest.NewRecorder(), r)
			require.NoError(t, err)
			require.Equal(t, 1, count(), "%s %s", method, path)
		}
	}
}
