package proxy_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// A panicking body does so once some of it was read.
type panicking struct {
	io.Reader
	value any
}

func (p panicking) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err == io.EOF {
		panic(p.value)
	}
	return n, err
}

func (panicking) Close() error { return nil }

// TestBodiesThatPanic checks that a body which panics does so where the server
// recovers from it, also if it is read by another goroutine, and that nothing is left
// behind. It is the test of net/http/httputil for the same, golang/go#16875.
func TestBodiesThatPanic(t *testing.T) {
	broken := errors.New("broken")
	h2c := startH2C(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	early := startRaw(t, func(p *peer) { p.head(); p.send(ok + "Content-Length: 100\r\n\r\nhello"); p.ended() })
	late := startRaw(t, func(p *peer) { p.request(); p.ended() })
	for _, tt := range []struct {
		name, backend string
		length        int64
	}{
		{"a small one", late.url(), 50},
		{"a large one", late.url(), 1 << 20},
		{"one of unknown length", late.url(), -1},
		{"one whose response has begun", early.url(), 1 << 20},
		{"one to HTTP/2", h2c, 1 << 20},
		{"one of unknown length to HTTP/2", h2c, -1},
	} {
		for _, value := range []any{broken, http.ErrAbortHandler} {
			t.Run(tt.name, func(t *testing.T) {
				middlewaretest.NoLeaks(t)
				tr := newTransport(t, proxy.TransportConfig{})
				g := group(t, tt.backend)
				h := proxy.NewHandler(nil, proxy.Config{Upstreams: g, Transport: tr})
				r := httptest.NewRequest("POST", "/", nil)
				r.Body, r.ContentLength = panicking{strings.NewReader(million[:40]), value}, tt.length
				require.PanicsWithValue(t, value, func() { _, _ = h.ServeHTTP(httptest.NewRecorder(), r) })
				require.Zero(t, g.Status().Upstreams[0].Failures)
				require.Zero(t, g.Status().Upstreams[0].Active)

				out := newRequest(t, "POST", tt.backend, panicking{strings.NewReader(million[:40]), value})
				if out.ContentLength = tt.length; tt.length < 0 {
					out.ContentLength = 0
				}
				if tt.length == 50 {
					return // which panics where it was called
				}
				resp, err := tr.RoundTrip(out)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				require.Equal(t, proxy.OpUpload, asError(t, err).Op)
			})
		}
	}
}

// TestWritersThatPanic checks that connections are not lost to the panic of whoever
// is told of a response.
func TestWritersThatPanic(t *testing.T) {
	for name, response := range map[string]string{
		"at a hint":                  "HTTP/1.1 103 Early Hints\r\n\r\n",
		"at the head":                hello,
		"in the middle of a body":    ok + "Content-Length: 2000000\r\n\r\n" + million,
		"in the middle of one piece": okChunks + "6\r\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			left := make(chan bool, 1)
			b := startRaw(t, func(p *peer) { p.request(); p.send(response); p.ended(); left <- true })
			g := group(t, b.url())
			tr := newTransport(t, proxy.TransportConfig{})
			h := proxy.NewHandler(nil, proxy.Config{Upstreams: g, Transport: tr})
			w := &fragile{header: http.Header{}, at: name}
			require.PanicsWithValue(t, "fragile", func() { _, _ = h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)) })
			if name != "at the head" { // which may be all there is
				<-left
			}
			require.Zero(t, g.Status().Upstreams[0].Active)
			require.Zero(t, g.Status().Upstreams[0].Failures)
		})
	}
}

type fragile struct {
	header http.Header
	at     string
}

func (f *fragile) Header() http.Header { return f.header }
func (f *fragile) Flush()              {}

func (f *fragile) WriteHeader(status int) {
	if f.at == "at a hint" || f.at == "at the head" {
		panic("fragile")
	}
}

func (f *fragile) Write(p []byte) (int, error) { panic("fragile") }

// TestUploadsToHTTP2ThatFail checks that a backend of HTTP/2 is not blamed for what a
// client does, who is told the same as with HTTP/1.1.
func TestUploadsToHTTP2ThatFail(t *testing.T) {
	drain := func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }
	begin := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(200)
		http.NewResponseController(w).Flush()
		io.Copy(io.Discard, r.Body)
	}
	limit := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			r.Body = http.MaxBytesReader(w, r.Body, 100<<10)
			if r.ContentLength < 0 { // of which nothing is to come
				require.NoError(t, http.NewResponseController(w).SetReadDeadline(time.Now().Add(20*time.Millisecond)))
			}
			return next.ServeHTTP(w, r)
		})
	}
	for _, backend := range []struct {
		name    string
		url     func(http.HandlerFunc) string
		handler http.HandlerFunc
		begun   bool
	}{
		{"HTTP/1.1", func(h http.HandlerFunc) string { s := httptest.NewServer(h); t.Cleanup(s.Close); return s.URL }, drain, false},
		{"HTTP/2", func(h http.HandlerFunc) string { return startH2C(t, h) }, drain, false},
		{"HTTP/2, and the response has begun", func(h http.HandlerFunc) string { return startH2C(t, h) }, begin, true},
	} {
		t.Run(backend.name, func(t *testing.T) {
			g := group(t, backend.url(backend.handler))
			statuses := make(chan int, 1)
			observe := func(next middleware.Handler) middleware.Handler {
				return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
					status, err := next.ServeHTTP(w, r)
					statuses <- status
					return status, err
				})
			}
			front := serveBy(t, proxy.Config{Upstreams: g}, nil, observe, limit)
			dial := func(request string) net.Conn {
				c, _ := dialProxy(t, front.URL, request)
				return c
			}
			c := dial("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" + million)
			require.Equal(t, 413, <-statuses)
			c.Close()
			c = dial("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + million[:70_000])
			if backend.begun {
				middlewaretest.Eventually(t, func() bool { return g.Status().Upstreams[0].Active == 1 })
			}
			c.Close()
			require.Equal(t, 499, <-statuses)
			dial("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
			require.Contains(t, []int{408, 499}, <-statuses) // net/http has the context end, too
			require.Zero(t, g.Status().Upstreams[0].Failures)
		})
	}
}
