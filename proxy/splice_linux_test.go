package proxy_test

import (
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/requestid"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

const (
	spliceEnv  = "PROXY_TEST_SPLICE"
	spliceSize = 8 << 20
)

// splicing are the ways for a body to take from a backend, which is at an address of
// that network.
var splicing = map[string]func(t *testing.T, network, address string) http.Handler{
	"a body": func(t *testing.T, network, address string) http.Handler {
		return spliceByTransport(t, proxy.TransportConfig{}, network, address)
	},
	"a body with a timeout": func(t *testing.T, network, address string) http.Handler {
		return spliceByTransport(t, proxy.TransportConfig{BodyTimeout: time.Minute}, network, address)
	},
	"a body through a Handler": func(t *testing.T, network, address string) http.Handler {
		return middleware.Wrap(http.NotFoundHandler(), spliceByHandler(t, network, address))
	},
	"a body through a Handler behind a log, error pages and headers": func(t *testing.T, network, address string) http.Handler {
		return middleware.Wrap(http.NotFoundHandler(),
			requestid.New(requestid.Config{}),
			accesslog.New(accesslog.Config{Output: io.Discard}),
			errorpages.New(errorpages.Config{}),
			middleware.Adopt(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Strict-Transport-Security", "max-age=63072000")
					next.ServeHTTP(w, r)
				})
			}),
			spliceByHandler(t, network, address))
	},
}

// spliceByTransport is a server that has no more of this package than a Transport,
// behind layers of its own.
func spliceByTransport(t *testing.T, cfg proxy.TransportConfig, network, address string) http.Handler {
	tr := newTransport(t, cfg)
	records := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(middleware.Record(struct{ *middleware.Recorder }{middleware.Record(w)}), r)
		})
	}
	h := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		out := newRequest(t, "GET", "http://backend/", nil)
		resp, err := tr.Do(out, proxy.Exchange{Header: w.Header(), Network: network, Address: address})
		if err != nil {
			return middleware.StatusOf(r, err), err
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		_, err = io.Copy(w, resp.Body)
		return 0, err
	})
	return middleware.AppHandler(middleware.Chain(records, records)(h).ServeHTTP)
}

// spliceByHandler is a Handler that also changes headers.
func spliceByHandler(t *testing.T, network, address string) middleware.Middleware {
	target := upstream.Target{Network: network, Addr: address}
	value := placeholder.Compile("{remote}", placeholder.Header)
	return proxy.New(proxy.Config{
		Upstreams: groupOf(t, upstream.Config{Targets: []upstream.Target{target}}),
		Transport: newTransport(t, proxy.TransportConfig{}),
		Up:        []proxy.HeaderOp{{Name: "X-Real-Ip", Value: value}},
		Down:      []proxy.HeaderOp{{Name: "X-Client", Value: value}, {Do: proxy.DeleteField, Name: "Server"}},
	})
}

// TestSplice watches the kernel being asked to move a body from one connection to
// the other, through several layers, in a process of its own.
func TestSplice(t *testing.T) {
	if way := os.Getenv(spliceEnv); way != "" {
		network, name, _ := strings.Cut(way, " ")
		proxyBody(t, network, splicing[name])
		return
	}
	for way := range splicing {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(way+" from "+network, func(t *testing.T) {
				moved := middlewaretest.Traced(t, "splice", spliceEnv+"="+network+" "+way)
				// Once into a pipe and once out of it, but for what came with the head.
				require.LessOrEqual(t, 2*(spliceSize-8<<10), moved)
			})
		}
	}
}

// proxyBody fetches a body by way of a proxy.
func proxyBody(t *testing.T, network string, handler func(t *testing.T, network, address string) http.Handler) {
	content := make([]byte, spliceSize)
	for i := range content {
		content[i] = byte(i % 251)
	}
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	require.NoError(t, err)
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content)
	}))
	backend.Listener.Close() // its own
	backend.Listener = l
	backend.Start()
	defer backend.Close()

	front := httptest.NewServer(handler(t, network, l.Addr().String()))
	defer front.Close()
	for range 2 {
		resp, err := front.Client().Get(front.URL)
		require.NoError(t, err)
		sum := sha256.New()
		_, err = io.Copy(sum, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, sha256.Sum256(content), [32]byte(sum.Sum(nil)))
	}
}
