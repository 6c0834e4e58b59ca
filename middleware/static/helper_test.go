package static_test

import (
	"bufio"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// secret is what lies outside of every root.
const secret = "must not leak"

// day is when every file of a test was modified.
var day = time.Date(2026, 3, 14, 15, 9, 26, 535897932, time.UTC)

const lastModified = "Sat, 14 Mar 2026 15:09:26 GMT"

// folder returns a folder with files in it, modified at day, next to a folder
// with a secret. Names that end in a slash are folders.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	dir := filepath.Join(top, "root")
	write(t, filepath.Join(top, "secret", "secret.txt"), secret)
	write(t, filepath.Join(top, "secret.txt"), secret)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for name, text := range files {
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
			continue
		}
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func write(t testing.TB, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	require.NoError(t, os.Chtimes(file, day, day))
}

// pinned returns the Root of a folder, which is closed when the test ends.
func pinned(t testing.TB, dir string) *middleware.Root {
	t.Helper()
	root, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.FS.Close() })
	return root
}

// A site is a server of one static layer, with nothing behind it.
type site struct {
	t    testing.TB
	addr string
}

func serve(t testing.TB, cfg static.Config) site {
	t.Helper()
	return serveHandler(t, static.New(cfg)(middleware.Status(404)))
}

func serveHandler(t testing.TB, h middleware.Handler) site {
	t.Helper()
	srv := httptest.NewUnstartedServer(middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(h))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	return site{t, srv.Listener.Addr().String()}
}

// A response is what came over the wire.
type response struct {
	*http.Response
	body string
}

// do sends a request exactly as written, but for the fields every request has:
// "GET /x" and "Name: value" for further fields.
func (s site) do(line string, fields ...string) response {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(s.t, err)
	defer conn.Close()
	var request strings.Builder
	request.WriteString(line + " HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n")
	for _, f := range fields {
		request.WriteString(f + "\r\n")
	}
	_, err = io.WriteString(conn, request.String()+"\r\n")
	require.NoError(s.t, err)
	method, _, _ := strings.Cut(line, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(s.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.NotContains(s.t, string(body), secret)
	return response{resp, string(body)}
}

func (s site) get(path string, fields ...string) response {
	s.t.Helper()
	return s.do("GET "+path, fields...)
}
