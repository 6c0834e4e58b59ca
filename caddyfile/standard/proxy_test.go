package standard_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProxyDrains checks that a server that is told to stop tells WebSockets, which
// it would otherwise wait for in vain.
func TestProxyDrains(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		io.Copy(io.Discard, c)
	}))
	defer backend.Close()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("Caddyfile", []byte("127.0.0.1:0\nproxy / "+backend.URL+" {\n\twebsocket\n}\nlog stdout"), 0o600))
	addr, stop := serve(t, "Caddyfile")
	c, err := net.Dial("tcp", addr.String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	require.NoError(t, err)
	br := bufio.NewReader(c)
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	stop()
	text, err := io.ReadAll(br)
	require.NoError(t, err)
	require.Equal(t, []byte{0x88, 2, 3, 0xe9}, text)
}
