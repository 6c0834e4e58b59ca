package proxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/proxy"
)

// startCanned starts a backend that answers whatever comes with one response of a
// body of this size, and does nothing but write it.
func startCanned(b *testing.B, size int) *raw {
	b.Helper()
	response := []byte(ok + "Content-Type: text/plain\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: x\r\nContent-Length: " +
		strconv.Itoa(size) + "\r\n\r\n" + strings.Repeat("x", size))
	return startRaw(b, func(p *peer) {
		buf := make([]byte, 4<<10)
		for {
			if _, err := p.Conn.Read(buf); err != nil {
				return
			}
			p.Write(response)
		}
	})
}

// BenchmarkGet compares with http.Transport. The backend is in the same process,
// and does nothing but write, so that most of what is measured is the client.
func BenchmarkGet(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		backend := startCanned(b, size)
		ours := newTransport(b, proxy.TransportConfig{})
		std := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
		defer std.CloseIdleConnections()
		for name, tr := range map[string]http.RoundTripper{"proxy.Transport": ours, "http.Transport": std} {
			b.Run(strconv.Itoa(size)+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				r := httptest.NewRequestWithContext(b.Context(), "GET", backend.url()+"/", nil)
				r.RequestURI, r.Body = "", nil
				for b.Loop() {
					resp, err := tr.RoundTrip(r)
					require.NoError(b, err)
					_, err = io.Copy(io.Discard, resp.Body)
					require.NoError(b, err)
					resp.Body.Close()
				}
			})
		}
	}
}
