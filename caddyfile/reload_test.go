package caddyfile_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// events notes down what becomes of sites.
type events struct {
	mu   sync.Mutex
	list []string
}

func (e *events) add(event string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

func (e *events) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

func (e *events) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = nil
}

// watched is vocabulary with more directives: noted tells when its site starts and
// stops, bad does not start, and slow begins to answer and goes on when it may, or if
// its site is told to end, or if it is cut off.
func (e *events) watched(goOn <-chan struct{}) caddyfile.Vocabulary {
	return append(caddyfile.Vocabulary{{Name: "noted", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		name := c.Once().Arg().Text
		c.OnStart(func(context.Context) error { e.add("start " + name); return nil })
		c.OnStop(func() error { e.add("stop " + name); return nil })
		return nil, c.Err()
	}}, {Name: "bad", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		text := c.Once().Arg().Text
		c.OnStart(func(context.Context) error { return errors.New(text) })
		return nil, c.Err()
	}}, {Name: "slow", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		var life context.Context
		c.OnStart(func(ctx context.Context) error { life = ctx; return nil })
		return func(middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				io.WriteString(w, "begun ")
				http.NewResponseController(w).Flush()
				how := "finished"
				select {
				case <-goOn:
				case <-life.Done():
					how = "told"
				case <-r.Context().Done():
					how = "cut"
				}
				e.add(how)
				io.WriteString(w, how)
				return 0, nil
			})
		}, c.Err()
	}}}, vocabulary()...)
}

func load(t *testing.T, text string, c caddyfile.Config) *caddyfile.Server {
	t.Helper()
	server, err := caddyfile.Build(parse(t, text), c)
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	return server
}

// start serves until the end of the test.
func start(t *testing.T, server *caddyfile.Server) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	require.NoError(t, server.Listen(ctx))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		require.NoError(t, <-done)
	})
}

func reload(t *testing.T, server *caddyfile.Server, text string) caddyfile.ReloadReport {
	t.Helper()
	report, err := server.Reload(t.Context(), parse(t, text))
	require.NoError(t, err)
	report.Took = 0
	return report
}

// ask returns what h says to a request for a host.
func ask(h http.Handler, host string) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/", nil))
	return strings.TrimSpace(w.Body.String())
}

// TestReload checks that sites are kept that say the same, wherever they say it, and
// that all others are started before those that they replace are stopped.
func TestReload(t *testing.T) {
	const (
		a      = "a {\n noted a\n}\n"
		b      = "b {\n noted b\n outer 1\n answer b\n}\n"
		opened = "start a, start b"
	)
	for _, tt := range []struct {
		name, after string
		want        caddyfile.ReloadReport
		events      string
	}{
		{"nothing", a + b, caddyfile.ReloadReport{Kept: 2}, opened},
		{"comments and blanks", "# hello\na   {\n\n noted \\\n a\n}\n" + b, caddyfile.ReloadReport{Kept: 2}, opened},
		{"the order of sites", b + a, caddyfile.ReloadReport{Kept: 2}, opened},
		{"where it is imported from", "(x) {\n noted a\n}\na {\n import x\n}\n" + b, caddyfile.ReloadReport{Kept: 2}, opened},
		{"a word", "a {\n noted A\n}\n" + b, caddyfile.ReloadReport{Kept: 1, Changed: []string{"a"}}, opened + ", start A, stop a"},
		{"quotes", "a {\n noted \"a\"\n}\n" + b, caddyfile.ReloadReport{Kept: 1, Changed: []string{"a"}}, opened + ", start a, stop a"},
		{"a line", a + "b {\n noted b\n answer b\n}\n", caddyfile.ReloadReport{Kept: 1, Changed: []string{"b"}}, opened + ", start b, stop b"},
		{"the order of lines", a + "b {\n outer 1\n noted b\n answer b\n}\n", caddyfile.ReloadReport{Kept: 1, Changed: []string{"b"}}, opened + ", start b, stop b"},
		{"an address", "a, c {\n noted a\n}\n" + b, caddyfile.ReloadReport{Kept: 1, Changed: []string{"a"}}, opened + ", start a, stop a"},
		{"a site more", a + b + "c {\n noted c\n}", caddyfile.ReloadReport{Kept: 2, Added: []string{"c"}}, opened + ", start c"},
		{"a site less", a, caddyfile.ReloadReport{Kept: 1, Removed: []string{"b"}}, opened + ", stop b"},
		{"everything", "c {\n noted c\n}", caddyfile.ReloadReport{Added: []string{"c"}, Removed: []string{"a", "b"}},
			opened + ", start c, stop b, stop a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e events
			server := load(t, a+b, caddyfile.Config{Vocabulary: e.watched(nil)})
			require.NoError(t, server.Open(t.Context()))
			require.Equal(t, tt.want, reload(t, server, tt.after))
			middlewaretest.Eventually(t, func() bool { return strings.Join(e.all(), ", ") == tt.events })
		})
	}
}

// TestReloadKeepsHandlers checks that a site that is kept is served by the same
// handler, and one that is not by another, also at a path.
func TestReloadKeepsHandlers(t *testing.T) {
	made := 0
	v := caddyfile.Vocabulary{{Name: "number", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 1)
		made++
		text := string(rune('0' + made))
		return func(middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
				io.WriteString(w, text)
				return 0, nil
			})
		}, c.Err()
	}}}
	server := load(t, "a {\n number\n}\nb {\n number\n}", caddyfile.Config{Vocabulary: v})
	require.NoError(t, server.Open(t.Context()))
	h := server.Handler()
	require.Equal(t, "12", ask(h, "a")+ask(h, "b"))
	reload(t, server, "b {\n number\n}\na {\n number again\n}\nc {\n number\n}")
	require.Equal(t, "324", ask(h, "a")+ask(h, "b")+ask(h, "c"))
	reload(t, server, "b {\n number\n}")
	require.Equal(t, "404 Not Found 2", ask(h, "a")+" "+ask(h, "b"))
}

// TestFailedReload checks that whatever goes wrong, all is as it was, and what had
// been started is stopped.
func TestFailedReload(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	for _, tt := range []struct{ name, text, want, events string }{
		{"a directive that is not understood", "127.0.0.1:0 {\n answer new\n noted new\n}\nb:0 {\n outre\n}",
			"Caddyfile:6:2: unknown directive \"outre\" (did you mean \"outer\"?)\n\toutre\n\t^", "stop new"},
		{"a site that does not start", "127.0.0.1:0 {\n answer new\n noted new\n}\nb:0 {\n bind 127.0.0.1\n bad luck\n}",
			"Caddyfile:7:2: b:0: bad: luck\n\tbad luck\n\t^", "start new, stop new"},
		{"an address in use", "127.0.0.1:0 {\n answer new\n noted new\n}\n127.0.0.1:1, " + busy.Addr().String() + " {\n}",
			"", "start new, stop new"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e events
			server := load(t, "127.0.0.1:0 {\n answer old\n}", caddyfile.Config{Vocabulary: e.watched(nil)})
			start(t, server)
			addr := server.Listeners()[0].Addr.String()
			_, err := server.Reload(t.Context(), parse(t, tt.text))
			require.Error(t, err)
			if tt.want != "" {
				require.EqualError(t, err, tt.want)
			}
			require.Equal(t, tt.events, strings.Join(e.all(), ", "))
			require.Len(t, server.Listeners(), 1)
			require.Equal(t, "old", get(t, addr, "127.0.0.1"))
			reload(t, server, "127.0.0.1:0 {\n answer new\n}")
			require.Equal(t, "new", get(t, addr, "127.0.0.1"))
		})
	}
}

// TestReloadLetsFinish checks that requests that a site has begun to answer go on
// there while others go to what has replaced it, and that it is stopped after them.
func TestReloadLetsFinish(t *testing.T) {
	var e events
	goOn := make(chan struct{})
	server := load(t, "127.0.0.1:0 {\n noted old\n slow\n}", caddyfile.Config{Vocabulary: e.watched(goOn)})
	start(t, server)
	addr := server.Listeners()[0].Addr.String()
	resp := begin(t, addr)
	reload(t, server, "127.0.0.1:0 {\n noted new\n answer new\n}")
	require.Equal(t, "new", get(t, addr, "127.0.0.1"))
	require.Equal(t, 1, server.Draining())
	require.Equal(t, []string{"start old", "start new"}, e.all())
	close(goOn)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "begun finished", string(text))
	middlewaretest.Eventually(t, func() bool {
		return slices.Equal(e.all(), []string{"start old", "start new", "finished", "stop old"})
	})
	require.Zero(t, server.Draining())
}

// TestReloadTells checks that a site is told that it has been replaced or removed by
// the time that the reload is over, while it still has a request, and no other site is.
func TestReloadTells(t *testing.T) {
	var e events
	goOn := make(chan struct{})
	v := append(e.watched(goOn), directive.Directive{Name: "told", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		name := c.Once().Arg().Text
		c.OnReplace(func() { e.add("replaced " + name) })
		return nil, c.Err()
	}})
	server := load(t, "127.0.0.1:0 {\n told old\n slow\n}\na {\n told a\n}\nb {\n told b\n}", caddyfile.Config{Vocabulary: v})
	start(t, server)
	resp := begin(t, server.Listeners()[0].Addr.String())
	_, err := server.Reload(t.Context(), parse(t, "127.0.0.1:0 {\n told new\n bad luck\n}"))
	require.Error(t, err)
	require.Empty(t, e.all())
	reload(t, server, "127.0.0.1:0 {\n told new\n}\nb {\n told b\n}")
	require.Equal(t, []string{"replaced old", "replaced a"}, e.all())
	close(goOn)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
}

// begin returns a response that has begun.
func begin(t *testing.T, addr string) *http.Response {
	t.Helper()
	resp, err := http.Get("http://" + addr)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// TestDrain checks that what takes longer than it may is told to end.
func TestDrain(t *testing.T) {
	var e events
	server := load(t, "127.0.0.1:0 {\n noted old\n slow\n}", caddyfile.Config{Vocabulary: e.watched(nil), Drain: time.Millisecond})
	start(t, server)
	resp := begin(t, server.Listeners()[0].Addr.String())
	reload(t, server, "127.0.0.1:0 {\n noted new\n answer new\n}")
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "begun told", string(text))
	middlewaretest.Eventually(t, func() bool {
		return slices.Equal(e.all(), []string{"start old", "start new", "told", "stop old"})
	})
}

// TestReloadOfNothingOpen checks that a Server that has not been opened yet starts
// only what it was last given.
func TestReloadOfNothingOpen(t *testing.T) {
	var e events
	server := load(t, "127.0.0.1:0 {\n noted old\n}", caddyfile.Config{Vocabulary: e.watched(nil)})
	require.Equal(t, []string{"127.0.0.1:0"}, reload(t, server, "127.0.0.1:0 {\n noted new\n answer new\n}").Changed)
	middlewaretest.Eventually(t, func() bool { return slices.Equal(e.all(), []string{"stop old"}) })
	require.NoError(t, server.Open(t.Context()))
	reload(t, server, "127.0.0.1:0 {\n noted newer\n answer newer\n}")
	start(t, server)
	require.Equal(t, "newer", get(t, server.Listeners()[0].Addr.String(), "127.0.0.1"))
	require.NoError(t, server.Close())
	require.Equal(t, []string{"stop old", "start new", "start newer", "stop new", "stop newer"}, e.all())
	_, err := server.Reload(t.Context(), parse(t, "127.0.0.1:0"))
	require.ErrorIs(t, err, caddyfile.ErrClosed)
}
