package proxy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// refusing returns the address of a port where nobody listens.
func refusing(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// TestRetries checks which requests a second backend gets after a first has failed.
func TestRetries(t *testing.T) {
	refuses := func(t testing.TB) string { return refusing(t) }
	behaves := func(script func(*peer)) func(testing.TB) string {
		return func(t testing.TB) string { return startRaw(t, script).Addr().String() }
	}
	closes := behaves(func(p *peer) { p.request() })
	breaksOff := behaves(func(p *peer) { p.request(); p.send("HTTP/1.1 200 OK\r\nContent-") })
	large := strings.Repeat("x", 100<<10)
	for _, tt := range []struct {
		name   string
		first  func(testing.TB) string
		method string
		body   string
		header http.Header
		want   int
	}{
		{"GET, refused", refuses, "GET", "", nil, 200},
		{"POST, refused", refuses, "POST", "small", nil, 200},
		{"a large POST, refused", refuses, "POST", large, nil, 200},
		{"GET, received", closes, "GET", "", nil, 200},
		{"GET, answered in part", breaksOff, "GET", "", nil, 200},
		{"PUT, received", closes, "PUT", "small", nil, 200},
		{"a large PUT, received", closes, "PUT", large, nil, 502},
		{"POST, received", closes, "POST", "small", nil, 502},
		{"POST with a key, received", closes, "POST", "small", http.Header{"Idempotency-Key": {"1"}}, 200},
		{"PATCH, received", closes, "PATCH", "small", nil, 502},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got atomic.Pointer[string]
			second := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got.Store(new(string(body)))
			}))
			defer second.Close()
			front := serveProxy(t, proxy.Config{Upstreams: group(t, tt.first(t), second.URL)})
			r, err := http.NewRequest(tt.method, front, strings.NewReader(tt.body))
			require.NoError(t, err)
			maps.Copy(r.Header, tt.header)
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			resp.Body.Close()
			require.Equal(t, tt.want, resp.StatusCode)
			if tt.want == 200 {
				require.Equal(t, tt.body, *got.Load())
			} else {
				require.Nil(t, got.Load())
			}
		})
	}
}

// TestAllRefuse checks that it is told from there being nobody to ask.
func TestAllRefuse(t *testing.T) {
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, refusing(t), refusing(t))})
	status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 502, status)
	require.ErrorContains(t, err, ": dial: ")
}

// TestRetriesAreLimited checks that backends that fail what they get, all or half of
// them, do not get much more for it.
func TestRetriesAreLimited(t *testing.T) {
	for _, tt := range []struct {
		name   string
		failed int // of four
	}{{"all fail", 4}, {"half of them fail", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			var received atomic.Int64
			var texts []string
			for i := range 4 {
				texts = append(texts, startRaw(t, func(p *peer) {
					for p.request() != nil {
						received.Add(1)
						if i < tt.failed {
							return
						}
						p.send(hello)
					}
				}).url())
			}
			targets, err := upstream.Parse(texts...)
			require.NoError(t, err)
			g := groupOf(t, upstream.Config{Targets: targets, Passive: upstream.Passive{MaxFails: -1}})
			h := proxy.NewHandler(nil, proxy.Config{Upstreams: g, Transport: newTransport(t, proxy.TransportConfig{})})
			const requests = 1000
			answered := 0
			for range requests {
				switch status, _ := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)); status {
				case 0:
					answered++
				default:
					require.Equal(t, 502, status)
				}
			}
			t.Logf("%d requests: %d answered, %d received", requests, answered, received.Load())
			require.LessOrEqual(t, received.Load(), int64(requests*1.2+3))
			require.Greater(t, received.Load(), int64(requests*1.1))
			require.Equal(t, tt.failed < 4, answered > requests/2)
		})
	}
}

// TestTryDuration checks that a backend may still come up.
func TestTryDuration(t *testing.T) {
	addr := refusing(t)
	targets, err := upstream.Parse(addr)
	require.NoError(t, err)
	asked := 0
	policy := upstream.PolicyFunc(func(c upstream.Candidates, r *http.Request) *upstream.Upstream {
		if asked++; asked == 2 {
			l, err := net.Listen("tcp", addr)
			require.NoError(t, err)
			startRawOn(t, l, func(p *peer) { p.request(); p.send(hello) })
		}
		return upstream.First().Select(c, r)
	})
	h := proxy.NewHandler(nil, proxy.Config{
		Upstreams: groupOf(t, upstream.Config{Targets: targets, Policy: policy}), TryDuration: time.Minute, TryInterval: time.Millisecond,
	})
	w := httptest.NewRecorder()
	status, err := h.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("small")))
	require.NoError(t, err)
	require.Zero(t, status)
	require.Equal(t, "hello", w.Body.String())
}

// TestTryDurationEnds checks that nobody waits for longer than that, or than the
// client.
func TestTryDurationEnds(t *testing.T) {
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, refusing(t)), TryDuration: 20 * time.Millisecond, TryInterval: time.Millisecond})
	status, _ := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 502, status)

	asked := 0
	targets, err := upstream.Parse(refusing(t))
	require.NoError(t, err)
	policy := upstream.PolicyFunc(func(c upstream.Candidates, r *http.Request) *upstream.Upstream {
		asked++
		return upstream.First().Select(c, r)
	})
	h = proxy.NewHandler(nil, proxy.Config{
		Upstreams: groupOf(t, upstream.Config{Targets: targets, Policy: policy}), TryDuration: 20 * time.Millisecond, TryInterval: -1,
	})
	status, _ = h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 502, status)
	require.LessOrEqual(t, asked, 2, "it does not try without a pause")

	h = proxy.NewHandler(nil, proxy.Config{TryDuration: time.Hour, TryInterval: 10 * time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	status, err = h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	require.Equal(t, 503, status)
	require.ErrorIs(t, err, upstream.ErrNone)
}

// A mortal is a backend that dies with all its connections, and comes back.
type mortal struct {
	addr    string
	handler http.Handler
	srv     *http.Server
}

func (m *mortal) live(t testing.TB) {
	l, err := net.Listen("tcp", m.addr)
	if err != nil {
		t.Error(err)
		return
	}
	m.addr = l.Addr().String()
	m.srv = &http.Server{Handler: m.handler}
	go m.srv.Serve(l)
}

func (m *mortal) die() { m.srv.Close() }

// TestMortalBackends kills one of three backends after the other while requests go
// on. No GET may notice, but by a body that breaks off, and no POST be executed
// twice.
func TestMortalBackends(t *testing.T) {
	requests := 2000
	if testing.Short() {
		requests = 400
	}
	content := bytes.Repeat([]byte("0123456789"), 2000)
	var executed sync.Map // by the number of a POST
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.Method == "POST" {
			n, _ := executed.LoadOrStore(r.Header.Get("X-Number"), new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
			w.Write(body)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content)
	})
	var backends [3]mortal
	var texts []string
	for i := range backends {
		backends[i].addr, backends[i].handler = "127.0.0.1:0", handler
		backends[i].live(t)
		texts = append(texts, backends[i].addr)
	}
	targets, err := upstream.Parse(texts...)
	require.NoError(t, err)
	g := groupOf(t, upstream.Config{Targets: targets, Passive: upstream.Passive{Eject: 50 * time.Millisecond, MaxEject: 50 * time.Millisecond}})
	front := serveProxy(t, proxy.Config{Upstreams: g})

	var sent atomic.Int64
	// By the number of requests rather than by time, for machines that are slow.
	kill := make(chan int, requests)
	var reaper sync.WaitGroup
	reaper.Go(func() {
		for i := range kill {
			b := &backends[i%len(backends)]
			b.die()
			b.live(t)
		}
	})
	var cut, failed atomic.Int64
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for {
				n := sent.Add(1)
				if n > int64(requests) {
					return
				}
				if n%50 == 0 {
					kill <- int(n / 50)
				}
				method, want := "GET", content
				if n%2 == 0 {
					method, want = "POST", content[:rand.IntN(len(content))]
				}
				r, _ := http.NewRequest(method, front, bytes.NewReader(want))
				if method == "GET" {
					r.Body, r.ContentLength = http.NoBody, 0
				}
				r.Header.Set("X-Number", fmt.Sprint(n))
				resp, err := client.Do(r)
				if err != nil {
					cut.Add(1)
					continue
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				switch {
				case resp.StatusCode != 200 && method == "GET":
					t.Errorf("GET was answered with %d", resp.StatusCode)
				case resp.StatusCode != 200:
					failed.Add(1)
				case err != nil:
					cut.Add(1)
				case !bytes.Equal(body, want):
					t.Errorf("%s: %d bytes look whole, of %d", method, len(body), len(want))
				}
			}
		})
	}
	clients.Wait()
	close(kill)
	reaper.Wait()
	for i := range backends {
		backends[i].die()
	}
	executed.Range(func(number, n any) bool {
		if n.(*atomic.Int64).Load() > 1 {
			t.Errorf("POST %v was executed %d times", number, n.(*atomic.Int64).Load())
		}
		return true
	})
	t.Logf("of %d requests, %d POSTs failed and %d responses were cut off", requests, failed.Load(), cut.Load())
}
