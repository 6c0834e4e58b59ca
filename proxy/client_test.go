package proxy_test

import (
	"bufio"
	stdgzip "compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// TestSlowUploadsAreNotTheBackends checks that a client which takes long to send a
// body does not make the backend look slow, and have it ejected.
func TestSlowUploadsAreNotTheBackends(t *testing.T) {
	b := startRaw(t, always(hello))
	targets, err := upstream.Parse(b.url(), b.url()+"/other") // of one alone, none is ejected
	require.NoError(t, err)
	g := groupOf(t, upstream.Config{Targets: targets, Policy: upstream.First(), Passive: upstream.Passive{MaxFails: 1, Latency: 20 * time.Millisecond}})
	front := serveProxy(t, proxy.Config{Upstreams: g})
	c, br := dialProxy(t, front, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
	<-time.After(40 * time.Millisecond)
	_, err = io.WriteString(c, "0\r\n\r\n")
	require.NoError(t, err)
	status, _, err := readFinal(br, "POST")
	require.NoError(t, err)
	require.Equal(t, 200, status)
	middlewaretest.Eventually(t, func() bool { return g.Status().Upstreams[0].Requests == 1 })
	require.Zero(t, g.Status().Upstreams[0].Failures)
	require.Zero(t, g.Status().Upstreams[0].Latency)
	require.Equal(t, "up", g.Status().Upstreams[0].State)
}

// TestUploadBehindAWriterThatHidesAnother has a layer of somebody else's in front, by
// whose writer net/http cannot be told to leave the rest of a body alone once there is
// some of a response. What it has taken is missing, and the backend must see that.
func TestUploadBehindAWriterThatHidesAnother(t *testing.T) {
	for _, hides := range []bool{false, true} {
		whole := make(chan bool, 1)
		b := startRaw(t, func(p *peer) {
			r := p.head()
			p.send(ok + "Content-Length: 70001\r\n\r\n" + million[:70_000])
			n, err := io.Copy(io.Discard, r.Body)
			whole <- err == nil && n == 6
			if err == nil && n != 6 {
				t.Errorf("%d bytes look whole", n)
			}
			p.send("x")
		})
		hide := func(next middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				if hides {
					w = struct{ http.ResponseWriter }{w}
				}
				return next.ServeHTTP(w, r)
			})
		}
		front := serveBy(t, proxy.Config{Upstreams: group(t, b.url())}, nil, hide)
		c, _ := dialProxy(t, front.URL, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
		for _, piece := range []string{"1\r\nb\r\n", "1\r\nc\r\n", "1\r\nd\r\n", "1\r\ne\r\n", "1\r\nf\r\n0\r\n\r\n"} {
			<-time.After(10 * time.Millisecond)
			_, err := io.WriteString(c, piece)
			require.NoError(t, err)
		}
		require.Equal(t, !hides, <-whole)
	}
}

// TestClientGoneBetweenRounds checks that it is not a backend's failure that ends a
// request whose client did not wait for another round.
func TestClientGoneBetweenRounds(t *testing.T) {
	middlewaretest.NoLeaks(t)
	cause := errors.New("enough")
	h := proxy.NewHandler(nil, proxy.Config{
		Upstreams: group(t, refusing(t)), TryDuration: time.Hour, TryInterval: 20 * time.Millisecond, Transport: newTransport(t, proxy.TransportConfig{}),
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(30*time.Millisecond, func() { cancel(cause) })
	status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	require.Equal(t, middleware.StatusClientClosed, status)
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, context.Canceled)
}

// TestClientGoneInTheQueue checks the same of one that waited for a backend to be free.
func TestClientGoneInTheQueue(t *testing.T) {
	targets, err := upstream.Parse(refusing(t))
	require.NoError(t, err)
	g := groupOf(t, upstream.Config{Targets: targets, MaxConns: 1, Queue: 1})
	pick, err := g.Pick(t.Context(), nil, nil)
	require.NoError(t, err)
	defer pick.Done(upstream.Result{Err: context.Canceled})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: g})
	status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	require.Equal(t, middleware.StatusClientClosed, status)
	require.EqualError(t, err, "context canceled\nenough")
}

// outer are layers that stand in front of a proxy.
func outer(log io.Writer) []middleware.Middleware {
	return []middleware.Middleware{
		accesslog.New(accesslog.Config{Output: log, Format: accesslog.Compile("{status}")}),
		gzip.New(gzip.Config{}),
		errorpages.New(errorpages.Config{}),
	}
}

// TestCutBehindLayers checks that what breaks off does not look whole behind layers
// that change bodies and answer failures.
func TestCutBehindLayers(t *testing.T) {
	text := strings.Repeat("hello, hello. ", 10_000)
	for _, head := range []string{fmt.Sprintf("Content-Length: %d\r\n\r\n", len(text)+1), "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n", len(text)+1), ""} {
		for _, version := range []string{"HTTP/1.1", "HTTP/1.0"} {
			middlewaretest.NoLeaks(t)
			b := startRaw(t, func(p *peer) {
				p.request()
				if head == "" {
					return // which is a 502
				}
				p.send(ok + "Content-Type: text/plain\r\n" + head + text)
			})
			front := serveBy(t, proxy.Config{Upstreams: group(t, b.url())}, nil, outer(io.Discard)...)
			c, br := dialProxy(t, front.URL, "GET / "+version+"\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
			resp, err := http.ReadResponse(br, nil)
			if err == nil && resp.StatusCode != 502 { // which it is if gzip has not yet written any of it
				require.NotEmpty(t, head)
				_, err = io.Copy(io.Discard, resp.Body)
				require.Error(t, err, "%s %q %v", version, head, resp)
			}
			c.Close()
		}
	}
}

// TestEverythingAtOnce has requests of all kinds go through all layers while a group
// is closed and another takes its place, as when a configuration is reloaded.
func TestEverythingAtOnce(t *testing.T) {
	middlewaretest.NoLeaks(t)
	big := strings.Repeat("x", 300<<10)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if r.URL.Path == "/hint" {
			w.WriteHeader(103)
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(sent)
		_, _ = io.WriteString(w, big)
	}))
	t.Cleanup(backend.Close)
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	var site atomic.Pointer[http.Handler]
	var old []func()
	load := func() {
		targets, err := upstream.Parse(backend.URL)
		require.NoError(t, err)
		g, err := upstream.Open(t.Context(), upstream.Config{Targets: targets, MaxConns: 8, Queue: 1000, Observe: func(upstream.Event) {}})
		require.NoError(t, err)
		tr := proxy.NewTransport(proxy.TransportConfig{})
		h := edge.Handler(middleware.Chain(append(outer(io.Discard), proxy.New(proxy.Config{Upstreams: g, Transport: tr}))...)(nil))
		site.Store(&h)
		old = append(old, func() { require.NoError(t, tr.Close()); require.NoError(t, g.Close()) })
	}
	load()
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*site.Load()).ServeHTTP(w, r) }))
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	front.Start()
	t.Cleanup(front.Close)
	client := &http.Transport{DisableCompression: true}
	t.Cleanup(client.CloseIdleConnections)
	var wg sync.WaitGroup
	var whole, refused, left atomic.Int32
	for i := range 12 {
		wg.Go(func() {
			for j := range 15 {
				ctx, cancel := context.WithCancel(t.Context())
				leaves := (i+j)%5 == 0
				if leaves {
					time.AfterFunc(time.Duration(j%4)*time.Millisecond, cancel)
				}
				var upload io.Reader
				sent := ""
				switch (i + j) % 3 {
				case 1:
					sent = "small"
				case 2:
					sent = big
				}
				if sent != "" {
					upload = strings.NewReader(sent)
				}
				r, _ := http.NewRequestWithContext(ctx, map[bool]string{true: "GET", false: "POST"}[sent == ""], front.URL+map[bool]string{true: "/hint", false: "/"}[j%2 == 0], upload)
				if j%3 == 0 && r.Body != nil {
					r.ContentLength = -1
				}
				if j%2 == 0 {
					r.Header.Set("Accept-Encoding", "gzip")
				}
				resp, err := client.RoundTrip(r)
				if err == nil {
					var body io.Reader = resp.Body
					if resp.Header.Get("Content-Encoding") == "gzip" {
						body, err = stdgzip.NewReader(bufio.NewReader(resp.Body))
					}
					var text []byte
					if err == nil {
						text, err = io.ReadAll(body)
					}
					resp.Body.Close()
					switch {
					case err == nil && resp.StatusCode == 200 && string(text) == sent+big:
						whole.Add(1)
					case err == nil && resp.StatusCode == 503: // of a group that is closed
						refused.Add(1)
					case err == nil:
						t.Errorf("%s of %d bytes: %d, %d bytes", r.Method, len(sent), resp.StatusCode, len(text))
					}
				}
				if err != nil {
					left.Add(1)
					if !leaves {
						t.Errorf("%s of %d bytes: %v", r.Method, len(sent), err)
					}
				}
				cancel()
			}
		})
	}
	for range 20 {
		load()
		old[len(old)-2]()
		<-time.After(5 * time.Millisecond)
	}
	wg.Wait()
	old[len(old)-1]()
	t.Log(whole.Load(), refused.Load(), left.Load())
	require.Greater(t, whole.Load(), int32(50))
}
