package middleware_test

import (
	"crypto/sha256"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// sending are the ways in which handlers send a file.
var sending = map[string]http.HandlerFunc{
	"ServeContent": func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(r.Header.Get("File"))
		if err != nil {
			panic(err)
		}
		defer f.Close()
		http.ServeContent(w, r, "file.bin", time.Time{}, f)
	},
	"Copy": func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(r.Header.Get("File"))
		if err != nil {
			panic(err)
		}
		defer f.Close()
		w.Header().Set("Content-Length", r.Header.Get("Size"))
		io.Copy(w, f)
	},
}

// fileSize is large for a socket's buffer, so that it takes several calls.
const fileSize = 8<<20 + 3

// serveFile starts a server that sends a file from behind several layers, each of
// which has its own Recorder, fetches it and returns once it has arrived whole.
func serveFile(t *testing.T, send http.HandlerFunc, wrap func(net.Listener) net.Listener) {
	t.Helper()
	records := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			own := middleware.Record(struct{ *middleware.Recorder }{middleware.Record(w)})
			status, err := next.ServeHTTP(own, r)
			if own.Size() != fileSize {
				t.Errorf("a layer has seen %d bytes", own.Size())
			}
			return status, err
		})
	}
	content := make([]byte, fileSize)
	for i := range content {
		content[i] = byte(i % 251)
	}
	name := filepath.Join(t.TempDir(), "file.bin")
	require.NoError(t, os.WriteFile(name, content, 0o600))

	srv := httptest.NewUnstartedServer(middleware.Wrap(send, records, middleware.Chain(records, records), records))
	srv.Listener = wrap(srv.Listener)
	srv.Start()
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	require.NoError(t, err)
	r.Header.Set("File", name)
	r.Header.Set("Size", "8388611")
	resp, err := srv.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, resp.Body)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(content), [32]byte(sum.Sum(nil)))
}

// TestFileReachesTheConnection checks that a connection is handed the file itself,
// however many layers there are before it: what it makes of that, sendfile(2) or
// TransmitFile, is up to package net.
func TestFileReachesTheConnection(t *testing.T) {
	for name, send := range sending {
		t.Run(name, func(t *testing.T) {
			handed := make(chan io.Reader, 100)
			serveFile(t, send, func(l net.Listener) net.Listener { return listener{l, handed} })
			var files int
			for len(handed) > 0 {
				src := <-handed
				if limited, ok := src.(*io.LimitedReader); ok {
					src = limited.R
				}
				if _, ok := src.(interface { // as package net asks
					fs.File
					syscall.Conn
				}); ok {
					files++
				}
			}
			require.Equal(t, 1, files)
		})
	}
}

// A listener hands out connections that note what they are to read from.
type listener struct {
	net.Listener
	handed chan<- io.Reader
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn{c.(*net.TCPConn), l.handed}, nil
}

type conn struct {
	*net.TCPConn
	handed chan<- io.Reader
}

func (c conn) ReadFrom(src io.Reader) (int64, error) {
	c.handed <- src
	return c.TCPConn.ReadFrom(src)
}
