package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// TestInterruptedIsLast has a backend answer, or fail, before it has all of a body. What
// the client sends after that is not another request, even if it looks like one.
func TestInterruptedIsLast(t *testing.T) {
	for _, body := range []struct{ name, field, begin string }{
		{"of known length", "Content-Length: 100000", "x"},
		{"of unknown length", "Transfer-Encoding: chunked", "1\r\nx\r\n"},
	} {
		for _, tt := range []struct {
			name, answer, want string
		}{
			{"an answer", hello, "200 hello"},
			{"an answer without a body", "HTTP/1.1 204 No\r\n\r\n", "204 "},
			{"an answer of unknown length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "200 hello"},
			{"nonsense", "nonsense\r\n", "502 502 Bad Gateway\n"},
		} {
			t.Run(tt.name+" to a body "+body.name, func(t *testing.T) {
				t.Parallel()
				backend := startRaw(t, func(p *peer) { p.head(); p.send(tt.answer); p.ended() })
				targets, err := upstream.Parse(backend.url())
				require.NoError(t, err)
				g := groupOf(t, upstream.Config{Targets: targets})
				front := serveProxy(t, proxy.Config{Upstreams: g})
				c, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
				require.NoError(t, err)
				defer c.Close()
				_, err = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n%s", body.field, body.begin)
				require.NoError(t, err)
				buf := newBuf(c)
				resp, err := http.ReadResponse(buf, nil)
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.Equal(t, tt.want, fmt.Sprint(resp.StatusCode, " ", string(text)))
				_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				_, err = http.ReadResponse(buf, nil)
				require.Error(t, err)

				require.Equal(t, resp.StatusCode == 502, g.Status().Upstreams[0].Failures > 0, "and the backend is blamed")
			})
		}
	}
}

// TestBrokenIsLast checks the same of a body that is not what it should be.
func TestBrokenIsLast(t *testing.T) {
	backend := startRaw(t, func(p *peer) { p.request() })
	front := serveProxy(t, proxy.Config{Upstreams: group(t, backend.url())})
	c, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
	require.NoError(t, err)
	defer c.Close()
	const next = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"+next)
	require.NoError(t, err)
	buf := newBuf(c)
	resp, err := http.ReadResponse(buf, nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.Equal(t, 400, resp.StatusCode)
	require.True(t, resp.Close)
	_, err = http.ReadResponse(buf, nil)
	require.Error(t, err)
}

// TestWholeIsNotLast checks that connections are kept on which bodies came whole.
func TestWholeIsNotLast(t *testing.T) {
	backend := startRaw(t, always(hello))
	front := serveProxy(t, proxy.Config{Upstreams: group(t, backend.url())})
	c, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
	require.NoError(t, err)
	defer c.Close()
	buf := newBuf(c)
	for _, body := range []string{
		"Content-Length: 100000\r\n\r\n" + strings.Repeat("x", 100_000),
		"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		"Content-Length: 1\r\n\r\nx",
		"Content-Length: 0\r\n\r\n",
	} {
		_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\n"+body)
		require.NoError(t, err)
		resp, err := http.ReadResponse(buf, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode)
		require.False(t, resp.Close)
	}
}
