package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// group opens upstreams by what a user would write.
func group(t testing.TB, texts ...string) *upstream.Group {
	t.Helper()
	targets, err := upstream.Parse(texts...)
	require.NoError(t, err)
	return groupOf(t, upstream.Config{Targets: targets, Policy: upstream.First()})
}

func groupOf(t testing.TB, c upstream.Config) *upstream.Group {
	t.Helper()
	c.Observe = func(upstream.Event) {}
	g, err := upstream.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { g.Close() })
	return g
}

// serveProxy serves a Handler on a port of its own. What it does not answer is 404.
func serveProxy(t testing.TB, c proxy.Config) string {
	t.Helper()
	if c.Transport == nil {
		c.Transport = newTransport(t, proxy.TransportConfig{})
	}
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	srv := httptest.NewServer(edge.Handler(proxy.NewHandler(middleware.Status(404), c)))
	t.Cleanup(srv.Close)
	return srv.URL
}

// sees starts a proxy with a backend that tells what it was asked, as bytes.
func sees(t testing.TB, c proxy.Config) func(request string) (seen *http.Request, response string) {
	t.Helper()
	var seen *http.Request
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(backend.Close)
	if c.Upstreams == nil {
		c.Upstreams = group(t, backend.URL)
	}
	front := serveProxy(t, c)
	return func(request string) (*http.Request, string) {
		seen = nil
		response := exchangeRaw(t, front, request)
		return seen, response
	}
}

// exchangeRaw sends a request as it stands and returns what comes back until the
// connection is closed.
func exchangeRaw(t testing.TB, url, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	text, err := io.ReadAll(c)
	require.NoError(t, err)
	return string(text)
}

// plainly returns a request that ends its connection.
func plainly(target string, fields ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n" + strings.Join(append(fields, "", ""), "\r\n")
}

func TestScope(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cfg    proxy.Config
		target string
		want   string // that the backend sees; "" is a 404 of the next handler
	}{
		{"everything by default", proxy.Config{}, "/a?b", "/a?b"},
		{"the prefix is passed on", proxy.Config{From: "/foo"}, "/foo/x", "/foo/x"},
		{"a prefix is no segment, as in Caddy 0.7.1", proxy.Config{From: "/foo"}, "/foobar", "/foobar"},
		{"what lies elsewhere is left to others", proxy.Config{From: "/foo"}, "/bar", ""},
		{"what leads elsewhere is left to others", proxy.Config{From: "/foo"}, "/foo/../bar", ""},
		{"what is excepted is left to others", proxy.Config{From: "/foo", Except: []middleware.Path{"/foo/static"}}, "/foo/static/x", ""},
		{"without the prefix", proxy.Config{From: "/foo", Without: "/foo"}, "/foo/x", "/x"},
		{"without all of the path", proxy.Config{From: "/foo", Without: "/foo/"}, "/foo", "/"},
		{"without whole segments only", proxy.Config{From: "/foo", Without: "/foo"}, "/foobar", "/foobar"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, response := sees(t, tt.cfg)(plainly(tt.target))
			if tt.want == "" {
				require.Nil(t, seen)
				require.Contains(t, response, "HTTP/1.1 404 ")
				return
			}
			require.NotNil(t, seen, response)
			require.Equal(t, tt.want, seen.RequestURI)
		})
	}
}

func TestTransparentElsewhere(t *testing.T) {
	middlewaretest.Transparent(t, proxy.New(proxy.Config{From: "/not/asked/for"}))
}

// TestZeroConfig checks that a proxy without backends says so.
func TestZeroConfig(t *testing.T) {
	w := httptest.NewRecorder()
	status, err := proxy.NewHandler(middleware.Status(404), proxy.Config{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 503, status)
	require.ErrorIs(t, err, upstream.ErrNone)
}

// TestFailures checks what is returned for what went wrong.
func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		name    string
		backend func(*peer)
		request func() *http.Request
		want    int
	}{
		{"a backend that closes", func(p *peer) { p.request() }, nil, 502},
		{"garbage", func(p *peer) { p.request(); p.send("SSH-2.0-OpenSSH_9.2\r\n") }, nil, 502},
		{"two lengths", func(p *peer) {
			p.request()
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")
		}, nil, 502},
		{"101 to what did not ask", func(p *peer) {
			p.request()
			p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		}, nil, 502},
		{"a host that is none", func(p *peer) { p.request(); p.send(hello) }, func() *http.Request {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = "a b"
			return r
		}, 400},
		{"a body over the limit", func(p *peer) { p.request(); p.send(hello) }, func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader("too long"))
			r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 3)
			return r
		}, 413},
		{"a body that is cut off", func(p *peer) { p.request(); p.send(hello) }, func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader("short"))
			r.ContentLength = 10
			return r
		}, 499},
		{"a client that has left", func(p *peer) { p.ended() }, func() *http.Request {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return httptest.NewRequestWithContext(ctx, "GET", "/", nil)
		}, 499},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := startRaw(t, tt.backend)
			h := proxy.NewHandler(middleware.Status(404), proxy.Config{
				Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{}), PreserveHost: true,
			})
			r := httptest.NewRequest("GET", "/", nil)
			if tt.request != nil {
				r = tt.request()
			}
			w := httptest.NewRecorder()
			status, err := h.ServeHTTP(w, r)
			require.Equal(t, tt.want, status, err)
			require.Error(t, err)
			require.Empty(t, w.Header(), "nothing of what failed is left behind")
		})
	}
}

func TestBackendThatIsTooSlow(t *testing.T) {
	b := startRaw(t, func(p *peer) { p.ended() })
	h := proxy.NewHandler(middleware.Status(404), proxy.Config{
		Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{HeaderTimeout: 1}),
	})
	status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 504, status)
	require.EqualError(t, err, "proxy: "+b.Addr().String()+": header: the backend does not answer")
}

// TestProxyEarlyAnswer checks that a backend may answer before it has the request.
func TestProxyEarlyAnswer(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
	})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url())})
	c, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nsome")
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 413, resp.StatusCode)
	require.Equal(t, "no", string(body))
}

// TestClientGoneMeanwhile checks that a backend is not kept waiting by a client
// that has left, and not blamed.
func TestClientGoneMeanwhile(t *testing.T) {
	asked, left := make(chan struct{}), make(chan struct{})
	b := startRaw(t, func(p *peer) {
		p.request()
		close(asked)
		p.ended()
		close(left)
	})
	g := group(t, b.url())
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, "GET", serveProxy(t, proxy.Config{Upstreams: g}), nil)
	require.NoError(t, err)
	_, err = http.DefaultClient.Do(r)
	require.True(t, errors.Is(err, context.Canceled), err)
	<-left
	require.Zero(t, g.Status().Upstreams[0].Failures)
}
