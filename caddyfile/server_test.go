package caddyfile_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	server := build(t, "127.0.0.1:0 { answer one }\nexample.com:0 {\n bind 127.0.0.1\n answer two\n}")
	require.NoError(t, server.Listen(ctx))
	listeners := server.Listeners()
	require.Len(t, listeners, 1)
	require.Equal(t, "http", listeners[0].Scheme)
	require.Equal(t, []string{"127.0.0.1:0", "example.com:0"}, listeners[0].Sites)

	done := make(chan error)
	go func() { done <- server.Serve(ctx) }()
	for host, want := range map[string]string{"127.0.0.1": "one", "example.com": "two"} {
		require.Equal(t, want, get(t, listeners[0].Addr.String(), host))
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	require.NoError(t, <-done)
	_, err := net.Dial("tcp", listeners[0].Addr.String())
	require.Error(t, err, "still listening")
	require.ErrorIs(t, server.Serve(t.Context()), caddyfile.ErrClosed)
}

// TestServeEndsWithItsServer checks that Serve returns once somebody else has
// closed the server, whose sites have ended by then.
func TestServeEndsWithItsServer(t *testing.T) {
	for name, end := range map[string]func(*caddyfile.Server) error{
		"Shutdown": func(s *caddyfile.Server) error { return s.Shutdown(t.Context()) },
		"Close":    (*caddyfile.Server).Close,
	} {
		t.Run(name, func(t *testing.T) {
			var stopped atomic.Bool
			v := append(vocabulary(), directive.Directive{Name: "x", Always: true,
				Setup: func(c *directive.Controller) (middleware.Middleware, error) {
					c.OnStop(func() error { stopped.Store(true); return nil })
					return nil, c.Err()
				}})
			server, err := caddyfile.Build(parse(t, "127.0.0.1:0\nanswer one"), caddyfile.Config{Vocabulary: v})
			require.NoError(t, err)
			require.NoError(t, server.Listen(t.Context()))
			done := make(chan error)
			go func() { done <- server.Serve(context.WithoutCancel(t.Context())) }()
			require.Equal(t, "one", get(t, server.Listeners()[0].Addr.String(), "127.0.0.1"))
			http.DefaultClient.CloseIdleConnections()
			require.NoError(t, end(server))
			require.NoError(t, <-done)
			require.True(t, stopped.Load())
		})
	}
}

// TestLocalhostIsOnBothLoopbacks checks that a browser may take localhost for
// either address, where the machine has both.
func TestLocalhostIsOnBothLoopbacks(t *testing.T) {
	server := build(t, "localhost:0")
	require.NoError(t, server.Listen(t.Context()))
	for _, l := range server.Listeners() {
		require.True(t, l.Addr.(*net.TCPAddr).IP.IsLoopback(), l.Addr)
	}
	require.NotEmpty(t, server.Listeners())
}

func TestListenIsAllOrNothing(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	_, number, _ := net.SplitHostPort(busy.Addr().String())

	stopped := false
	v := caddyfile.Vocabulary{{Name: "x", Always: true, Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.OnStop(func() error { stopped = true; return nil })
		return nil, c.Err()
	}}}
	server, err := caddyfile.Build(parse(t, "127.0.0.1:0, 127.0.0.1:"+number), caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	err = server.Listen(t.Context())
	require.ErrorContains(t, err, "127.0.0.1:"+number)
	require.Empty(t, server.Listeners())
	require.True(t, stopped)
}

// TestGrace checks that requests in flight are let finish when the server stops,
// but not for longer than its time of grace.
func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		name     string
		grace    time.Duration
		finishes bool
	}{
		{"in time", time.Minute, true},
		{"too late", time.Millisecond, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			arrived, finish := make(chan struct{}), make(chan struct{})
			v := caddyfile.Vocabulary{{Name: "wait", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
				c.Once().Args(0, 0)
				return func(middleware.Handler) middleware.Handler {
					return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
						close(arrived)
						select {
						case <-finish:
							io.WriteString(w, "finished")
						case <-r.Context().Done():
						}
						return 0, nil
					})
				}, c.Err()
			}}}
			server, err := caddyfile.Build(parse(t, "127.0.0.1:0\nwait"), caddyfile.Config{Vocabulary: v, Grace: tt.grace})
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			require.NoError(t, server.Listen(ctx))
			done := make(chan error, 1)
			go func() { done <- server.Serve(ctx) }()

			type result struct {
				body string
				err  error
			}
			got := make(chan result, 1)
			go func() {
				resp, err := http.Get("http://" + server.Listeners()[0].Addr.String())
				if err != nil {
					got <- result{err: err}
					return
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				got <- result{string(body), err}
			}()
			<-arrived
			stop()
			if tt.finishes {
				close(finish)
			}
			require.NoError(t, <-done)
			if r := <-got; tt.finishes {
				require.NoError(t, r.err)
				require.Equal(t, "finished", r.body)
			} else {
				require.Error(t, r.err)
			}
		})
	}
}

// TestPorts checks where sites that share a port are listened for.
func TestPorts(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"a name", "example.com:80", []string{""}},
		{"no name", ":80", []string{""}},
		{"localhost", "localhost:80", []string{"localhost"}},
		{"below localhost", "a.localhost:80", []string{"localhost"}},
		{"addresses", "127.0.0.2:80 [::1]:80", []string{"127.0.0.2", "::1"}},
		{"bound", "example.com:80\nbind 127.0.0.1 127.0.0.2", []string{"127.0.0.1", "127.0.0.2"}},
		{"one for all stands in for the others", "localhost:80, 192.0.2.1:80, example.com:80", []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, build(t, tt.text).PortListens("80"))
		})
	}
}

// TestNarrowSitesStayNarrow checks that a site for this machine only does not
// become public because another needs a listener for all addresses.
func TestNarrowSitesStayNarrow(t *testing.T) {
	h := build(t, `
localhost:80   { answer private }
192.0.2.1:80   { answer numbered }
example.com:80 { answer public }
bound.example:80 {
	bind 192.0.2.2
	answer bound
}
both.example:80 {
	bind 192.0.2.2
	answer "inside"
}
both.example:80 { answer "outside" }`).PortHandler("80")
	for _, tt := range []struct{ at, host, want string }{
		{"127.0.0.1", "localhost", "private"},
		{"::1", "localhost", "private"},
		{"192.0.2.1", "localhost", "404"},
		{"192.0.2.1", "192.0.2.1", "numbered"},
		{"127.0.0.1", "192.0.2.1", "404"},
		{"192.0.2.1", "example.com", "public"},
		{"127.0.0.1", "example.com", "public"},
		{"192.0.2.2", "bound.example", "bound"},
		{"192.0.2.1", "bound.example", "404"},
		{"192.0.2.1", "both.example", "outside"},
		{"192.0.2.2", "both.example", "inside"},
	} {
		t.Run(tt.host+" at "+tt.at, func(t *testing.T) {
			addr := &net.TCPAddr{IP: net.ParseIP(tt.at), Port: 80}
			r := httptest.NewRequestWithContext(
				context.WithValue(t.Context(), http.LocalAddrContextKey, addr), "GET", "http://placeholder/", nil)
			r.Host = tt.host
			require.Equal(t, tt.want, answer(h, r))
		})
	}
}

// TestHandlerKnowsPorts checks that sites that differ in their port only are told
// apart by the one that a request came in at, where a server of one's own
// listens on them.
func TestHandlerKnowsPorts(t *testing.T) {
	h := build(t, "example.com:80 { answer one }\nexample.com:81 { answer two }").Handler()
	for port, want := range map[int]string{80: "one", 81: "two", 8080: "one"} {
		addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
		r := httptest.NewRequestWithContext(
			context.WithValue(t.Context(), http.LocalAddrContextKey, addr), "GET", "http://example.com/", nil)
		require.Equal(t, want, answer(h, r), port)
	}
}

func TestTimeouts(t *testing.T) {
	asking := func(ask ...directive.Server) *http.Server {
		v := caddyfile.Vocabulary{{Name: "ask", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
			line := c.Once()
			c.Site().Server = ask[line.Int(line.Arg(), 0, len(ask))]
			return nil, c.Err()
		}}}
		server, err := caddyfile.Build(parse(t, "a:80 { ask 0 }\nb:80 { ask 1 }"), caddyfile.Config{Vocabulary: v})
		require.NoError(t, err)
		return server.PortServer("80")
	}
	t.Run("defaults", func(t *testing.T) {
		got := asking(directive.Server{}, directive.Server{})
		require.Equal(t, 10*time.Second, got.ReadHeaderTimeout)
		require.Equal(t, 5*time.Minute, got.IdleTimeout)
		require.Zero(t, got.ReadTimeout)
		require.Zero(t, got.WriteTimeout)
	})
	t.Run("the strictest counts", func(t *testing.T) {
		got := asking(
			directive.Server{ReadTimeout: time.Second, WriteTimeout: -1, IdleTimeout: time.Hour, MaxHeaderBytes: 100},
			directive.Server{ReadTimeout: time.Minute, WriteTimeout: time.Minute, ReadHeaderTimeout: -1, MaxHeaderBytes: 50})
		require.Equal(t, time.Second, got.ReadTimeout)
		require.Equal(t, time.Minute, got.WriteTimeout)
		require.Equal(t, time.Hour, got.IdleTimeout)
		require.Zero(t, got.ReadHeaderTimeout)
		require.Equal(t, 50, got.MaxHeaderBytes)
	})
}

func TestSchemesDoNotMix(t *testing.T) {
	v := caddyfile.Vocabulary{{Name: "secure", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		c.Site().Server.TLS = new(tls.Config)
		return nil, c.Err()
	}}}
	for _, tt := range []struct{ name, text, want string }{
		{"on one port", "a:443 {\n secure\n}\nb:443 {\n}", `Caddyfile:4:1: b:443: port 443 is one of https, because of the site at Caddyfile:1:1
	b:443 {
	^`},
		{"of an address", "http://a {\n secure\n}", `Caddyfile:1:1: http://a: the site has tls, but this address is one of http
	http://a {
	^`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfile.Build(parse(t, tt.text), caddyfile.Config{Vocabulary: v})
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestReopen(t *testing.T) {
	reopened := []string{}
	v := caddyfile.Vocabulary{{Name: "file", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		name := c.Once().Arg().Text
		directive.Share(c, name, func() *file { return &file{name, &reopened} })
		return nil, c.Err()
	}}}
	server, err := caddyfile.Build(parse(t, "a { file x }\nb { file y }\nc { file x }"), caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, server.LogFiles())
	require.EqualError(t, server.Reopen(), "y is gone")
	slices.Sort(reopened)
	require.Equal(t, []string{"x", "y"}, reopened)
}

type file struct {
	name     string
	reopened *[]string
}

func (f *file) Start(context.Context) error { return nil }
func (f *file) Close() error                { return nil }
func (f *file) Name() string                { return f.name }
func (f *file) Reopen() error {
	*f.reopened = append(*f.reopened, f.name)
	if f.name == "y" {
		return errors.New("y is gone")
	}
	return nil
}

func get(t *testing.T, addr, host string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr, nil)
	require.NoError(t, err)
	r.Host = host
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}
