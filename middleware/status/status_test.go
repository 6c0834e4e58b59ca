package status_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/status"
)

var rules = []status.Rule{
	{Path: "/a", Status: 410}, {Path: "/a/b", Status: 204}, {Path: "/a/b/c*", Status: 500}, {Path: "/none"},
}

func TestHandler(t *testing.T) {
	h := status.NewHandler(middleware.Status(210), status.Config{Rules: rules})
	for _, tt := range []struct {
		name, path string
		want       int
	}{
		{"no path", "/", 210},
		{"a path", "/a", 410},
		{"below a path", "/a/x", 410},
		{"a path that begins the same", "/ab", 410},
		{"in other letters", "/A", 410},
		{"a longer path", "/a/b/x", 204},
		{"the longest", "/a/b/cd", 500},
		{"without a status", "/none", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, method := range []string{"GET", "POST", "OPTIONS"} {
				w := middleware.Record(httptest.NewRecorder())
				got, err := h.ServeHTTP(w, httptest.NewRequest(method, tt.path, nil))
				require.NoError(t, err)
				require.Equal(t, tt.want, got)
				require.False(t, w.Begun())
			}
		})
	}
}

// TestWire checks what is sent: a page for a failure, a header alone for the rest.
func TestWire(t *testing.T) {
	srv := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(), status.New(status.Config{Rules: rules})))
	defer srv.Close()
	for path, want := range map[string][2]string{
		"/a":   {"HTTP/1.1 410 Gone\r\n", "\r\n\r\n410 Gone\n"},
		"/a/b": {"HTTP/1.1 204 No Content\r\n", "\r\n\r\n"},
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		require.NoError(t, err)
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(answer), want[0]), "%s", answer)
		require.True(t, strings.HasSuffix(string(answer), want[1]), "%s", answer)
	}
}

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, status.New(status.Config{Rules: rules}))
	middlewaretest.Transparent(t, status.New(status.Config{}))
}

func TestConfigIsCopied(t *testing.T) {
	own := []status.Rule{{Path: "/a", Status: 410}}
	mw := status.New(status.Config{Rules: own})
	clear(own)
	got, _ := mw(middleware.Status(210)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/b", nil))
	require.Equal(t, 210, got)
}
