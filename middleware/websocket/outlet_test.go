package websocket_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	ws "github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/websocket"
)

// narrow returns a server and a client between whom little is on its way.
func narrow(t *testing.T, c websocket.Config) *ws.Conn {
	server := httptest.NewUnstartedServer(middleware.Edge{Log: quiet}.Handler(websocket.New(c)(middleware.Status(404))))
	server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		_ = conn.(*net.TCPConn).SetWriteBuffer(4 << 10)
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return conn, err
	}}}
	conn, _, err := ws.Dial(t.Context(), server.URL, &ws.DialOptions{HTTPClient: client})
	require.NoError(t, err)
	t.Cleanup(func() { conn.CloseNow() })
	conn.SetReadLimit(-1)
	return conn
}

// TestASlowClientGetsAllThatAProgramHasLeft begins to read when the program has long
// ended, and what it printed last is still in its pipe.
func TestASlowClientGetsAllThatAProgramHasLeft(t *testing.T) {
	const size = 80_000 // more than a pipe and what is in hand, so that it would be cut
	ended := filepath.Join(t.TempDir(), "ended")
	conn := narrow(t, websocket.Config{
		Type: websocket.Binary, Log: quiet,
		Command: shell(t, "head -c 80000 /dev/zero; echo > "+ended),
	})
	var since time.Time
	middlewaretest.Eventually(t, func() bool {
		info, err := os.Stat(ended)
		if err == nil {
			since = info.ModTime()
		}
		return err == nil && time.Since(since) > 900*time.Millisecond
	})
	got := 0
	for {
		_, piece, err := conn.Read(t.Context())
		if err != nil {
			require.Equal(t, ws.StatusNormalClosure, ws.CloseStatus(err))
			break
		}
		got += len(piece)
	}
	require.Equal(t, size, got)
}

// TestWhatOutlivesAProgramDoesNotKeepItsWebSocket has it leave its group.
func TestWhatOutlivesAProgramDoesNotKeepItsWebSocket(t *testing.T) {
	for _, tt := range []struct{ name, left string }{
		{"if it says nothing", "exec sleep 20"},
		{"if it never stops talking", "exec yes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := shell(t, "command -v setsid >/dev/null && setsid sh -c '"+tt.left+"' 2>/dev/null & echo up")
			server := serve(t, websocket.Config{Command: c})
			conn := dial(t, server.URL)
			require.Equal(t, ws.StatusNormalClosure, closed(t, conn))
		})
	}
}
