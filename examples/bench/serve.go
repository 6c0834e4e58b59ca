package main

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// get returns a request as one of a browser's.
func get(target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	r.Header.Set("Accept-Language", "en-US,en;q=0.5")
	r.Header.Set("Referer", "https://www.example.com/where/from")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	return r
}

// serve is the operation of having h answer r, with nobody at the other end. It
// fails unless the answer is of that size.
func serve(t pair.TB, h http.Handler, r *http.Request, size int64) pair.Op {
	w := newSink()
	return pair.Op{Do: func() {
		w.reset()
		h.ServeHTTP(w, r)
		if cmp.Or(w.status, http.StatusOK) != http.StatusOK || w.size != size {
			t.Fatalf("%s %s: status %d, %d bytes", r.Method, r.URL, w.status, w.size)
		}
	}}
}

// overLoopback is the same over a connection that stays. What it takes to ask and
// to read the answer is included.
func overLoopback(t pair.TB, h http.Handler, r *http.Request, size int64) pair.Op {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return pair.Op{Do: ask(t, srv.Listener.Addr().String(), r, size)}
}

// ask returns a function that sends r to addr, always over the same connection,
// and reads the answer, which has to be of that size.
func ask(t pair.TB, addr string, r *http.Request, size int64) func() {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var request bytes.Buffer
	if err := r.Write(&request); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	return func() {
		if _, err := conn.Write(request.Bytes()); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(br, r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || n != size {
			t.Fatalf("%s %s: status %d, %d bytes, %v", r.Method, r.URL, resp.StatusCode, n, err)
		}
	}
}

// A sink is a ResponseWriter that does as little as it can. It has all methods
// that net/http's own has for HTTP/1.1, since wrappers look for them, and what
// they cost depends on what they find.
type sink struct {
	header http.Header
	status int
	size   int64
}

var _ interface {
	http.Flusher
	http.Hijacker
	http.CloseNotifier // deprecated, and looked for all the same
	io.ReaderFrom
	io.StringWriter
} = (*sink)(nil)

func newSink() *sink { return &sink{header: http.Header{}} }

func (s *sink) reset() {
	clear(s.header)
	s.status, s.size = 0, 0
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) { s.status = status }

func (s *sink) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	return len(p), nil
}

func (s *sink) WriteString(p string) (int, error) {
	s.size += int64(len(p))
	return len(p), nil
}

func (s *sink) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(io.Discard, src)
	s.size += n
	return n, err
}

func (s *sink) Flush()                           {}
func (s *sink) FlushError() error                { return nil }
func (s *sink) CloseNotify() <-chan bool         { return nil }
func (s *sink) EnableFullDuplex() error          { return nil }
func (s *sink) SetReadDeadline(time.Time) error  { return nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }
func (s *sink) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}
