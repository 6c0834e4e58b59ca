package proxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/proxy"
)

// A raw backend does with its connections what a script says, byte by byte.
type raw struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
}

// A peer is a connection of a raw backend.
type peer struct {
	net.Conn
	n  int // which connection of the backend it is, from 0
	br *bufio.Reader
}

// startRaw serves every connection by script, and closes it when that returns.
func startRaw(t testing.TB, script func(*peer)) *raw {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return startRawOn(t, l, script)
}

func startRawOn(t testing.TB, l net.Listener, script func(*peer)) *raw {
	s := &raw{Listener: l}
	s.wg.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			s.wg.Go(func() {
				defer c.Close()
				script(&peer{Conn: c, n: n, br: bufio.NewReader(c)})
			})
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (s *raw) stop() {
	s.Listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *raw) url() string { return "http://" + s.Addr().String() }

// count returns how many connections there have been.
func (s *raw) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// request reads a request with its body, or returns nil at the end.
func (p *peer) request() *http.Request {
	r := p.head()
	if r == nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil
	}
	return r
}

// head reads a request without its body.
func (p *peer) head() *http.Request {
	r, err := http.ReadRequest(p.br)
	if err != nil {
		return nil
	}
	return r
}

func (p *peer) send(s string) { _, _ = io.WriteString(p, s) }

// reset closes the connection so that the other side sees it as broken.
func (p *peer) reset() {
	if c, ok := p.Conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	p.Close()
}

// ended waits for the other side to close the connection.
func (p *peer) ended() { _, _ = io.Copy(io.Discard, p.br) }

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

// always answers every request with the same bytes.
func always(response string) func(*peer) {
	return func(p *peer) {
		for p.request() != nil {
			p.send(response)
		}
	}
}

// newTransport returns a Transport that is closed with the test, after which
// everything must be as it was before.
func newTransport(t testing.TB, c proxy.TransportConfig) *proxy.Transport {
	t.Helper()
	tr := proxy.NewTransport(c)
	t.Cleanup(func() { require.NoError(t, tr.Close()) })
	return tr
}

func newRequest(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	return r
}

// fetch returns the status and body of the answer, and the error of whatever
// failed.
func fetch(t testing.TB, tr http.RoundTripper, r *http.Request) (int, string, error) {
	t.Helper()
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, string(body), err
}

// get is fetch for what must succeed.
func get(t testing.TB, tr http.RoundTripper, url string) string {
	t.Helper()
	status, body, err := fetch(t, tr, newRequest(t, "GET", url, nil))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	return body
}

// asError returns err as what a Transport returns.
func asError(t testing.TB, err error) *proxy.Error {
	t.Helper()
	e, ok := errors.AsType[*proxy.Error](err)
	require.True(t, ok, "%v", err)
	return e
}

func newBuf(r io.Reader) *bufio.Reader { return bufio.NewReader(r) }
