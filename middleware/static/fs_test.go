package static_test

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

//go:embed doc.go static.go
var embedded embed.FS

func TestEmbedded(t *testing.T) {
	want, err := embedded.ReadFile("doc.go")
	require.NoError(t, err)
	s := serve(t, static.Config{FS: embedded, Index: []string{"static.go"}})

	resp := s.get("/doc.go")
	require.Equal(t, string(want), resp.body)
	require.Empty(t, resp.Header.Get("Last-Modified"))
	require.Regexp(t, `^"[0-9a-f]{32}"$`, resp.Header.Get("Etag"))
	require.Equal(t, 304, s.get("/doc.go", "If-None-Match: "+resp.Header.Get("Etag")).StatusCode)
	require.NotEqual(t, resp.Header.Get("Etag"), s.get("/").Header.Get("Etag"))
	require.Equal(t, string(want[10:20]), s.get("/doc.go", "Range: bytes=10-19").body)
	require.Equal(t, "→ /doc.go", result(s.get("/doc.go/")))
	for _, path := range []string{"/nothing", "/doc.go/x", "/%ff", "/../static.go/x"} {
		require.Equal(t, 404, s.get(path).StatusCode)
	}
}

func TestFileSystem(t *testing.T) {
	s := serve(t, static.Config{FS: fstest.MapFS{
		"app.js":     {Data: []byte("plain"), ModTime: day},
		"app.js.gz":  {Data: []byte("gz"), ModTime: day},
		"new.js":     {Data: []byte("plain"), ModTime: day},
		"new.js.gz":  {Data: []byte("gz"), ModTime: day.Add(-time.Hour)},
		"emb.js":     {Data: []byte("plain")},
		"emb.js.br":  {Data: []byte("br")},
		"emb.js.zst": {Data: []byte(frame)},
		".env":       {Data: []byte("secret")},
		"pipe":       {Mode: fs.ModeNamedPipe},
		"device":     {Mode: fs.ModeDevice},
		"dir/x":      {Data: []byte("x")},
	}})
	require.Equal(t, "gz", result(s.get("/app.js", "Accept-Encoding: gzip")))
	require.Equal(t, lastModified, s.get("/app.js").Header.Get("Last-Modified"))
	require.Equal(t, "plain", result(s.get("/new.js", "Accept-Encoding: gzip")))
	require.Equal(t, "br", result(s.get("/emb.js", "Accept-Encoding: br")))
	require.Equal(t, frame, result(s.get("/emb.js", "Accept-Encoding: zstd")))
	require.Regexp(t, `^"[0-9a-f]{32}-br"$`, s.get("/emb.js", "Accept-Encoding: br").Header.Get("Etag"))
	for _, path := range []string{"/.env", "/pipe", "/device", "/dir/", "/"} {
		require.Equal(t, 404, s.get(path).StatusCode)
	}
	require.Equal(t, "→ /dir/", result(s.get("/dir")))
}

// TestStreams serves files that can only be read once, as of an archive.
func TestStreams(t *testing.T) {
	s := serve(t, static.Config{FS: streams{fstest.MapFS{
		"file.txt": {Data: []byte("file"), ModTime: day}, "file.txt.zst": {Data: []byte(frame), ModTime: day},
	}}})
	resp := s.get("/file.txt", "Range: bytes=0-1", "Accept-Encoding: zstd")
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "file", resp.body)
	require.Empty(t, resp.Header.Get("Accept-Ranges"))
}

type streams struct{ fs.FS }

func (s streams) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return struct{ fs.File }{f}, nil
}

// TestFailures has the opening of files, and the reading, fail.
func TestFailures(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		fail   error
		status int
	}{
		{"not there", fs.ErrNotExist, 418},
		{"not valid", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrInvalid}, 418},
		{"not permitted", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, 403},
		{"broken", broken, 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := static.New(static.Config{FS: failing{open: tt.fail}})(middleware.Status(418))
			status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/file.txt", nil))
			require.Equal(t, tt.status, status)
			if tt.status == 418 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tt.fail, err)
		})
	}

	fsys := fstest.MapFS{"few.js": {Data: make([]byte, 100)}, "many.js": {Data: make([]byte, 100_000)}}
	t.Run("reading little", func(t *testing.T) {
		h := static.New(static.Config{FS: failing{FS: fsys, read: broken}})(middleware.Status(404))
		w := middleware.Record(httptest.NewRecorder())
		status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/few.js", nil))
		require.Equal(t, http.StatusInternalServerError, status)
		require.Equal(t, broken, err)
		require.False(t, w.Begun(), "it can still be an error page")
		require.Empty(t, w.Header().Get("Content-Encoding"))
	})
	t.Run("reading much", func(t *testing.T) {
		h := static.New(static.Config{FS: failing{FS: fsys, read: broken}})(middleware.Status(404))
		w := middleware.Record(httptest.NewRecorder())
		status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/many.js", nil))
		require.Equal(t, http.StatusInternalServerError, status)
		require.Equal(t, broken, err)
		require.True(t, w.Begun(), "so that it is cut off")
	})
}

// failing is a file system whose files cannot be opened, or not be read.
type failing struct {
	fs.FS
	open, read error
}

func (f failing) Open(name string) (fs.File, error) {
	if f.open != nil {
		return nil, f.open
	}
	file, err := f.FS.Open(name)
	return unreadable{file, f.read}, err
}

type unreadable struct {
	fs.File
	err error
}

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }
