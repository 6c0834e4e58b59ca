package fastcgi_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// The types of records.
const (
	begin  = 1
	end    = 3
	params = 4
	stdin  = 5
	stdout = 6
	stderr = 7
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

// An asked is a request as an application sees it.
type asked struct {
	id     uint16
	role   fastcgi.Role
	keep   bool
	params map[string]string
	body   []byte
	sizes  []int // of the records of parameters
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

// record reads one, or returns 0 at the end.
func (p *peer) record() (kind byte, id uint16, content []byte) {
	var h [8]byte
	if _, err := io.ReadFull(p.br, h[:]); err != nil || h[0] != 1 {
		return 0, 0, nil
	}
	content = make([]byte, int(binary.BigEndian.Uint16(h[4:]))+int(h[6]))
	if _, err := io.ReadFull(p.br, content); err != nil {
		return 0, 0, nil
	}
	return h[1], binary.BigEndian.Uint16(h[2:]), content[:len(content)-int(h[6])]
}

// head reads a request without its body, or returns nil at the end, also where
// the request is not as it has to be.
func (p *peer) head() *asked {
	kind, id, content := p.record()
	if kind != begin || len(content) != 8 || id == 0 {
		return nil
	}
	p.id = id
	r := &asked{
		id: id, role: fastcgi.Role(binary.BigEndian.Uint16(content)), keep: content[2]&1 != 0,
		params: map[string]string{},
	}
	for {
		kind, got, content := p.record()
		if kind != params || got != id {
			return nil
		}
		if len(content) == 0 {
			return r
		}
		r.sizes = append(r.sizes, len(content))
		for len(content) > 0 { // whole pairs, as PHP wants them
			name, value := size(&content), size(&content)
			if name < 0 || value < 0 || len(content) < name+value {
				return nil
			}
			r.params[string(content[:name])] = string(content[name : name+value])
			content = content[name+value:]
		}
	}
}

func size(b *[]byte) int {
	switch {
	case len(*b) > 0 && (*b)[0] < 128:
		n := int((*b)[0])
		*b = (*b)[1:]
		return n
	case len(*b) >= 4:
		n := int(binary.BigEndian.Uint32(*b) &^ (1 << 31))
		*b = (*b)[4:]
		return n
	}
	return -1
}

// request reads a request with its body, or returns nil.
func (p *peer) request() *asked {
	r := p.head()
	if r == nil {
		return nil
	}
	var ok bool
	if r.body, ok = p.input(); !ok {
		return nil
	}
	return r
}

// input reads the body of a request. It is not ok if nothing has ended it.
func (p *peer) input() (body []byte, ok bool) {
	for {
		kind, id, content := p.record()
		if kind != stdin || id != p.id {
			return body, false
		}
		if len(content) == 0 {
			return body, true
		}
		body = append(body, content...)
	}
}

// rec returns a record, of which there is no more than fits into one.
func rec(kind byte, id uint16, content string) string {
	return string([]byte{1, kind, byte(id >> 8), byte(id), byte(len(content) >> 8), byte(len(content)), 0, 0}) + content
}

// recs returns as many records as it takes.
func recs(kind byte, id uint16, content string) string {
	var b strings.Builder
	for len(content) > 0 {
		n := min(len(content), 65535)
		b.WriteString(rec(kind, id, content[:n]))
		content = content[n:]
	}
	return b.String()
}

func ending(id uint16, status uint32, protocol byte) string {
	return rec(end, id, string(append(binary.BigEndian.AppendUint32(nil, status), protocol, 0, 0, 0)))
}

func (p *peer) send(s string)          { _, _ = io.WriteString(p, s) }
func (p *peer) out(s string)           { p.send(recs(stdout, p.id, s)) }
func (p *peer) errs(s string)          { p.send(recs(stderr, p.id, s)) }
func (p *peer) end(status, why uint32) { p.send(ending(p.id, status, byte(why))) }

// reply is all of an answer, in one piece.
func (p *peer) reply(s string) { p.send(recs(stdout, p.id, s) + ending(p.id, 0, 0)) }

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

// noLeaks fails if there are more goroutines or descriptors at the end than now.
// It is called before anything is started.
func noLeaks(t testing.TB) {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), descriptors()
	t.Cleanup(func() {
		eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines && descriptors() <= files })
		if t.Failed() {
			t.Logf("goroutines: %d, then %d; descriptors: %d, then %d", goroutines, runtime.NumGoroutine(), files, descriptors())
		}
	})
}

// eventually fails if something does not come true, on this goroutine.
func eventually(t testing.TB, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		if is() {
			return
		}
		<-tick.C
	}
	t.Error("never came true")
}

// descriptors returns how many sockets are open, where one can tell.
func descriptors() (n int) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
