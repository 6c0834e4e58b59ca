package websocket_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	ws "github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/websocket"
)

var quiet = slog.New(slog.DiscardHandler)

// shell returns a command for what takes a shell to say.
func shell(t testing.TB, text string) []string {
	middlewaretest.Program(t, "sh")
	return []string{"sh", "-c", text}
}

// serve has a server answer by c and, for what asks for no WebSocket, with 404.
func serve(t testing.TB, c websocket.Config) *httptest.Server {
	if c.Log == nil {
		c.Log = quiet
	}
	h := middleware.Edge{Log: c.Log}.Handler(websocket.New(c)(middleware.Status(404)))
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// dial opens a WebSocket, with header fields as pairs.
func dial(t testing.TB, url string, fields ...string) *ws.Conn {
	t.Helper()
	header := http.Header{}
	for i := 0; i < len(fields); i += 2 {
		header.Add(fields[i], fields[i+1])
	}
	conn, _, err := ws.Dial(t.Context(), url, &ws.DialOptions{HTTPHeader: header})
	require.NoError(t, err)
	t.Cleanup(func() { conn.CloseNow() })
	return conn
}

func say(t testing.TB, conn *ws.Conn, text string) {
	t.Helper()
	require.NoError(t, conn.Write(t.Context(), ws.MessageText, []byte(text)))
}

func hear(t testing.TB, conn *ws.Conn) string {
	t.Helper()
	_, text, err := conn.Read(t.Context())
	require.NoError(t, err)
	return string(text)
}

// closed reads on until the WebSocket is closed, and returns its status.
func closed(t testing.TB, conn *ws.Conn) ws.StatusCode {
	t.Helper()
	for {
		if _, _, err := conn.Read(t.Context()); err != nil {
			return ws.CloseStatus(err)
		}
	}
}

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, websocket.New(websocket.Config{Path: "/echo", Command: []string{"cat"}}))
	middlewaretest.Transparent(t, websocket.New(websocket.Config{}))
}

func TestEcho(t *testing.T) {
	middlewaretest.NoLeaks(t)
	server := serve(t, websocket.Config{Command: shell(t, "exec cat")})
	conn := dial(t, server.URL+"/any/path")
	for _, text := range []string{"one", "two", "", "drei: äöü"} {
		say(t, conn, text)
		require.Equal(t, text, hear(t, conn))
	}
	say(t, conn, "two\nlines")
	require.Equal(t, "two", hear(t, conn))
	require.Equal(t, "lines", hear(t, conn))
	require.NoError(t, conn.Close(ws.StatusNormalClosure, ""))
	server.Close()
}

func TestOutput(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		how          websocket.Type
		want         []string
		status       ws.StatusCode
	}{
		{"of lines", `printf 'a\r\n\nb\n'`, websocket.Lines, []string{"a", "", "b"}, ws.StatusNormalClosure},
		{"of a last line without its end", `printf 'a\nb'`, websocket.Lines, []string{"a", "b"}, ws.StatusNormalClosure},
		{"of lines that are no UTF-8", `printf 'a\377b\n'`, websocket.Lines, []string{"a\uFFFDb"}, ws.StatusNormalClosure},
		{"of a line that is too long", `printf '12345678901234567\n'; sleep 1000`, websocket.Lines, nil, ws.StatusInternalError},
		{"of bytes", `printf 'a\377b'`, websocket.Binary, []string{"a\377b"}, ws.StatusNormalClosure},
		{"of more bytes than a piece has", `printf '12345678901234567'`, websocket.Binary, []string{"1234567890123456", "7"}, ws.StatusNormalClosure},
		{"of text cut within a character", `printf '123456789012345\303\244x'`, websocket.Text, []string{"123456789012345", "äx"}, ws.StatusNormalClosure},
		{"of text that ends within a character", `printf 'a\303'`, websocket.Text, []string{"a", "\uFFFD"}, ws.StatusNormalClosure},
		{"and a failure", `echo a; exit 3`, websocket.Lines, []string{"a"}, ws.StatusInternalError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, websocket.Config{Command: shell(t, tt.script), Type: tt.how, BufferSize: 16})
			conn := dial(t, server.URL)
			var got []string
			for {
				kind, text, err := conn.Read(t.Context())
				if err != nil {
					require.Equal(t, tt.status, ws.CloseStatus(err), "%v", err)
					break
				}
				require.Equal(t, tt.how == websocket.Binary, kind == ws.MessageBinary)
				got = append(got, string(text))
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestInputWithoutLines(t *testing.T) {
	server := serve(t, websocket.Config{Command: shell(t, "exec head -c 4"), Type: websocket.Binary})
	conn := dial(t, server.URL)
	say(t, conn, "ab")
	say(t, conn, "cd")
	require.Equal(t, "abcd", hear(t, conn))
	require.Equal(t, ws.StatusNormalClosure, closed(t, conn))
}

// TestRefused has a request for each reason to run nothing.
func TestRefused(t *testing.T) {
	ran := filepath.Join(t.TempDir(), "ran")
	server := serve(t, websocket.Config{Path: "/echo", Origins: []string{"*.Friend.example", "localhost:81"}, Command: shell(t, "echo > "+ran)})
	host := strings.TrimPrefix(server.URL, "http://")
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	const upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
	for _, tt := range []struct {
		name, line, header string
		status             int
	}{
		{"no WebSocket", "GET /echo HTTP/1.1", "", 404},
		{"another path", "GET /echoes HTTP/1.1", upgrade + key, 404},
		{"another protocol", "GET /echo HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", 404},
		{"a POST", "POST /echo HTTP/1.1", "Content-Length: 0\r\n" + upgrade + key, 400},
		{"HTTP/1.0", "GET /echo HTTP/1.0", upgrade + key, 400},
		{"no key", "GET /echo HTTP/1.1", upgrade, 400},
		{"a short key", "GET /echo HTTP/1.1", upgrade + "Sec-WebSocket-Key: aGVsbG8=\r\n", 400},
		{"two keys", "GET /echo HTTP/1.1", upgrade + key + key, 400},
		{"another version", "GET /echo HTTP/1.1", strings.Replace(upgrade, "13", "8", 1) + key, 426},
		{"a foreign origin", "GET /echo HTTP/1.1", upgrade + key + "Origin: http://evil.example\r\n", 403},
		{"an origin that begins as a friend", "GET /echo HTTP/1.1", upgrade + key + "Origin: http://a.friend.example.evil.example\r\n", 403},
		{"an origin on another port", "GET /echo HTTP/1.1", upgrade + key + "Origin: http://localhost\r\n", 403},
		{"a path that no variable can have", "GET /echo/%00 HTTP/1.1", upgrade + key, 400},
		{"an opaque origin", "GET /echo HTTP/1.1", upgrade + key + "Origin: null\r\n", 403},
		{"an origin with a user", "GET /echo HTTP/1.1", upgrade + key + "Origin: http://" + host + "@evil.example\r\n", 403},
		{"two origins", "GET /echo HTTP/1.1", upgrade + key + "Origin: http://" + host + "\r\nOrigin: http://evil.example\r\n", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", host)
			require.NoError(t, err)
			defer conn.Close()
			io.WriteString(conn, tt.line+"\r\nHost: "+host+"\r\n"+tt.header+"\r\n")
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.Equal(t, tt.status, res.StatusCode)
			if tt.status == 426 {
				require.Equal(t, "13", res.Header.Get("Sec-WebSocket-Version"))
			}
		})
	}
	_, err := os.Stat(ran)
	require.ErrorIs(t, err, os.ErrNotExist, "nothing was run")

	for _, origin := range []string{server.URL, "http://A.friend.example", "http://localhost:81"} {
		require.Equal(t, ws.StatusNormalClosure, closed(t, dial(t, server.URL+"/echo", "Origin", origin)))
	}
}

func TestThereAreOnlySoMany(t *testing.T) {
	server := serve(t, websocket.Config{Command: shell(t, "exec cat"), MaxConnections: 2})
	first := dial(t, server.URL)
	dial(t, server.URL)
	_, res, err := ws.Dial(t.Context(), server.URL, nil)
	require.Error(t, err)
	require.Equal(t, 503, res.StatusCode)
	first.Close(ws.StatusNormalClosure, "")
	middlewaretest.Eventually(t, func() bool {
		conn, _, err := ws.Dial(t.Context(), server.URL, nil)
		if err == nil {
			conn.CloseNow()
		}
		return err == nil
	})
}

func TestAMessageTooBigEndsIt(t *testing.T) {
	server := serve(t, websocket.Config{Command: shell(t, "exec cat"), BufferSize: 100})
	conn := dial(t, server.URL)
	say(t, conn, strings.Repeat("x", 100))
	require.Len(t, hear(t, conn), 100)
	say(t, conn, strings.Repeat("x", 101))
	require.Equal(t, ws.StatusMessageTooBig, closed(t, conn))
}

// TestTheProgramEndsWithItsWebSocket has programs that would rather not.
func TestTheProgramEndsWithItsWebSocket(t *testing.T) {
	const stubborn = "trap '' TERM; sh -c \"trap '' TERM; exec sleep 1000\" & echo $$ $!; wait; sleep 1000"
	gone := func(t *testing.T, pids string) {
		for pid := range strings.FieldsSeq(pids) {
			middlewaretest.Eventually(t, func() bool {
				state, err := os.ReadFile("/proc/" + pid + "/stat")
				return err != nil || bytes.Contains(state, []byte(") Z "))
			})
		}
	}
	for _, tt := range []struct {
		name string
		end  func(*ws.Conn)
	}{
		{"the client closes it", func(c *ws.Conn) { c.Close(ws.StatusNormalClosure, "") }},
		{"the client is gone", func(c *ws.Conn) { c.CloseNow() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			server := serve(t, websocket.Config{Command: shell(t, stubborn)})
			conn := dial(t, server.URL)
			pids := hear(t, conn)
			tt.end(conn)
			gone(t, pids)
			server.Close()
		})
	}
	t.Run("the client answers no pings", func(t *testing.T) {
		server := serve(t, websocket.Config{Command: shell(t, stubborn), Ping: 20 * time.Millisecond})
		conn := dial(t, server.URL)
		gone(t, hear(t, conn)) // and reads nothing more
	})
	t.Run("the server is to stop", func(t *testing.T) {
		drain := make(chan struct{})
		server := serve(t, websocket.Config{Command: shell(t, stubborn), Drain: drain})
		conn := dial(t, server.URL)
		pids := hear(t, conn)
		close(drain)
		require.Equal(t, ws.StatusGoingAway, closed(t, conn))
		gone(t, pids)
	})
	t.Run("nobody reads what it says", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		server := serve(t, websocket.Config{Command: shell(t, "echo $$; exec yes"), Ping: 50 * time.Millisecond})
		conn := dial(t, server.URL)
		gone(t, hear(t, conn))
		conn.CloseNow()
		server.Close()
	})
}

// TestAProgramThatReadsNothing goes on to talk while the client does.
func TestAProgramThatReadsNothing(t *testing.T) {
	server := serve(t, websocket.Config{Command: shell(t, "exec <&-; echo deaf; while read -r x; do :; done; sleep 0.1; echo still here")})
	conn := dial(t, server.URL)
	require.Equal(t, "deaf", hear(t, conn))
	for range 10 {
		say(t, conn, strings.Repeat("x", 10_000))
	}
	require.Equal(t, "still here", hear(t, conn))
	require.Equal(t, ws.StatusNormalClosure, closed(t, conn))
}

func TestAProgramThatCannotBeRunIsA500(t *testing.T) {
	var log strings.Builder
	h := websocket.NewHandler(middleware.Status(404), websocket.Config{Command: []string{"no-such-program"}})
	server := httptest.NewServer(middleware.Edge{Log: slog.New(slog.NewTextHandler(&log, nil))}.Handler(h))
	_, res, err := ws.Dial(t.Context(), server.URL, nil)
	require.Error(t, err)
	require.Equal(t, 500, res.StatusCode)
	server.Close()
	require.Contains(t, log.String(), "no-such-program: exec:")
}

func TestWhatItPrintsOnStandardErrorIsLogged(t *testing.T) {
	var (
		mu  sync.Mutex
		log bytes.Buffer
	)
	server := serve(t, websocket.Config{
		Command: shell(t, "echo out; echo err >&2; exit 7"),
		Log: slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), nil)),
	})
	require.Equal(t, ws.StatusInternalError, closed(t, dial(t, server.URL)))
	middlewaretest.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(log.String(), "sh: exit status 7")
	})
	require.Contains(t, log.String(), `msg="command says" command=sh output=err`)
	require.NotContains(t, log.String(), "output=out")
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// TestBehindTheLayersOfASite has it hijack through recorders.
func TestBehindTheLayersOfASite(t *testing.T) {
	record := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			rec := middleware.Record(w)
			status, err := next.ServeHTTP(rec, r)
			if rec.Begun() && rec.Status() != 101 {
				t.Errorf("status %d", rec.Status())
			}
			return status, err
		})
	}
	h := middleware.Chain(record, record, websocket.New(websocket.Config{Command: shell(t, "exec cat"), Log: quiet}))
	server := httptest.NewServer(h.HTTP(http.NotFoundHandler()))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, _, err := ws.Dial(ctx, server.URL, nil)
	require.NoError(t, err)
	say(t, conn, "x")
	require.Equal(t, "x", hear(t, conn))
	conn.Close(ws.StatusNormalClosure, "")
}

// TestOriginWithoutTLS checks that what whoever is on the way has put in place of a page
// of http opens no WebSocket by https (RFC 6454, section 5).
func TestOriginWithoutTLS(t *testing.T) {
	h := websocket.NewHandler(middleware.Status(200), websocket.Config{Command: []string{"/no/such/program"}, Origins: []string{"friend.example"}})
	for _, tt := range []struct {
		url, origin string
		want        int // 500 is that the program was looked for
	}{
		{"https://site.example/", "https://site.example", 500},
		{"https://site.example/", "http://site.example", 403},
		{"https://site.example/", "http://friend.example", 500},
		{"http://site.example/", "http://site.example", 500},
		{"http://site.example/", "https://site.example", 500}, // behind a proxy that has the TLS
	} {
		r := httptest.NewRequest("GET", tt.url, nil)
		for name, value := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": tt.origin,
		} {
			r.Header.Set(name, value)
		}
		status, _ := h.ServeHTTP(httptest.NewRecorder(), r)
		require.Equal(t, tt.want, status, tt)
	}
}
