package proxy_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/proxy"
)

// A wire is a raw backend that keeps every byte it is sent.
type wire struct {
	*raw
	mu  sync.Mutex
	got []*bytes.Buffer // by connection
}

func startWire(t testing.TB, script func(*peer)) *wire {
	t.Helper()
	w := &wire{}
	w.raw = startRaw(t, func(p *peer) {
		heard := new(bytes.Buffer)
		w.mu.Lock()
		w.got = append(w.got, heard)
		w.mu.Unlock()
		p.br = bufio.NewReader(io.TeeReader(p.Conn, &locked{w: heard, mu: &w.mu}))
		script(p)
		_, _ = io.Copy(io.Discard, p.br) // whatever else there is
	})
	return w
}

type locked struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// heard returns what has arrived, on all connections, with the fields of the first
// head of each in order and the backend's own address as "backend".
func (w *wire) heard() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, b := range w.got {
		if b.Len() > 0 {
			all = append(all, strings.ReplaceAll(inOrder(b.String()), w.Addr().String(), "backend"))
		}
	}
	return strings.Join(all, "\n----\n")
}

// inOrder returns a message with the fields of its head sorted: they are sent in the
// order of a map.
func inOrder(message string) string {
	head, rest, ok := strings.Cut(message, "\r\n\r\n")
	if !ok {
		return message
	}
	lines := strings.Split(head, "\r\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + rest
}

// told returns what a backend has to have heard: a request line, the fields besides
// those that every request has, sorted, and the body.
func told(line, body string, fields ...string) string {
	fields = append(fields, "Host: backend", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: site.example", "X-Forwarded-Proto: http")
	slices.Sort(fields)
	return line + " HTTP/1.1\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n" + body
}

// asks sends a request to a proxy in front of w and returns all of what comes back
// to a client that sends no more.
func (w *wire) asks(t testing.TB, c proxy.Config, request string) string {
	t.Helper()
	c.Upstreams = group(t, w.url())
	return halfClosed(t, serveProxy(t, c), request)
}

func halfClosed(t testing.TB, front, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	text, _ := io.ReadAll(c) // which may end in a reset, of what was not read
	return string(text)
}

// statuses returns those of the responses that a text consists of, without those of
// 1xx, and "cut" for one that is not whole.
func statuses(t testing.TB, text string, method string) []string {
	t.Helper()
	var all []string
	br := bufio.NewReader(strings.NewReader(text))
	for {
		if _, err := br.Peek(1); err != nil {
			return all
		}
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		require.NoError(t, err, "%q", text)
		if resp.StatusCode < 200 {
			continue
		}
		status := resp.Status[:3]
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			status += " cut"
		}
		all = append(all, status)
	}
}

// serveBy serves a proxy by a server that change has had its way with.
func serveBy(t testing.TB, c proxy.Config, change func(*httptest.Server), outer ...middleware.Middleware) *httptest.Server {
	t.Helper()
	if c.Transport == nil {
		c.Transport = newTransport(t, proxy.TransportConfig{})
	}
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	h := middleware.Chain(append(outer, proxy.New(c))...)(middleware.Status(404))
	srv := httptest.NewUnstartedServer(edge.Handler(h))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if change != nil {
		change(srv)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}
