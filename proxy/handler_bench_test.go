package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/proxy"
)

// BenchmarkHandler compares with httputil.ReverseProxy, behind a server of
// net/http's. Client and backend do next to nothing.
func BenchmarkHandler(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		backend := startCanned(b, size)
		to, err := url.Parse(backend.url())
		require.NoError(b, err)
		tr := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
		defer tr.CloseIdleConnections()
		for _, tt := range []struct {
			name    string
			handler http.Handler
		}{
			{"proxy.Handler", middleware.AppHandler(proxy.NewHandler(nil, proxy.Config{
				Upstreams: group(b, backend.url()), Transport: newTransport(b, proxy.TransportConfig{}),
			}).ServeHTTP)},
			{"httputil.ReverseProxy", &httputil.ReverseProxy{Transport: tr, Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(to)
				r.SetXForwarded()
			}}},
		} {
			b.Run(strconv.Itoa(size)+"/"+tt.name, func(b *testing.B) {
				front := httptest.NewServer(tt.handler)
				defer front.Close()
				c, err := net.Dial("tcp", front.Listener.Addr().String())
				require.NoError(b, err)
				defer c.Close()
				br := bufio.NewReader(c)
				request := "GET /a?b=c HTTP/1.1\r\nHost: site.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
				b.ReportAllocs()
				for b.Loop() {
					_, err := io.WriteString(c, request)
					require.NoError(b, err)
					for line := []byte{'-'}; len(line) != len("\r\n"); {
						line, err = br.ReadSlice('\n')
						require.NoError(b, err)
					}
					_, err = br.Discard(size)
					require.NoError(b, err)
				}
			})
		}
	}
}
