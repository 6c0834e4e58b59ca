package websocket_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	ws "github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/websocket"
)

// TestAFullInputDoesNotHideThatTheClientIsGone has more sent than a pipe holds to a
// program that never reads.
func TestAFullInputDoesNotHideThatTheClientIsGone(t *testing.T) {
	middlewaretest.NoLeaks(t)
	ended := filepath.Join(t.TempDir(), "ended")
	server := serve(t, websocket.Config{Command: shell(t, "trap 'echo > "+ended+"; exit' TERM; echo up; sleep 1000 & wait"), Ping: -1})
	conn := dial(t, server.URL)
	require.Equal(t, "up", hear(t, conn))
	for range 3 {
		say(t, conn, strings.Repeat("x", 30_000))
	}
	conn.Close(ws.StatusNormalClosure, "")
	middlewaretest.Eventually(t, func() bool { _, err := os.Stat(ended); return err == nil })
	server.Close()
}

// TestMoreThanIsKept waits for a program that is late to read.
func TestMoreThanIsKept(t *testing.T) {
	server := serve(t, websocket.Config{Command: shell(t, "sleep 0.2; head -c 300000 | wc -c"), BufferSize: 1 << 10})
	conn := dial(t, server.URL)
	for range 300 {
		say(t, conn, strings.Repeat("x", 999))
	}
	require.Equal(t, "300000", strings.TrimSpace(hear(t, conn)))
}
