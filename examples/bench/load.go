package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// connections is how many clients there are at once.
const connections = 16

// A load is clients that each have a connection of their own, which stays. They
// allocate nothing, and do little else, so that there is something left for servers
// to be busy with.
type load struct{ clients [connections]*client }

// A client asks the same again and again.
type client struct {
	conn     net.Conn
	request  []byte
	buf      []byte
	begin    string // of every response
	response int64  // its length, which never changes
}

// loadOn returns clients of addr that send request, to which there has to be an
// answer of that size.
func loadOn(t pair.TB, addr string, request []byte, size int64) *load {
	return newLoad(t, addr, func(c *client) error { return c.learn(request, size) })
}

// socketsOn returns clients that have a frame sent back to them by WebSocket.
func socketsOn(t pair.TB, addr string) *load {
	return newLoad(t, addr, func(c *client) error {
		if _, _, err := c.head(bytesOf(t, handshake(), nil), "HTTP/1.1 101 "); err != nil {
			return err
		}
		back := frame(false)
		c.request, c.begin, c.response = frame(true), string(back[:4]), int64(len(back))
		return c.ask()
	})
}

func newLoad(t pair.TB, addr string, start func(*client) error) *load {
	l := new(load)
	for i := range l.clients {
		l.clients[i] = dial(t, addr)
		if err := start(l.clients[i]); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// dial returns a client that has asked nothing yet.
func dial(t pair.TB, addr string) *client {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn: conn, buf: make([]byte, 256<<10)}
}

// learn asks for the first time, and finds out how long responses are.
func (c *client) learn(request []byte, size int64) error {
	head, n, err := c.head(request, "HTTP/1.1 200 ")
	if err != nil {
		return err
	}
	if !bytes.Contains(bytes.ToLower(head), []byte("\r\ncontent-length: "+strconv.FormatInt(size, 10)+"\r\n")) {
		return fmt.Errorf("not the answer there should be: %q", head)
	}
	c.response = int64(len(head)) + size
	return c.skip(int64(n))
}

// head sends the first request, and returns the head of the answer, and how much of
// it all has been read.
func (c *client) head(request []byte, begin string) ([]byte, int, error) {
	const end = "\r\n\r\n"
	c.request, c.begin = request, begin
	if _, err := c.conn.Write(c.request); err != nil {
		return nil, 0, err
	}
	n := 0
	for {
		m, err := c.conn.Read(c.buf[n:])
		n += m
		if head, _, ok := bytes.Cut(c.buf[:n], []byte(end)); ok && bytes.HasPrefix(head, []byte(begin)) {
			return c.buf[:len(head)+len(end)], n, nil
		}
		if err != nil || n == len(c.buf) {
			return c.buf[:n], n, fmt.Errorf("%w after %q", cmp.Or(err, io.ErrShortBuffer), c.buf[:n])
		}
	}
}

// ask sends the request and waits for all of the response.
func (c *client) ask() error {
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	return c.skip(0)
}

// skip reads the rest of a response, of which so much has been read.
func (c *client) skip(have int64) error {
	for have < c.response {
		n, err := c.conn.Read(c.buf)
		if have == 0 && (n < len(c.begin) || string(c.buf[:len(c.begin)]) != c.begin) {
			return fmt.Errorf("not the answer there was before: %q, %w", c.buf[:min(n, 100)], err)
		}
		if have += int64(n); err != nil {
			return err
		}
	}
	if have > c.response {
		return errors.New("more than there is to an answer")
	}
	return nil
}

// op is the operation of having p answer one request while it answers others.
func (l *load) op(t pair.TB, meter pair.Meter) pair.Op {
	many := func(n int) {
		if err := l.run(n); err != nil {
			t.Fatal(err)
		}
	}
	return pair.Op{Do: func() { many(1) }, Many: many, Meter: meter}
}

// run has n requests answered.
func (l *load) run(n int) error {
	var left atomic.Int64
	left.Store(int64(n))
	var failed [connections]error
	var wg sync.WaitGroup
	for i, c := range l.clients[:min(n, connections)] {
		wg.Go(func() {
			for failed[i] == nil && left.Add(-1) >= 0 {
				failed[i] = c.ask()
			}
		})
	}
	wg.Wait()
	return errors.Join(failed[:]...)
}

// bytesOf returns a request as it is sent.
func bytesOf(t pair.TB, r *http.Request, body []byte) []byte {
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
