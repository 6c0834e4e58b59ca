package proxy_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/proxy"
)

// A tape is a connection on which a response has already arrived.
type tape struct {
	io.Reader
	closed bool
}

func (*tape) Write(p []byte) (int, error)      { return len(p), nil }
func (c *tape) Close() error                   { c.closed = true; return nil }
func (*tape) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*tape) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*tape) SetDeadline(time.Time) error      { return nil }
func (*tape) SetReadDeadline(time.Time) error  { return nil }
func (*tape) SetWriteDeadline(time.Time) error { return nil }

// FuzzResponse checks that every response that is accepted is one to
// http.ReadResponse, too, that ends at the same place and says the same.
func FuzzResponse(f *testing.F) {
	for _, s := range faults {
		if s.upload == "" && !strings.Contains(s.name, "drip") && !strings.Contains(s.name, "stall") && !strings.HasPrefix(s.name, "never") {
			if text := said(s.script); len(text) < 1<<10 { // else it is the fuzzer who takes long
				f.Add(text, s.method == "HEAD", byte(0))
			}
		}
	}
	f.Add(okChunks+"5\r\nhello\r\n006 \r\n world\r\n0;x\r\nA: b\r\nSet-Cookie: c\r\n\r\n", false, byte(1))
	f.Add(ok+"Trailer: a, b\r\nTransfer-Encoding: Chunked\r\nPragma: no-cache\r\n\r\n0\r\nA: b\r\n\r\n", false, byte(2))
	f.Fuzz(func(t *testing.T, text string, head bool, pieces byte) {
		r, err := http.NewRequest("GET", "http://a/", nil)
		require.NoError(t, err)
		if head {
			r.Method = "HEAD"
		}
		left := strings.NewReader(text)
		c := &tape{Reader: left}
		switch pieces % 3 {
		case 1:
			c.Reader = iotest.OneByteReader(c.Reader)
		case 2:
			c.Reader = iotest.HalfReader(c.Reader)
		}
		tr := proxy.NewTransport(proxy.TransportConfig{
			Dial: func(context.Context, string, string) (net.Conn, error) { return c, nil },
		})
		defer tr.Close()
		got, err := tr.RoundTrip(r)
		if err != nil {
			require.True(t, c.closed)
			return
		}
		body, err := io.ReadAll(got.Body)
		require.NoError(t, got.Body.Close())
		if err != nil {
			require.True(t, c.closed)
			return
		}

		br := bufio.NewReaderSize(strings.NewReader(text), max(16, len(text)))
		want, err := http.ReadResponse(br, r)
		for err == nil && want.StatusCode < 200 {
			want, err = http.ReadResponse(br, r)
		}
		require.NoError(t, err, "accepted what is refused")
		wantBody, err := io.ReadAll(want.Body)
		require.NoError(t, err, "accepted what is refused")
		require.Equal(t, string(wantBody), string(body))
		require.Equal(t, want.StatusCode, got.StatusCode)
		require.Equal(t, want.ContentLength, got.ContentLength)
		require.Equal(t, want.TransferEncoding, got.TransferEncoding)
		require.Equal(t, want.Close, got.Close)
		require.Equal(t, want.Proto, got.Proto)

		for _, h := range []http.Header{want.Header, got.Header} {
			delete(h, "Connection") // of which net/http takes close away
			if h.Get("Pragma") == "no-cache" {
				delete(h, "Cache-Control") // which net/http makes up
			}
		}
		require.Equal(t, want.Header, got.Header)
		for name, values := range got.Trailer {
			require.Equal(t, want.Trailer[name], values)
		}
		if !c.closed {
			require.False(t, want.Close)
			require.Equal(t, br.Buffered(), left.Len(), "another end")
		}
	})
}

// said returns what a script answers to a request.
func said(script func(*peer)) string {
	ours, theirs := net.Pipe()
	var all strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		script(&peer{Conn: theirs, br: bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))})
		theirs.Close()
	}()
	_, _ = io.Copy(&all, ours)
	<-done
	return all.String()
}
