package fastcgi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestInterruptedIsLast has an application answer before it has all of a second body.
// What the client sends after that is not another request, even if it looks like one.
func TestInterruptedIsLast(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	var asked atomic.Int64
	go fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			io.Copy(io.Discard, r.Body)
		}
		io.WriteString(w, "hello")
	}))
	front := serve(t, fastcgi.Config{Upstreams: group(t, upstream.Target{Network: "tcp", Addr: l.Addr().String()})})
	c, err := net.Dial("tcp", front.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	buf := bufio.NewReader(c)
	for _, body := range []string{strings.Repeat("x", 100_000), "x"} { // a whole one first
		_, err = fmt.Fprint(c, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", body)
		require.NoError(t, err)
		resp, err := http.ReadResponse(buf, nil)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "200 hello", fmt.Sprint(resp.StatusCode, " ", string(text)))
	}
	_, _ = io.WriteString(c, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
	_, err = http.ReadResponse(buf, nil)
	require.Error(t, err)
	require.EqualValues(t, 2, asked.Load())
}
