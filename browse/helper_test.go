package browse_test

import (
	"bufio"
	"encoding/json"
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

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// secret is what lies outside of every root, and the name that it has there.
const secret = "must-not-leak"

// day is when every file of a test was modified.
var day = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// folder returns a folder with files in it, next to a folder with a secret. Names
// that end in a slash are folders.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	dir := filepath.Join(top, "root")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	write(t, filepath.Join(top, "secret", secret), secret)
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

// in returns the Config of a folder.
func in(t testing.TB, dir string) browse.Config {
	t.Helper()
	root, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.FS.Close() })
	return browse.Config{Files: static.Config{Root: root}}
}

// A site is a server of listings, and of the files behind them.
type site struct {
	t    testing.TB
	addr string
}

func serve(t testing.TB, c browse.Config) site {
	t.Helper()
	return serveHandler(t, middleware.Chain(browse.New(c), static.New(c.Files))(middleware.Status(404)))
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

// do sends a request exactly as written, but for the fields every request has.
func (s site) do(line string, fields ...string) response {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(s.t, err)
	defer conn.Close()
	request := line + " HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n" + strings.Join(append(fields, "", ""), "\r\n")
	_, err = io.WriteString(conn, request)
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

// A listing is what the format json says.
type listing struct {
	Path                                 string
	Total, Folders, Files, Offset, Limit int
	Sort, Order                          string
	Truncated                            bool
	Items                                []item
}

type item struct {
	Name, URL, Modified, Target string
	Folder, Link                bool
	Size                        int64
}

// json lists a folder by the path, and perhaps the query, given.
func (s site) json(path string) (l listing) {
	s.t.Helper()
	resp := s.get(path, "Accept: application/json")
	require.Equal(s.t, 200, resp.StatusCode, path)
	require.NoError(s.t, json.Unmarshal([]byte(resp.body), &l), resp.body)
	return l
}

// names returns the names that a folder lists.
func (s site) names(path string) (names []string) {
	s.t.Helper()
	for _, it := range s.json(path).Items {
		names = append(names, it.Name)
	}
	return names
}
