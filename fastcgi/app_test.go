package fastcgi_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// An app does with its connections what a script says, record by record.
type app struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
}

// A peer is a connection of an app.
type peer struct {
	net.Conn
	n  int // which connection of the app it is, from 0
	br *bufio.Reader
	id uint16 // of the last request
}

// startApp serves every connection by script, and closes it when that returns.
func startApp(t testing.TB, script func(*peer)) *app {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return startAppOn(t, l, script)
}

func startAppOn(t testing.TB, l net.Listener, script func(*peer)) *app {
	s := &app{Listener: l}
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
				script(newPeer(c, n))
			})
		}
	})
	t.Cleanup(s.stop)
	return s
}

func newPeer(c net.Conn, n int) *peer { return &peer{Conn: c, n: n, br: bufio.NewReader(c)} }

func (s *app) stop() {
	s.Listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *app) target() upstream.Target {
	return upstream.Target{Network: s.Addr().Network(), Addr: s.Addr().String()}
}

// count returns how many connections there have been.
func (s *app) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// reset closes the connection so that the other side sees it as broken.
func (p *peer) reset() {
	if c, ok := p.Conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	p.Close()
}

// awaitRead waits until the other side has read what was sent, as well as can be
// told from here.
func (p *peer) awaitRead() {
	timer := time.NewTimer(20 * time.Millisecond)
	<-timer.C
}

// ended waits for the other side to close the connection.
func (p *peer) ended() { _, _ = io.Copy(io.Discard, p.br) }

const hello = "Content-Type: text/plain\r\n\r\nhello"

// always answers every request with the same.
func always(response string) func(*peer) {
	return func(p *peer) {
		for p.request() != nil {
			p.reply(response)
		}
	}
}

// newClient returns a Client that is closed with the test.
func newClient(t testing.TB, c fastcgi.ClientConfig) *fastcgi.Client {
	t.Helper()
	client := fastcgi.NewClient(c)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// newRequest returns one with a body, if there is to be one.
func newRequest(method, body string) *fastcgi.Request {
	r := &fastcgi.Request{Params: newParams("REQUEST_METHOD", method)}
	if body != "" {
		r.Body, r.ContentLength = strings.NewReader(body), int64(len(body))
	}
	return r
}

func newParams(pairs ...string) *fastcgi.Params {
	p := new(fastcgi.Params)
	for i := 0; i < len(pairs); i += 2 {
		p.Add(pairs[i], pairs[i+1])
	}
	return p
}

// fetch returns the status and body of the answer, and the error of whatever
// failed.
func fetch(t testing.TB, c *fastcgi.Client, to upstream.Target, r *fastcgi.Request) (int, string, error) {
	t.Helper()
	resp, err := c.Do(t.Context(), to, r)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	return resp.Status, string(body), err
}

// get is fetch for what must succeed.
func get(t testing.TB, c *fastcgi.Client, to upstream.Target) string {
	t.Helper()
	status, body, err := fetch(t, c, to, newRequest("GET", ""))
	require.NoError(t, err)
	require.Equal(t, 200, status)
	return body
}

// asError returns err as what a Client returns.
func asError(t testing.TB, err error) *fastcgi.Error {
	t.Helper()
	e, ok := errors.AsType[*fastcgi.Error](err)
	require.True(t, ok, "%v", err)
	return e
}

// target is nowhere: for clients whose Dial does not look at it.
var target = upstream.Target{Network: "tcp", Addr: "nowhere"}

// dialing returns a Dial that has connections already.
func dialing(conns ...net.Conn) func(context.Context, string, string) (net.Conn, error) {
	var mu sync.Mutex
	return func(context.Context, string, string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if len(conns) == 0 {
			return nil, errors.New("no connection left")
		}
		c := conns[0]
		conns = conns[1:]
		return c, nil
	}
}

// shortDir returns a folder whose name leaves room for that of a socket.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fcgi")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
