package standard_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestReloadUnderLoad is the short form of what a soak test does for longer.
func TestReloadUnderLoad(t *testing.T) { reloadUnderLoad(t, 25) }

// reloadUnderLoad reloads a server while clients use it, by connections that they
// keep and by new ones. No request fails or misses the log, no WebSocket of a site
// that stays as it is ends, a reload counts for every request that is sent after it,
// and in the end nothing is left.
func reloadUnderLoad(t *testing.T, times int) {
	t.Chdir(t.TempDir())
	middlewaretest.NoLeaks(t)
	files := descriptors("/")
	backend := httptest.NewServer(http.HandlerFunc(echo))
	defer backend.Close()
	text := func(n int) string {
		site := func(name, more string) string {
			return fmt.Sprintf("%s:0 {\n\tbind 127.0.0.1\n\tlog / access.log \"{status} {hostonly}\"\n\tproxy / %s {\n\t\twebsocket\n%s\t}\n}\n", name, backend.URL, more)
		}
		text := site("kept.test", "") + site("changing.test", fmt.Sprintf("\t\theader_downstream Number %d\n", n))
		if n%2 == 1 {
			text += site("passing.test", "")
		}
		return text
	}
	server := loadText(t, text(0))
	stop := run(t, server)
	addr := server.Listeners()[0].Addr.String()

	var (
		number, requests, echoes atomic.Int64
		running                  sync.WaitGroup
		over                     = make(chan struct{})
	)
	repeat := func(f func() bool) {
		running.Go(func() {
			for f() {
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	for _, host := range []string{"kept.test", "changing.test"} {
		for _, keep := range []bool{true, false} {
			transport := &http.Transport{DisableKeepAlives: !keep}
			defer transport.CloseIdleConnections()
			for range 2 {
				repeat(func() bool {
					before := number.Load()
					requests.Add(1)
					got, err := post(transport, addr, host)
					if err == nil && host == "changing.test" && got < before {
						err = fmt.Errorf("answered by configuration %d after %d was in force", got, before)
					}
					if err != nil {
						t.Error(err)
					}
					return err == nil
				})
			}
		}
	}
	for range 3 {
		ws := dialWebSocket(t, addr, "kept.test")
		repeat(func() bool {
			line := fmt.Sprintf("line %d\n", echoes.Add(1))
			_, err := io.WriteString(ws, line)
			if err == nil {
				var got string
				if got, err = ws.ReadString('\n'); err == nil && got != line {
					err = fmt.Errorf("%q is no echo of %q", got, line)
				}
			}
			if err != nil {
				t.Error("a WebSocket of a site that stays as it is:", err)
			}
			return err == nil
		})
	}
	var last []*webSocket
	for n := 1; n <= times; n++ {
		if n%5 == 0 {
			last = append(last, dialWebSocket(t, addr, "changing.test"))
		}
		file, err := caddyfile.Parse("Caddyfile", []byte(text(n)), caddyfile.ParseConfig{})
		require.NoError(t, err)
		report, err := server.Reload(t.Context(), file)
		require.NoError(t, err)
		number.Store(int64(n))
		require.Equal(t, []string{"changing.test:0"}, report.Changed)
		require.Equal(t, 1, report.Kept)
		require.Equal(t, []string{"127.0.0.1:0"}, report.ListenersKept)
	}
	for _, ws := range last { // which have gone on at former sites
		_, err := io.WriteString(ws, "still there\n")
		require.NoError(t, err)
		got, err := ws.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "still there\n", got)
		ws.Close()
	}
	middlewaretest.Eventually(t, func() bool { return server.Draining() == 0 })
	close(over)
	running.Wait()
	require.Positive(t, echoes.Load())
	stop()
	middlewaretest.Eventually(t, func() bool { return descriptors("/") <= files })
	logged, err := os.ReadFile("access.log")
	require.NoError(t, err)
	require.Equal(t, int(requests.Load()), strings.Count(string(logged), "200 "))
	t.Logf("%d requests and %d echoes during %d reloads", requests.Load(), echoes.Load(), times)
}

// descriptors returns how many there are, where /proc tells of them, of kinds, which
// are what their links begin with.
func descriptors(kinds ...string) (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		to, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if slices.ContainsFunc(kinds, func(kind string) bool { return strings.HasPrefix(to, kind) }) {
			n++
		}
	}
	return n
}

// echo answers with what it is sent, also through a WebSocket.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" {
		io.Copy(w, r.Body)
		return
	}
	conn, client, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	io.Copy(conn, client)
}

func parse(t *testing.T, text string) *caddyfile.File {
	t.Helper()
	file, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
	require.NoError(t, err)
	return file
}

func loadText(t *testing.T, text string) *caddyfile.Server {
	t.Helper()
	server, err := caddyfile.Build(parse(t, text), caddyfile.Config{Vocabulary: standard.Vocabulary(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return server
}

// post has a text echoed, and returns the number in the header of the answer.
func post(transport http.RoundTripper, addr, host string) (number int64, err error) {
	r, err := http.NewRequest("POST", "http://"+addr+"/", strings.NewReader("some text"))
	if err != nil {
		return 0, err
	}
	r.Host = host
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || string(text) != "some text" {
		return 0, fmt.Errorf("%s: %s %q %w", host, resp.Status, text, err)
	}
	_, err = fmt.Sscan(resp.Header.Get("Number")+" 0", &number)
	return number, err
}

// A webSocket is a connection that was upgraded, for whatever bytes.
type webSocket struct {
	net.Conn
	*bufio.Reader
}

func (ws *webSocket) Read(p []byte) (int, error) { return ws.Reader.Read(p) }

func (ws *webSocket) WriteTo(w io.Writer) (int64, error) { return ws.Reader.WriteTo(w) }

func dialWebSocket(t *testing.T, addr, host string) *webSocket {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	require.NoError(t, err)
	ws := &webSocket{c, bufio.NewReader(c)}
	resp, err := http.ReadResponse(ws.Reader, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	return ws
}
