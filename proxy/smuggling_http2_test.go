package proxy_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// frame returns a frame of HTTP/2: RFC 9113, section 4.1.
func frame(kind, flags byte, stream uint32, payload string) string {
	head := make([]byte, 9)
	binary.BigEndian.PutUint32(head, uint32(len(payload))<<8|uint32(kind))
	head[4] = flags
	binary.BigEndian.PutUint32(head[5:], stream)
	return string(head) + payload
}

const (
	dataFrame, headersFrame, resetFrame, settingsFrame = 0, 1, 3, 4
	endStream, endHeaders                              = 1, 4
	preface                                            = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// block returns fields as HPACK has them literally, without indexing.
func block(fields ...string) string {
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&b, "\x00%c%s%c%s", len(fields[i]), fields[i], len(fields[i+1]), fields[i+1])
	}
	return b.String()
}

// ended reads frames until stream 1 is at its end.
func ended(r io.Reader) error {
	for {
		var head [9]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, r, int64(binary.BigEndian.Uint32(head[:])>>8)); err != nil {
			return err
		}
		stream := binary.BigEndian.Uint32(head[5:])
		if stream == 1 && (head[3] == resetFrame || head[4]&endStream != 0) {
			return nil
		}
	}
}

func withHTTP2(s *httptest.Server) {
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
}

// TestWhatBackendsHearOfHTTP2 is TestWhatBackendsHear for clients of HTTP/2, where
// nothing delimits a message but frames (ATS CVE-2026-58150).
func TestWhatBackendsHearOfHTTP2(t *testing.T) {
	get := []string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "site.example"}
	with := func(fields ...string) []string { return append(get[:len(get):len(get)], fields...) }
	withBody := func(fields ...string) []string { return append([]string{":method", "POST"}, with(fields...)[2:]...) }
	for _, tt := range []struct {
		name   string
		fields []string
		data   string
		heard  string // "" is nothing
	}{
		{"as it should be", get, "", told("GET /", "")},
		{"Transfer-Encoding", with("transfer-encoding", "chunked"), "", ""},
		{"Connection", with("connection", "x-forwarded-for"), "", ""},
		{"Upgrade", with("upgrade", "websocket"), "", ""},
		{"TE of more than trailers", with("te", "gzip"), "", ""},
		{"TE", with("te", "trailers"), "", told("GET /", "", "Connection: TE", "Te: trailers")},
		{"a name in capitals", with("X-A", "1"), "", ""},
		{"a name with a line break", with("x\r\na", "1"), "", ""},
		{"a name with a colon", with("x:a", "1"), "", ""},
		{"a value with a line break", with("x-a", "1\r\nx-b: 2"), "", ""},
		{"a path with a space", append([]string{":method", "GET", ":scheme", "http", ":path", "/ HTTP/1.1\r\nX: ", ":authority", "a"}, "x", "y"), "", ""},
		{"a path that is none", []string{":method", "GET", ":scheme", "http", ":path", "a", ":authority", "site.example"}, "", ""},
		{"a method with a space", []string{":method", "GET / HTTP/1.1\r\nA:", ":scheme", "http", ":path", "/", ":authority", "site.example"}, "", ""},
		{"an authority with a slash", []string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a/b"}, "", ""},
		{"CONNECT", []string{":method", "CONNECT", ":authority", "site.example"}, "GET /inner HTTP/1.1\r\n\r\n", ""},
		{"CONNECT for WebSocket (RFC 8441)", append([]string{":method", "CONNECT", ":protocol", "websocket"}, get[2:]...), "", ""},
		{"a length that is right", withBody("content-length", "5"), "hello", told("POST /", "hello", "Content-Length: 5")},
		{"no length", withBody(), "hello", told("POST /", "5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked")},
		{"a length that is too small", withBody("content-length", "2"), "hello", ""},
		{"a length that is too large", withBody("content-length", "9"), "hello", ""},
		{"two lengths", withBody("content-length", "5", "content-length", "2"), "hello", told("POST /", "hello", "Content-Length: 5")},
		{"two lengths, of which the first is not right", withBody("content-length", "2", "content-length", "5"), "hello", ""},
		{"an alias", with("x_forwarded_for", "1"), "", told("GET /", "")},
		{"cookies in several fields are one", with("cookie", "a=b", "cookie", "c=d"), "", told("GET /", "", "Cookie: a=b; c=d")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			b := startWire(t, func(p *peer) {
				if p.request() != nil {
					p.send(hello)
				}
			})
			front := serveBy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}}, withHTTP2)
			c, err := net.Dial("tcp", front.Listener.Addr().String())
			require.NoError(t, err)
			defer c.Close()
			request := frame(headersFrame, endHeaders, 1, block(tt.fields...)) + frame(dataFrame, endStream, 1, tt.data)
			if tt.data == "" {
				request = frame(headersFrame, endHeaders|endStream, 1, block(tt.fields...))
			}
			_, err = io.WriteString(c, preface+frame(settingsFrame, 0, 0, "")+request)
			require.NoError(t, err)
			_ = ended(c) // or the connection
			b.stop()
			require.Equal(t, tt.heard, b.heard())
		})
	}
}

// TestRapidReset is CVE-2023-44487: clients that give requests up as soon as they
// have sent them do not have backends serve more of them at once than they may.
func TestRapidReset(t *testing.T) {
	const most = 3
	middlewaretest.NoLeaks(t)
	var active, peak atomic.Int32
	b := startRaw(t, func(p *peer) {
		for p.request() != nil {
			peak.Store(max(peak.Load(), active.Add(1)))
			if _, err := p.br.Peek(1); err != nil { // for an answer is not waited for
				active.Add(-1)
				return
			}
			active.Add(-1)
		}
	})
	targets, err := upstream.Parse(b.url())
	require.NoError(t, err)
	g := groupOf(t, upstream.Config{Targets: targets, MaxConns: most, Queue: 10})
	front := serveBy(t, proxy.Config{Upstreams: g}, withHTTP2)
	c, err := net.Dial("tcp", front.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, preface+frame(settingsFrame, 0, 0, ""))
	require.NoError(t, err)
	go io.Copy(io.Discard, c)
	request := block(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a")
	for i := range uint32(500) {
		// The server itself may have had enough.
		if _, err = io.WriteString(c, frame(headersFrame, endHeaders|endStream, 2*i+1, request)+frame(resetFrame, 0, 2*i+1, "\x00\x00\x00\x08")); err != nil {
			break
		}
	}
	middlewaretest.Eventually(t, func() bool { s := g.Status(); return s.Upstreams[0].Active == 0 && s.Queue.Waiting == 0 })
	require.LessOrEqual(t, peak.Load(), int32(most+1), "one more, of which the backend does not yet know that it has ended")
	require.Zero(t, g.Status().Upstreams[0].Failures)
	require.Equal(t, "up", g.Status().Upstreams[0].State)
}
