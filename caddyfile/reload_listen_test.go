package caddyfile_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// ports returns numbers that nobody listens to. They are none of those that the
// system gives to whoever dials, or asks for any, while a test does not listen.
func ports(t *testing.T, n int) (numbers []string) {
	t.Helper()
	for len(numbers) < n {
		number := strconv.Itoa(10_000 + rand.IntN(20_000))
		l, err := net.Listen("tcp", ":"+number)
		if err != nil {
			continue
		}
		defer l.Close()
		numbers = append(numbers, number)
	}
	return numbers
}

// TestReloadOfListeners checks that addresses are listened on without a break, that
// connections to them are kept, and that others are opened and closed.
func TestReloadOfListeners(t *testing.T) {
	n := ports(t, 2)
	one, two := "127.0.0.1:"+n[0], "127.0.0.1:"+n[1]
	server := load(t, one+" {\n answer 1\n}", caddyfile.Config{Vocabulary: vocabulary()})
	start(t, server)
	kept := dial(t, one)
	require.Equal(t, "1", kept.ask(t))

	require.Equal(t, caddyfile.ReloadReport{
		Changed: []string{one}, Added: []string{two}, ListenersKept: []string{one}, ListenersOpened: []string{two},
	}, reload(t, server, one+" {\n answer 2\n}\n"+two+" {\n answer two\n}"))
	require.Equal(t, "2", kept.ask(t))
	require.Equal(t, "two", dial(t, two).ask(t))
	require.Len(t, server.Listeners(), 2)

	require.Equal(t, caddyfile.ReloadReport{
		Kept: 1, Removed: []string{two}, ListenersKept: []string{one}, ListenersClosed: []string{two},
	}, reload(t, server, one+" {\n answer 2\n}"))
	require.Equal(t, "2", kept.ask(t))
	_, err := net.Dial("tcp", two)
	require.Error(t, err)
	reload(t, server, two+" {\n answer again\n}")
	require.Equal(t, "again", dial(t, two).ask(t))
}

// TestReloadOfListenerThatIsBack checks that a connection that is left of an address
// finds what is there now, after it was not listened on for a while.
func TestReloadOfListenerThatIsBack(t *testing.T) {
	goOn := make(chan struct{})
	v := append(vocabulary(), directive.Directive{Name: "wait", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		return func(middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				http.NewResponseController(w).Flush()
				<-goOn
				return 0, nil
			})
		}, c.Err()
	}})
	n := ports(t, 2)
	one, two := "127.0.0.1:"+n[0], "127.0.0.1:"+n[1]
	server := load(t, one+" {\n}\n"+two+" {\n wait\n}", caddyfile.Config{Vocabulary: v})
	start(t, server)
	left := dial(t, two)
	_, err := io.WriteString(left.Conn, strings.Repeat("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 2))
	require.NoError(t, err)
	first, err := http.ReadResponse(left.Reader, nil)
	require.NoError(t, err)
	reload(t, server, one+" {\n}")
	reload(t, server, two+" {\n answer again\n}")
	close(goOn)
	_, err = io.ReadAll(first.Body)
	require.NoError(t, err)
	if second, err := http.ReadResponse(left.Reader, nil); err == nil { // or else it has ended in time
		text, err := io.ReadAll(second.Body)
		require.NoError(t, err)
		require.Equal(t, "again", string(text))
	}
}

// A client has one connection.
type client struct {
	net.Conn
	*bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return &client{c, bufio.NewReader(c)}
}

// ask returns the answer to a request, and whether the connection ends with it.
func (c *client) ask(t *testing.T) string {
	t.Helper()
	_, err := io.WriteString(c.Conn, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	require.NoError(t, err)
	resp, err := http.ReadResponse(c.Reader, nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.Close {
		return string(text) + ", and that is all"
	}
	return string(text)
}

// TestReloadOfTimeouts checks that other timeouts count for new connections, while
// those there are end with their next response, and not before.
func TestReloadOfTimeouts(t *testing.T) {
	v := append(vocabulary(), directive.Directive{Name: "header_limit", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		line := c.Once()
		c.Site().Server.MaxHeaderBytes = line.Int(line.Arg(), 1, 1<<20)
		return nil, c.Err()
	}})
	server := load(t, "127.0.0.1:0 {\n answer 1\n}", caddyfile.Config{Vocabulary: v})
	start(t, server)
	addr := server.Listeners()[0].Addr.String()
	old := dial(t, addr)
	require.Equal(t, "1", old.ask(t))
	report := reload(t, server, "127.0.0.1:0 {\n answer 2\n header_limit 1\n}")
	require.Equal(t, []string{"127.0.0.1:0"}, report.ListenersKept)
	require.EqualError(t, report.Warnings[0], "127.0.0.1:0: connections are served in another way from now on; those there are end with their next response")
	require.Equal(t, "2", dial(t, addr).ask(t))
	require.Equal(t, "2, and that is all", old.ask(t))

	large := dial(t, addr)
	_, err := fmt.Fprintf(large.Conn, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: %s\r\n\r\n", strings.Repeat("x", 8000))
	require.NoError(t, err)
	resp, err := http.ReadResponse(large.Reader, nil)
	require.NoError(t, err)
	require.Equal(t, 431, resp.StatusCode)
}

// TestReloadToOneAndAll checks that an address can become part of all addresses, and
// all of them one, which cannot both be listened on.
func TestReloadToOneAndAll(t *testing.T) {
	number := ports(t, 1)[0]
	one, all := "127.0.0.1:"+number+" {\n answer one\n}", ":"+number+" {\n answer all\n}"
	server := load(t, one, caddyfile.Config{Vocabulary: vocabulary()})
	start(t, server)
	addr := "127.0.0.1:" + number
	kept := dial(t, addr)
	require.Equal(t, "one", kept.ask(t))
	report := reload(t, server, all)
	require.Equal(t, []string{":" + number}, report.ListenersOpened)
	require.Equal(t, []string{addr}, report.ListenersClosed)
	require.Len(t, report.Warnings, 1)
	require.Equal(t, "all, and that is all", kept.ask(t))
	require.Equal(t, "all", dial(t, addr).ask(t))
	report = reload(t, server, one)
	require.Equal(t, []string{addr}, report.ListenersOpened)
	require.Equal(t, "one", dial(t, addr).ask(t))
}

// TestGivenListeners checks that listeners that the program has are used, are left
// alone while no site needs them, and are there for one that does.
func TestGivenListeners(t *testing.T) {
	var given []net.Listener
	var addrs []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		given, addrs = append(given, l), append(addrs, l.Addr().String())
	}
	text := func(n int, answer string) string { return addrs[n] + " {\n answer " + answer + "\n}\n" }
	server := load(t, text(0, "0"), caddyfile.Config{Vocabulary: vocabulary(), Listeners: given})
	start(t, server)
	require.Equal(t, "0", get(t, addrs[0], "127.0.0.1"))
	report := reload(t, server, text(0, "0")+text(1, "1"))
	require.Equal(t, []string{addrs[1]}, report.ListenersOpened)
	require.Equal(t, "1", get(t, addrs[1], "127.0.0.1"))
	report = reload(t, server, text(1, "1"))
	require.Equal(t, []string{addrs[0]}, report.ListenersClosed)
	waiting := dial(t, addrs[0]) // as long as nobody is there
	reload(t, server, text(0, "again"))
	require.Equal(t, "again", waiting.ask(t))
	require.NoError(t, server.Close())
	for _, addr := range addrs {
		_, err := net.Dial("tcp", addr)
		require.Error(t, err)
	}
}
