package fastcgi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// temporary returns the files that this process has open in dir, and those that
// have a name there.
func temporary(t testing.TB, dir string) (open, named []string) {
	t.Helper()
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, dir) {
			open = append(open, to)
		}
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		named = append(named, e.Name())
	}
	return open, named
}

// TestSpool checks that a body of unknown length arrives whole, with its length, and
// that nothing is left of it.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		size int
		file bool
	}{
		{"none", 0, false}, {"a byte", 1, false}, {"as much as goes into memory", 1000, false}, {"a byte more", 1001, true},
		{"much more", 1 << 20, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := bytes.Repeat([]byte("0123456789abcdef"), tt.size/16+1)[:tt.size]
			cfg := anyApp(t, func(p *peer) {
				r := p.request()
				open, named := temporary(t, dir)
				if runtime.GOOS == "linux" && tt.file != (len(open) == 1) {
					t.Errorf("%v are open", open)
				}
				if runtime.GOOS != "windows" && len(named) > 0 {
					t.Errorf("%v have a name", named)
				}
				if !bytes.Equal(body, r.body) {
					t.Errorf("%d bytes arrive", len(r.body))
				}
				p.reply("X-A: b\r\n\r\n" + r.params["CONTENT_LENGTH"])
			})
			cfg.BodyMemory, cfg.TempDir = 1000, dir
			r := httptest.NewRequest("POST", "/", iotest.HalfReader(bytes.NewReader(body)))
			r.ContentLength = -1
			w := httptest.NewRecorder()
			status, err := fastcgi.NewHandler(nil, cfg).ServeHTTP(w, r)
			require.NoError(t, err)
			require.Zero(t, status)
			want := ""
			if tt.size > 0 {
				want = fmt.Sprint(tt.size)
			}
			require.Equal(t, want, w.Body.String())
			open, named := temporary(t, dir)
			require.Empty(t, open)
			require.Empty(t, named)
		})
	}
}

// TestSpoolAfterPanic checks that nothing is left of a body if a writer further out
// panics.
func TestSpoolAfterPanic(t *testing.T) {
	dir := t.TempDir()
	cfg := anyApp(t, func(p *peer) { p.request(); p.reply(hello); p.ended() })
	cfg.BodyMemory, cfg.TempDir = 10, dir
	h := fastcgi.NewHandler(nil, cfg)
	r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 1000)))
	r.ContentLength = -1
	require.Panics(t, func() { h.ServeHTTP(panics{httptest.NewRecorder()}, r) })
	open, named := temporary(t, dir)
	require.Empty(t, open)
	require.Empty(t, named)
	require.Zero(t, cfg.Upstreams.Status().Upstreams[0].Active)
}

type panics struct{ http.ResponseWriter }

func (panics) Write([]byte) (int, error) { panic("writer") }

// TestSlowClient checks that an application is not asked before a small body is
// there.
func TestSlowClient(t *testing.T) {
	var requests atomic.Int64
	srv := serve(t, anyApp(t, func(p *peer) {
		requests.Add(1)
		r := p.request()
		p.reply("X-A: b\r\n\r\n" + string(r.body))
	}))
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nso")
	require.NoError(t, err)
	require.Equal(t, "other", send(t, func() *http.Request {
		r, err := http.NewRequest("POST", srv.URL, strings.NewReader("other"))
		require.NoError(t, err)
		return r
	}()).body)
	require.EqualValues(t, 1, requests.Load())
	_, err = io.WriteString(c, "me")
	require.NoError(t, err)
	text, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Contains(t, string(text), "some")
}

// refusing returns where nobody listens.
func refusing(t testing.TB) upstream.Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return upstream.Target{Network: "tcp", Addr: l.Addr().String()}
}

// TestHandlerRetries checks which requests a second application gets after a first
// has failed.
func TestHandlerRetries(t *testing.T) {
	refuses := func(t testing.TB) upstream.Target { return refusing(t) }
	behaves := func(script func(*peer)) func(testing.TB) upstream.Target {
		return func(t testing.TB) upstream.Target { return startApp(t, script).target() }
	}
	closes := behaves(func(p *peer) { p.request() })
	breaksOff := behaves(func(p *peer) { p.request(); p.out("Content-") })
	overloaded := behaves(func(p *peer) { p.request(); p.end(0, 2) })
	mumbles := behaves(func(p *peer) { p.request(); p.out("Content-"); p.end(0, 2) })
	oddly := behaves(func(p *peer) { p.request(); p.end(0, 9) })
	headless := behaves(func(p *peer) { p.request(); p.reply("no header") })
	large := strings.Repeat("x", 200<<10)
	for _, tt := range []struct {
		name   string
		first  func(testing.TB) upstream.Target
		method string
		body   string
		header http.Header
		want   int
	}{
		{"GET, not reached", refuses, "GET", "", nil, 200},
		{"POST, not reached", refuses, "POST", "small", nil, 200},
		{"a large POST, not reached", refuses, "POST", large, nil, 200},
		{"GET, received", closes, "GET", "", nil, 200},
		{"GET, answered in part", breaksOff, "GET", "", nil, 200},
		{"GET, answered by what is no header", headless, "GET", "", nil, 200},
		{"PUT, received", closes, "PUT", "small", nil, 200},
		{"a large PUT, received", closes, "PUT", large, nil, 502},
		{"a large PUT of unknown length, received", closes, "PUT", large, http.Header{"X-Unknown": {"1"}}, 200},
		{"POST, received", closes, "POST", "small", nil, 502},
		{"POST with a key, received", closes, "POST", "small", http.Header{"Idempotency-Key": {"1"}}, 200},
		{"PATCH, received", closes, "PATCH", "small", nil, 502},
		{"GET, refused", overloaded, "GET", "", nil, 200},
		{"POST, refused", overloaded, "POST", "small", nil, 200},
		{"GET, refused when it was answered in part", mumbles, "GET", "", nil, 200},
		{"POST, refused when it was answered in part", mumbles, "POST", "small", nil, 503},
		{"GET, refused for a reason that is not known", oddly, "GET", "", nil, 200},
		{"POST, refused for a reason that is not known", oddly, "POST", "small", nil, 502},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got atomic.Pointer[[]byte]
			second := startApp(t, func(p *peer) {
				for r := p.request(); r != nil; r = p.request() {
					got.Store(&r.body)
					p.reply(hello)
				}
			})
			srv := serve(t, fastcgi.Config{Upstreams: group(t, tt.first(t), second.target())})
			r, err := http.NewRequest(tt.method, srv.URL, strings.NewReader(tt.body))
			require.NoError(t, err)
			maps.Copy(r.Header, tt.header)
			if tt.header["X-Unknown"] != nil {
				r.ContentLength = -1
			}
			require.Equal(t, tt.want, send(t, r).status)
			if tt.want == 200 {
				require.Equal(t, tt.body, string(*got.Load()))
			} else {
				require.Nil(t, got.Load())
			}
		})
	}
}

// TestQueue checks that requests wait for an application that takes one at a time.
func TestQueue(t *testing.T) {
	var active, most atomic.Int64
	app := startApp(t, func(p *peer) {
		for p.request() != nil {
			most.Store(max(most.Load(), active.Add(1)))
			active.Add(-1)
			p.reply(hello)
		}
	})
	srv := serve(t, fastcgi.Config{Upstreams: groupOf(t, upstream.Config{Targets: []upstream.Target{app.target()}, MaxConns: 1, Queue: 100})})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			resp, err := http.Get(srv.URL)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, most.Load())
}

// TestBodyErrors checks that a client that breaks off is not the application's fault.
func TestBodyErrors(t *testing.T) {
	cfg := anyApp(t, always(hello))
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("some"), iotest.ErrReader(errors.New("malformed chunk"))))
	r.ContentLength = -1
	status, err := fastcgi.NewHandler(middleware.Status(404), cfg).ServeHTTP(httptest.NewRecorder(), r)
	require.Equal(t, 400, status)
	require.EqualError(t, err, "fastcgi: request body: malformed chunk")
	require.Zero(t, cfg.Upstreams.Status().Upstreams[0].Failures)
}

// TestResetStream checks that a client of HTTP/2 that has given up is not one that
// does not keep to HTTP.
func TestResetStream(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "POST", "/", iotest.ErrReader(errors.New("stream error: stream ID 1; CANCEL")))
	r.ContentLength = -1
	status, err := fastcgi.NewHandler(middleware.Status(404), anyApp(t, always(hello))).ServeHTTP(httptest.NewRecorder(), r)
	require.Equal(t, 499, status)
	require.EqualError(t, err, "fastcgi: request body: stream error: stream ID 1; CANCEL")
}
