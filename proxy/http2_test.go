package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

func startH2C(t testing.TB, h http.HandlerFunc) (url string) {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	return "h2c" + strings.TrimPrefix(srv.URL, "http")
}

// TestHTTP2 is about what HTTP/2 has in common with HTTP/1.1.
func TestHTTP2(t *testing.T) {
	middlewaretest.NoLeaks(t)
	url := startH2C(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a>")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "Grpc-Status")
		echo(w, r)
		w.Header().Set("Grpc-Status", "0")
	})
	tr := newTransport(t, proxy.TransportConfig{})
	var told []string
	header := http.Header{"X-Own": {"1"}}
	r := newRequest(t, "POST", url+"/a%2Fb?x;y", strings.NewReader("hello"))
	resp, err := tr.Do(r, proxy.Exchange{
		Header: header,
		Informational: func(status int, h http.Header) error {
			told = append(told, fmt.Sprint(status, h.Get("Link")))
			return nil
		},
	})
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "hello", string(text))
	require.Equal(t, []string{"103</a>"}, told)
	require.Equal(t, "1", header.Get("X-Own"))
	require.Equal(t, "/a%2Fb?x;y", header.Get("Target"))
	require.Empty(t, header.Get("Agent"))
	require.Equal(t, http.Header{"Grpc-Status": {"0"}}, resp.Trailer)
	require.Equal(t, r, resp.Request)

	_, _, err = fetch(t, tr, newRequest(t, "CONNECT", url, nil))
	require.Equal(t, http.StatusBadRequest, asError(t, err).StatusCode())
}

func TestHTTP2Failures(t *testing.T) {
	t.Run("nobody there", func(t *testing.T) {
		_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), newRequest(t, "GET", "h2c://127.0.0.1:1", nil))
		e := asError(t, err)
		require.Equal(t, proxy.OpDial, e.Op)
		require.False(t, e.Sent)
		require.Equal(t, http.StatusBadGateway, e.StatusCode())
	})
	t.Run("another protocol", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{HeaderTimeout: time.Second}), newRequest(t, "GET", "h2c"+strings.TrimPrefix(backend.url(), "http"), nil))
		require.Error(t, err)
	})
	t.Run("canceled", func(t *testing.T) {
		reached := make(chan bool)
		url := startH2C(t, func(w http.ResponseWriter, r *http.Request) {
			reached <- true
			<-r.Context().Done()
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-reached
			cancel()
		}()
		_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), newRequest(t, "GET", url, nil).WithContext(ctx))
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, asError(t, err).Sent)
	})
	t.Run("a body is not read once the response is closed", func(t *testing.T) {
		waits := make(chan bool)
		url := startH2C(t, func(w http.ResponseWriter, r *http.Request) { <-waits })
		var reading atomic.Int32
		pr, pw := io.Pipe()
		go func() {
			_, _ = io.WriteString(pw, "some of it")
			middlewaretest.Eventually(t, func() bool { return reading.Load() == 1 }) // for more, which does not come
			waits <- true
		}()
		r := newRequest(t, "POST", url, counting{io.NopCloser(pr), &reading})
		resp, err := newTransport(t, proxy.TransportConfig{}).Do(r, proxy.Exchange{Interrupt: func() { _ = pw.Close() }})
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Zero(t, reading.Load())
	})
}

// TestTrailersBehindALength checks that trailers reach clients of HTTP/1.1, too, if the
// backend has also told the length, as HTTP/2 allows.
func TestTrailersBehindALength(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Grpc-Status")
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "hello")
		w.Header().Set("Grpc-Status", "0")
	}))
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	defer srv.Close()
	front := serveProxy(t, proxy.Config{Upstreams: group(t, "h2c"+strings.TrimPrefix(srv.URL, "http"))})
	resp, err := http.Get(front)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "hello", string(text))
	require.Equal(t, http.Header{"Grpc-Status": {"0"}}, resp.Trailer)
	head, err := http.Head(front)
	require.NoError(t, err)
	head.Body.Close()
	require.EqualValues(t, 5, head.ContentLength)
}
