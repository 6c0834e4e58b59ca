package standard_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

// TestSamples serves the Caddyfiles by which Caddy 0.7.1 was first presented,
// but for the ports.
func TestSamples(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		requests   []request
		logs       map[string]string // contained in the file called so
	}{
		{
			name: "a site without braces", text: "localhost:0\ngzip\nlog ./2015.log",
			requests: []request{{"localhost", "/hello.txt", 200, "hello"}, {"localhost", "/2015.log", 404, "404 Not Found\n"}},
			logs:     map[string]string{"2015.log": `"GET /hello.txt HTTP/1.1" 200 5`},
		},
		{
			name: "two sites on one port", text: "foo.com:0 {\n\tlog ./foo.log\n\tgzip\n\tbind 127.0.0.1\n}\nbar.com:0 {\n\tlog ./bar.log\n\tgzip\n\tbind 127.0.0.1\n}",
			requests: []request{
				{"foo.com", "/hello.txt?foo", 200, "hello"}, {"bar.com", "/hello.txt?bar", 200, "hello"},
				{"FOO.com", "/bar.log", 404, "404 Not Found\n"}, {"other.com", "/hello.txt", 404, "404 Not Found\n"},
			},
			logs: map[string]string{"foo.log": "GET /hello.txt?foo", "bar.log": "GET /hello.txt?bar"},
		},
		{
			name: "a site with braces", text: "localhost:0 {\n\tgzip\n\tlog ./2015.log\n}",
			requests: []request{{"localhost", "/hello.txt", 200, "hello"}},
			logs:     map[string]string{"2015.log": `"GET /hello.txt HTTP/1.1" 200 5`},
		},
		{
			name: "listings", text: "localhost:0 {\n\tbrowse\n\tgzip\n}",
			requests: []request{
				{"localhost", "/?format=text&sort=name", 200, "./hello.txt\n./long.txt\n"}, // but no Caddyfile
				{"localhost", "/hello.txt", 200, "hello"},
				{"localhost", "/missing/", 404, "404 Not Found\n"},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			require.NoError(t, os.WriteFile("hello.txt", []byte("hello"), 0o600))
			require.NoError(t, os.WriteFile("long.txt", []byte(strings.Repeat("hello", 1000)), 0o600))
			require.NoError(t, os.WriteFile("Caddyfile", []byte(tt.text), 0o600))
			addr, stop := serve(t, "Caddyfile")
			for _, r := range tt.requests {
				status, body := r.send(t, addr)
				require.Equal(t, r.status, status, r)
				require.Equal(t, r.body, body, r)
			}
			require.True(t, request{host: tt.requests[0].host, path: "/long.txt"}.isCompressed(t, addr))
			stop()
			for name, want := range tt.logs {
				text, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				require.Contains(t, string(text), want)
			}
		})
	}
}

// TestProxySamples runs the two with backends, of which each says its port as it
// is printed.
func TestProxySamples(t *testing.T) {
	printed := []string{"9001", "9002", "9003", "9004"}
	var ports []string // in place of those printed
	for _, port := range printed {
		backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, port+r.URL.Path) }))
		defer backend.Close()
		ports = append(ports, port, backend.Listener.Addr().String()[len("127.0.0.1:"):])
	}
	for _, tt := range []struct {
		name, text string
		want       map[string][]string // who answers requests for a path, in whatever order
	}{
		{
			name: "two prefixes", text: "localhost:0 {\n\tproxy /foo localhost:9001\n\tproxy /bar localhost:9002\n}",
			want: map[string][]string{"/foo/x": {"9001/foo/x", "9001/foo/x"}, "/bar": {"9002/bar"}, "/": {"404 Not Found\n"}},
		},
		{
			name: "two groups", text: `localhost:0 {
				proxy / localhost:9001 localhost:9003 {
					policy round_robin
				}
				proxy /bar localhost:9002 localhost:9004 {
					policy least_conn
				}
			}`,
			want: map[string][]string{"/foo": {"9001/foo", "9003/foo", "9001/foo", "9003/foo"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			text := strings.ReplaceAll(strings.NewReplacer(ports...).Replace(tt.text), "localhost:", "127.0.0.1:")
			require.NoError(t, os.WriteFile("Caddyfile", []byte(text), 0o600))
			addr, stop := serve(t, "Caddyfile")
			defer stop()
			for path, want := range tt.want {
				var got []string
				for range want {
					_, body := request{host: "127.0.0.1", path: path}.send(t, addr)
					got = append(got, body)
				}
				require.ElementsMatch(t, want, got)
			}
			if tt.name == "two groups" {
				_, body := request{host: "127.0.0.1", path: "/bar/x"}.send(t, addr)
				require.Contains(t, []string{"9002/bar/x", "9004/bar/x"}, body)
			}
		})
	}
}

// TestSampleWithItsHeading checks that who copies a printed sample with the line
// that heads it is told what to do.
func TestSampleWithItsHeading(t *testing.T) {
	_, err := caddyfile.Parse("Caddyfile", []byte("//Caddyfile\nlocalhost:2015\n"), caddyfile.ParseConfig{})
	require.ErrorContains(t, err, "Caddyfile:1:1: ")
	require.ErrorContains(t, err, "#")
}

// TestErrorsAreLogged checks that a failure ends in the log and the pages of its
// own site, inside its access log.
func TestErrorsAreLogged(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("404.html", []byte("<h1>Gone fishing</h1>"), 0o600))
	require.NoError(t, os.WriteFile("Caddyfile", []byte("127.0.0.1:0\nlog access.log\nerrors {\n\tlog error.log\n\t404 404.html\n}"), 0o600))
	addr, stop := serve(t, "Caddyfile")
	status, body := request{host: "127.0.0.1", path: "/missing"}.send(t, addr)
	require.Equal(t, 404, status)
	require.Equal(t, "<h1>Gone fishing</h1>", body)
	stop()
	text, err := os.ReadFile("access.log")
	require.NoError(t, err)
	require.Contains(t, string(text), `"GET /missing HTTP/1.1" 404 21`)
}

// order is that in which requests meet the directives' layers, outermost first. Those
// of the first line become none.
const order = "root index tls bind h2c timeouts limits trusted_proxies startup shutdown on git request_id " +
	"log gzip errors header decompress rewrite redir ext basicauth mime status internal expvar pprof introspect push " +
	"proxy fastcgi websocket markdown templates browse static"

func TestOrder(t *testing.T) {
	names := standard.Vocabulary().Names()
	want := slices.DeleteFunc(strings.Fields(order), func(name string) bool { return !slices.Contains(names, name) })
	require.Equal(t, want, names)
}

func TestVocabularyIsTheCallersOwn(t *testing.T) {
	standard.Vocabulary()[0].Name = "changed"
	require.Equal(t, "root", standard.Vocabulary()[0].Name)
}

type request struct {
	host, path string
	status     int
	body       string
}

func (r request) send(t *testing.T, addr net.Addr) (status int, body string) {
	t.Helper()
	resp := r.do(t, addr)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func (r request) isCompressed(t *testing.T, addr net.Addr) bool {
	t.Helper()
	resp := r.do(t, addr)
	defer resp.Body.Close()
	return resp.Uncompressed // as the client has asked for by itself
}

func (r request) do(t *testing.T, addr net.Addr) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr.String()+r.path, nil)
	require.NoError(t, err)
	req.Host = r.host
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	return resp
}

// serve serves the Caddyfile called name until stop is called.
func serve(t *testing.T, name string) (addr net.Addr, stop func()) {
	t.Helper()
	server, err := caddyfile.Load(name, caddyfile.Config{Vocabulary: standard.Vocabulary()})
	require.NoError(t, err)
	stop = run(t, server)
	return server.Listeners()[0].Addr, stop
}

// run has a server serve until stop is called, or at the latest until the test ends.
func run(t *testing.T, server *caddyfile.Server) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, server.Listen(ctx))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	stop = sync.OnceFunc(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}
