package proxy_test

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/proxy"
)

// TestStreamsBehindLogAndGzip checks that what a backend has sent, and not yet ended,
// gets to the client through the layers that usually stand in between.
func TestStreamsBehindLogAndGzip(t *testing.T) {
	for _, tt := range []struct{ name, contentType, encoding string }{
		{"events", "text/event-stream", "identity"},
		{"text of unknown length", "text/plain", "identity"},
		{"text of unknown length, compressed", "text/plain", "gzip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			goOn := make(chan struct{})
			b := startRaw(t, func(p *peer) {
				p.request()
				p.send("HTTP/1.1 200 OK\r\nContent-Type: " + tt.contentType + "\r\nTransfer-Encoding: chunked\r\n\r\n")
				for i := range 3 {
					line := fmt.Sprintf("data: %d %s\n", i, strings.Repeat("x", 2000))
					p.send(fmt.Sprintf("%x\r\n%s\r\n", len(line), line))
					<-goOn
				}
				p.send("0\r\n\r\n")
			})
			var log bytes.Buffer
			front := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(),
				accesslog.New(accesslog.Config{Output: &log, Format: accesslog.Compile("{status} {upstream_status}")}),
				gzip.New(gzip.Config{}),
				proxy.New(proxy.Config{Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{})}),
			))
			r := newRequest(t, "GET", front.URL, nil)
			r.Header.Set("Accept-Encoding", tt.encoding)
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			var body io.Reader = resp.Body
			if tt.encoding == "gzip" {
				require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
				body, err = stdgzip.NewReader(body)
				require.NoError(t, err)
			}
			br := bufio.NewReader(body)
			for i := range 3 {
				line, err := br.ReadString('\n')
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf("data: %d ", i), line[:8])
				goOn <- struct{}{}
			}
			_, err = br.ReadByte()
			require.ErrorIs(t, err, io.EOF)
			front.Close()
			require.Equal(t, "200 200\n", log.String())
		})
	}
}
