package examples_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServerWithTLS has the server say where it serves https, and do so.
func TestServerWithTLS(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"Caddyfile": "localhost:0 {\n\ttls self_signed\n\tbind 127.0.0.1\n}\n",
		"page.txt":  "some text",
	})
	p := start(t, dir, "server")
	base := p.expect(t, regexp.MustCompile(`^  (https://127\.0\.0\.1:\d+)\t\["localhost:0"\]$`))[1]
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest("GET", base+"/page.txt", nil)
	require.NoError(t, err)
	r.Host = "localhost"
	w, err := transport.RoundTrip(r)
	require.NoError(t, err)
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	require.Equal(t, "some text", string(body))
	require.Equal(t, "HTTP/2.0", w.Proto)
	p.stop(t)
}
