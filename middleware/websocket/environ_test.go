package websocket_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/websocket"
)

// TestEnvironment compares what a program is told with what it is not to know.
func TestEnvironment(t *testing.T) {
	t.Setenv("SECRET_OF_THE_SERVER", "x")
	t.Setenv("HTTP_PROXY", "http://proxy.example")
	user := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			rec := middleware.Record(w)
			middleware.Note(rec, slog.String(middleware.NoteUser, "ann"))
			return next.ServeHTTP(rec, r)
		})
	}
	server := httptest.NewServer(middleware.Chain(user, websocket.New(websocket.Config{
		Path:    "/ws",
		Command: shell(t, "env; echo END"),
		Env:     []string{"MODE=test"},
		Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})).HTTP(http.NotFoundHandler()))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	conn := dial(t, server.URL+"/ws/a%20b?q=1&$(id)",
		"Proxy", "http://evil.example", "Authorization", "Basic eA==", "Proxy-Authorization", "Basic eA==", "X_Forwarded_For", "6.6.6.6",
		"X-Forwarded-For", "192.0.2.7", "X-Thing", "a", "X-Thing", "b", "Cookie", "a=1")
	var got []string
	for line := hear(t, conn); line != "END"; line = hear(t, conn) {
		got = append(got, line)
	}
	for _, want := range []string{
		"GATEWAY_INTERFACE=CGI/1.1", "PATH_INFO=/a b", "QUERY_STRING=q=1&$(id)", "REMOTE_ADDR=192.0.2.7", "REMOTE_HOST=192.0.2.7", "REMOTE_USER=ann",
		"REQUEST_METHOD=GET", "REQUEST_URI=/ws/a%20b?q=1&$(id)", "SCRIPT_NAME=/ws", "SERVER_NAME=127.0.0.1",
		"SERVER_PORT=" + strings.TrimPrefix(host, "127.0.0.1:"), "SERVER_PROTOCOL=HTTP/1.1", "SERVER_SOFTWARE=shallot",
		"HTTP_HOST=" + host, "HTTP_X_THING=a, b", "HTTP_COOKIE=a=1", "HTTP_X_FORWARDED_FOR=192.0.2.7", "MODE=test",
	} {
		require.Contains(t, got, want)
	}
	for _, name := range []string{"SECRET_OF_THE_SERVER", "HTTP_PROXY", "HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "REMOTE_PORT", "HOME"} {
		require.False(t, slices.ContainsFunc(got, func(v string) bool { return strings.HasPrefix(v, name+"=") }), name)
	}
}

// TestHTTP2GoesOn has the fields of a request for a WebSocket where they mean nothing.
func TestHTTP2GoesOn(t *testing.T) {
	h := websocket.NewHandler(middleware.Status(404), websocket.Config{Command: []string{"cat"}})
	r := httptest.NewRequest("GET", "/", nil)
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	status, err := h.ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, err)
	require.Equal(t, 404, status)
}
