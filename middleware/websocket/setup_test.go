package websocket_test

import (
	"net/http/httptest"
	"testing"

	ws "github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/websocket"
)

func TestSetup(t *testing.T) {
	shell(t, "")
	for _, tt := range []struct {
		name, src, path, want string
	}{
		{"a command alone is for all paths", "websocket cat", "/any", "hello"},
		{"as in Caddy 0.7.1", "websocket /echo cat", "/echo", "hello"},
		{"a word of several", `websocket /echo "sed -u 's/l/r/g'"`, "/echo", "herro"},
		{"several words", "websocket /echo sed -u s/l/r/g", "/echo", "herro"},
		{"a block without a path", "websocket cat {\n respawn\n}", "/", "hello"}, // an error in Caddy 0.7.1
		{"the longest path counts", "websocket / cat\nwebsocket /r sed -u s/l/r/", "/r/x", "herlo"},
		{"bytes", "websocket / \"head -c 5\" {\n type binary\n bufsize 1KB\n}", "/", "hello"},
		{"a variable", "websocket / sh -c \"echo $MODE\" {\n env MODE test\n ping off\n max_connections 1\n origins *.example.com\n}", "/", "test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite("localhost")
			site.AllowExec, site.Log = true, quiet
			m, err := caddyfiletest.SetupIn(t, site, websocket.Directive, tt.src)
			require.NoError(t, err)
			server := httptest.NewServer(middleware.Edge{Log: quiet}.Handler(m(middleware.Status(404))))
			defer server.Close()
			conn := dial(t, server.URL+tt.path)
			say(t, conn, "hello")
			require.Equal(t, tt.want, hear(t, conn))
			conn.Close(ws.StatusNormalClosure, "")
		})
	}
}

func TestSetupFails(t *testing.T) {
	for _, tt := range []struct{ name, src, err string }{
		{"no command", "websocket", "Caddyfile:1:1: websocket: a command is missing"},
		{"a path for a command", "websocket /echo", ""},
		{"a shell", `websocket / "cat | tee log"`, `Caddyfile:1:13: websocket: "cat | tee log": ; & | < and > are for a shell, and there is none: have a line for each command, or a script`},
		{"an unknown type", "websocket cat {\n type line\n}", `Caddyfile:2:7: websocket: type: unknown type "line" (did you mean "lines"?)`},
		{"a size too small", "websocket cat {\n bufsize 1\n}", `Caddyfile:2:10: websocket: bufsize: "1" is not a size from 16 bytes to 2 GB`},
		{"an origin that is none", "websocket cat {\n origins http://a.example\n}", `Caddyfile:2:10: websocket: origins: "http://a.example" is not a host such as example.com, *.example.com or localhost:8080`},
		{"no ping", "websocket cat {\n ping 0s\n}", `Caddyfile:2:7: websocket: ping: "0s" is not an interval; off is to send no pings`},
		{"a variable without a name", "websocket cat {\n env = x\n}", `Caddyfile:2:6: websocket: env: "=" is not the name of a variable`},
		{"an unknown property", "websocket cat {\n respwan\n}", `Caddyfile:2:2: websocket: unknown property "respwan" (did you mean "respawn"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, websocket.Directive, tt.src)
			if tt.err == "" {
				require.NoError(t, err) // it may be the path of a program
				return
			}
			require.EqualError(t, err, tt.err)
		})
	}
	_, err := caddyfiletest.SetupIn(t, directive.NewSite("localhost"), websocket.Directive, "websocket /echo cat")
	require.EqualError(t, err, "Caddyfile:1:17: websocket: commands may not be run (AllowExec of the program's configuration allows it)")
}
