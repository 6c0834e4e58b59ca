package live_test

import (
	"bufio"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// siteOf returns what a site with the lines serves, in front of 404.
func siteOf(t *testing.T, site *directive.Site, src string) http.Handler {
	t.Helper()
	site.Level = new(middleware.LogLevel)
	m, err := caddyfiletest.SetupIn(t, site, live.Directive, src)
	require.NoError(t, err)
	layers := site.Around
	if m != nil {
		layers = append(layers, m)
	}
	return middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(middleware.Chain(layers...)(middleware.Status(404)))
}

func from(peer string, site http.Handler, target, host string) *http.Response {
	r := httptest.NewRequest("GET", target, nil)
	r.RemoteAddr, r.Host, r.RequestURI = peer, host, target
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w.Result()
}

func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name, src, path string
		here, office    int // the status that this machine gets, and one of 10.0.0.0/8
	}{
		{"defaults", "introspect", "/debug/requests", 200, 404},
		{"elsewhere", "introspect /status", "/status/requests", 200, 404},
		{"and nowhere else", "introspect /status", "/debug/requests", 404, 404},
		{"whole segments", "introspect /status", "/statuses", 404, 404},
		{"allow", "introspect /debug { allow 10.0.0.0/8 }", "/debug/requests", 200, 200},
		{"allow local", "introspect {\n allow local\n}", "/debug/requests", 200, 404},
		{"allow who has a password, which here is nobody", "introspect {\n allow user\n}", "/debug/requests", 404, 404},
		{"allow another", "introspect {\n allow 192.0.2.1\n allow 2001:db8::1\n}", "/debug/requests", 200, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := siteOf(t, directive.NewSite("localhost"), tt.src)
			require.Equal(t, tt.here, from("127.0.0.1:1", h, tt.path, "localhost").StatusCode)
			require.Equal(t, tt.office, from("10.1.2.3:1", h, tt.path, "10.0.0.1:80").StatusCode)
		})
	}
	h := siteOf(t, directive.NewSite("localhost"), "introspect { allow 10.0.0.0/8\n host debug.example }")
	require.Equal(t, 200, from("10.1.2.3:1", h, "/debug/", "debug.example").StatusCode)
	require.Equal(t, 404, from("10.1.2.3:1", h, "/debug/", "evil.example").StatusCode)
}

// TestDirectiveIsShared checks that each site shows all, with its own settings.
func TestDirectiveIsShared(t *testing.T) {
	first, second := directive.NewSite("first"), directive.NewSite("second", "third")
	second.Shared = first.Shared
	a := siteOf(t, first, "introspect { slow 1h }")
	b := siteOf(t, second, "introspect {\n slow 1ns\n sensitive\n}")
	from("192.0.2.1:1", a, "/a?x", "a.example")
	from("192.0.2.1:1", b, "/b?x", "b.example")
	text := body(t, from("127.0.0.1:1", a, "/debug/?format=json", "localhost"))
	require.Contains(t, text, `"site": "first"`)
	require.Contains(t, text, `"site": "second third"`)
	text = body(t, from("127.0.0.1:1", a, "/debug/slow?path=/b", "localhost"))
	require.Contains(t, text, `"/b?…"`)
	require.NotContains(t, text, `"/a`)
	require.Contains(t, body(t, from("127.0.0.1:1", b, "/debug/slow", "localhost")), `"/b?x"`)
}

// TestDirectiveLevel checks that the level is that of the site's logger.
func TestDirectiveLevel(t *testing.T) {
	site := directive.NewSite("example.com")
	h := siteOf(t, site, "introspect")
	r := httptest.NewRequest("PUT", "/debug/log?level=warn&site=example.com", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
	at, set := site.Level.Get()
	require.True(t, set)
	require.Equal(t, slog.LevelWarn, at)
}

// TestSocket checks that nobody else can open it, that it takes the place of one that
// was left behind, and is gone in the end.
func TestSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no sockets that others cannot open")
	}
	middlewaretest.NoLeaks(t)
	dir, err := os.MkdirTemp("", "live") // for t.TempDir is too long
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "app.sock")
	left, err := net.Listen("unix", name)
	require.NoError(t, err)
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, left.Close())

	c := controller(t, "introspect {\n socket "+name+"\n}")
	m, err := live.Directive.Setup(c)
	require.NoError(t, err)
	require.Nil(t, m, "the pages are on the socket only")
	ctx, stop := context.WithCancel(t.Context())
	require.NoError(t, c.Start(ctx))
	info, err := os.Lstat(name)
	require.NoError(t, err)
	require.Equal(t, fs.ModeSocket|0o600, info.Mode())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left")

	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", name)
		},
	}}
	resp, err := client.Get("http://localhost/debug/requests")
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode)
	resp.Body.Close()
	resp, err = client.Get("http://evil.example/debug/requests")
	require.NoError(t, err)
	require.Equal(t, 404, resp.StatusCode)
	resp.Body.Close()
	tap, err := client.Get("http://localhost/debug/tap")
	require.NoError(t, err)
	stop() // the server is to stop, and a tap has no end
	_, err = bufio.NewReader(tap.Body).ReadByte()
	require.ErrorIs(t, err, io.EOF)
	tap.Body.Close()

	require.NoError(t, c.Stop())
	require.NoFileExists(t, name)
	client.CloseIdleConnections()
}

// TestSocketOfAnother checks that a file that is no socket stays, and so does the
// socket of whoever came later.
func TestSocketOfAnother(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no sockets that others cannot open")
	}
	dir, err := os.MkdirTemp("", "live")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "app.sock")
	start := func() (*directive.Controller, error) {
		c := controller(t, "introspect { socket "+name+" }")
		_, err := live.Directive.Setup(c)
		require.NoError(t, err)
		return c, c.Start(t.Context())
	}
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	_, err = start()
	require.EqualError(t, err, "socket: "+name+" is there already, and is no socket")
	require.NoError(t, os.Remove(name))
	first, err := start()
	require.NoError(t, err)
	second, err := start()
	require.NoError(t, err)
	require.NoError(t, first.Stop())
	require.FileExists(t, name)
	require.NoError(t, second.Stop())
	require.NoFileExists(t, name)
}

func controller(t *testing.T, src string) *directive.Controller {
	t.Helper()
	site := directive.NewSite("localhost")
	t.Cleanup(func() { site.Root.Close() })
	return directive.NewController(site, "introspect", caddyfiletest.Parse(t, src)...)
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"two paths", "introspect /a /b", `Caddyfile:1:15: introspect: unexpected "/b"`},
		{"no path", "introspect debug", `Caddyfile:1:12: introspect: "debug" is not a path: a path begins with /`},
		{"twice", "introspect\nintrospect /b", `Caddyfile:2:1: introspect: already given at Caddyfile:1:1`},
		{"nobody", "introspect { allow }", `Caddyfile:1:14: introspect: allow: local, user or a network is missing`},
		{"no network", "introspect { allow me }", `Caddyfile:1:20: introspect: allow: "me" is not a network such as 10.0.0.0/8`},
		{"a host for nobody", "introspect { host debug.example }", `Caddyfile:1:1: introspect: host is of use only to the networks that allow names`},
		{"networks for a socket", "introspect {\n allow 10.0.0.0/8\n socket s\n}",
			`Caddyfile:1:1: introspect: allow is for the site, and the pages are on a socket only: give a path such as /debug as well`},
		{"no time", "introspect { slow 0s }", `Caddyfile:1:19: introspect: slow: "0s" is no time at all`},
		{"no duration", "introspect { trace long }", `Caddyfile:1:20: introspect: trace: "long" is not a duration such as 10s or 1m30s`},
		{"sensitive to what", "introspect { sensitive yes }", `Caddyfile:1:24: introspect: sensitive: unexpected "yes"`},
		{"unknown", "introspect { slower 1s }", `Caddyfile:1:14: introspect: unknown property "slower" (did you mean "slow"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && tt.name == "networks for a socket" {
				t.Skip("there are none")
			}
			_, err := caddyfiletest.Setup(t, live.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
