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
		_ = conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			_ = conn.(*net.TCPConn).SetReadBuffer(16 << 10)
		}
		return conn, err
	}}}
	conn, _, err := ws.Dial(t.Context(), server.URL, &ws.DialOptions{HTTPClient: client})
	require.NoError(t, err)
	t.Cleanup(func() { conn.CloseNow() })
	conn.SetReadLimit(-1)
	return conn
}

// TestASlowClientGetsAllThatAProgramHasLeft has a client pause when the program has
// ended, and what it printed last is still in its pipe.
func TestASlowClientGetsAllThatAProgramHasLeft(t *testing.T) {
	const size = 300_000
	file := filepath.Join(t.TempDir(), "ended")
	conn := narrow(t, websocket.Config{
		Type: websocket.Binary, Log: quiet,
		Command: shell(t, "head -c 300000 /dev/zero; echo > "+file),
	})
	ended := func() bool { _, err := os.Stat(file); return err == nil }
	for got, paused := 0, false; ; {
		if !paused && ended() {
			since := time.Now()
			middlewaretest.Eventually(t, func() bool { return time.Since(since) > 900*time.Millisecond })
			paused = true
		}
		_, piece, err := conn.Read(t.Context())
		if err != nil {
			require.Equal(t, ws.StatusNormalClosure, ws.CloseStatus(err))
			require.Equal(t, size, got)
			break
		}
		got += len(piece)
	}
}

// TestWhatOutlivesAProgramDoesNotKeepItsWebSocket has it leave its group.
func TestWhatOutlivesAProgramDoesNotKeepItsWebSocket(t *testing.T) {
	middlewaretest.Program(t, "setsid") // to leave a group by
	for _, tt := range []struct{ name, left string }{
		{"if it says nothing", "exec sleep 20"},
		{"if it never stops talking", "exec yes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			left := filepath.Join(t.TempDir(), "left")
			c := shell(t, "setsid sh -c 'echo > "+left+"; "+tt.left+"' 2>/dev/null & until test -s "+left+"; do sleep 0.01; done")
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			conn := dial(t, serve(t, websocket.Config{Command: c, Type: websocket.Binary}).URL)
			for {
				if _, _, err := conn.Read(ctx); err != nil {
					require.Equal(t, ws.StatusNormalClosure, ws.CloseStatus(err))
					return
				}
			}
		})
	}
}
