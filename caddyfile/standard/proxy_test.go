package standard_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

// TestProxyDrains checks that a server that is told to stop tells WebSockets, which
// it would otherwise wait for in vain.
func TestProxyDrains(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		io.Copy(io.Discard, c)
	}))
	defer backend.Close()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("Caddyfile", []byte("127.0.0.1:0\nproxy / "+backend.URL+" {\n\twebsocket\n}\nlog stdout"), 0o600))
	addr, stop := serve(t, "Caddyfile")
	br := openWebSocket(t, addr.String())
	stop()
	text, err := io.ReadAll(br)
	require.NoError(t, err)
	require.Equal(t, []byte{0x88, 2, 3, 0xe9}, text)
}

// openWebSocket returns what comes through a WebSocket that it has opened.
func openWebSocket(t *testing.T, addr string) io.Reader {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	require.NoError(t, err)
	br := bufio.NewReader(c)
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	return br
}

// TestProxyIsReplaced has a program replace a configuration while requests are under
// way, as it may: none fails, also of those that the old one had begun, and its
// WebSockets are told to come again.
func TestProxyIsReplaced(t *testing.T) {
	const times, clients = 10, 4
	begun, goOn := make(chan struct{}), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") != "":
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer c.Close()
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			io.Copy(io.Discard, c)
		case r.URL.Path == "/slow":
			io.WriteString(w, "be")
			http.NewResponseController(w).Flush()
			begun <- struct{}{}
			<-goOn
			io.WriteString(w, "gun")
		default:
			io.Copy(w, r.Body)
		}
	}))
	defer backend.Close()
	type serving struct {
		*caddyfile.Server
		http.Handler
		drain    func()
		requests sync.WaitGroup
	}
	load := func(n int) *serving {
		text := fmt.Sprintf("127.0.0.1\nproxy / %s {\n\twebsocket\n\theader_downstream Number %d\n}", backend.URL, n)
		file, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
		require.NoError(t, err)
		server, err := caddyfile.Build(file, caddyfile.Config{Vocabulary: standard.Vocabulary()})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, server.Open(ctx))
		return &serving{Server: server, Handler: server.Handler(), drain: cancel}
	}
	var mu sync.Mutex
	now := load(0)
	defer func() { now.Close() }()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		s := now
		s.requests.Add(1)
		mu.Unlock()
		defer s.requests.Done()
		s.ServeHTTP(w, r)
	}))
	defer front.Close()

	visit := func(method, path, body string) (text, number string) {
		r, err := http.NewRequest(method, front.URL+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return "", ""
		}
		resp, err := front.Client().Do(r)
		if err != nil {
			t.Error(err)
			return "", ""
		}
		defer resp.Body.Close()
		all, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Errorf("%s: %d %v", path, resp.StatusCode, err)
		}
		return string(all), resp.Header.Get("Number")
	}
	var running sync.WaitGroup
	done := make(chan struct{})
	for range clients {
		running.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if text, _ := visit("POST", "/", "echo"); text != "echo" {
					t.Errorf("%q", text)
				}
			}
		})
	}
	for n := 1; n <= times; n++ {
		ws := openWebSocket(t, front.Listener.Addr().String())
		slow := make(chan string, 1)
		go func() {
			text, number := visit("GET", "/slow", "")
			slow <- text + " " + number
		}()
		<-begun
		next := load(n)
		mu.Lock()
		old := now
		now = next
		mu.Unlock()
		old.drain()
		goOn <- struct{}{}
		old.requests.Wait()
		require.NoError(t, old.Close())
		require.Equal(t, fmt.Sprint("begun ", n-1), <-slow)
		text, err := io.ReadAll(ws)
		require.NoError(t, err)
		require.Equal(t, []byte{0x88, 2, 3, 0xe9}, text)
		_, number := visit("POST", "/", "")
		require.Equal(t, strconv.Itoa(n), number)
	}
	close(done)
	running.Wait()
}
