package caddyfile_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestDrainCutsOff checks that a handler that does not end when its site is told to
// is cut off, and another site's on the same connection of HTTP/2 is not.
func TestDrainCutsOff(t *testing.T) {
	for _, protocol := range []int{1, 2} {
		t.Run(fmt.Sprint("HTTP/", protocol), func(t *testing.T) {
			goOn := make(chan struct{})
			v := append(vocabulary(), directive.Directive{Name: "deaf", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
				c.Once().Args(0, 1)
				c.Site().Server.H2C = true
				return func(middleware.Handler) middleware.Handler {
					return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
						http.NewResponseController(w).Flush()
						select {
						case <-r.Context().Done():
						case <-goOn:
							io.WriteString(w, "finished")
						}
						return 0, nil
					})
				}, c.Err()
			}})
			text := "a:0 {\n bind 127.0.0.1\n deaf\n}\n"
			server := load(t, text+"b:0 {\n bind 127.0.0.1\n deaf\n}", caddyfile.Config{Vocabulary: v, Drain: time.Millisecond})
			start(t, server)
			transport := &http.Transport{Protocols: new(http.Protocols)}
			transport.Protocols.SetHTTP1(protocol == 1)
			transport.Protocols.SetUnencryptedHTTP2(protocol == 2)
			defer transport.CloseIdleConnections()
			bodies := map[string]io.Reader{}
			for _, host := range []string{"a", "b"} {
				r, err := http.NewRequest("GET", "http://"+server.Listeners()[0].Addr.String(), nil)
				require.NoError(t, err)
				r.Host = host
				resp, err := transport.RoundTrip(r)
				require.NoError(t, err)
				require.Equal(t, protocol, resp.ProtoMajor)
				defer resp.Body.Close()
				bodies[host] = resp.Body
			}
			reload(t, server, text+"b:0 {\n bind 127.0.0.1\n deaf indeed\n}")
			_, err := io.ReadAll(bodies["b"])
			require.Error(t, err)
			middlewaretest.Eventually(t, func() bool { return server.Draining() == 0 })
			close(goOn)
			finished, err := io.ReadAll(bodies["a"])
			require.NoError(t, err)
			require.Equal(t, "finished", string(finished))
		})
	}
}

// TestFailedReloadLeaksNothing has a reload fail halfway, many times.
func TestFailedReloadLeaksNothing(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	var e events
	v := append(e.watched(nil), directive.Directive{Name: "open", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 1)
		var f *os.File
		c.OnStart(func(context.Context) (err error) { f, err = os.Open(os.DevNull); return err })
		c.OnStop(func() error {
			if f == nil {
				return nil
			}
			return f.Close()
		})
		directive.Share(c, "shared", func() *file { return &file{name: "shared", reopened: new([]string)} })
		c.Site().Hide("some.file")
		return nil, c.Err()
	}})
	const text = "127.0.0.1:0 {\n open\n}\n"
	server := load(t, text, caddyfile.Config{Vocabulary: v})
	start(t, server)
	bad := []string{
		text + "b:0 {\n bind 127.0.0.1\n open\n nonsense\n}",
		text + "b:0 {\n bind 127.0.0.1\n open\n}\nc:0 {\n bind 127.0.0.1\n open\n bad luck\n}",
		text + "127.0.0.1:1, " + busy.Addr().String() + " {\n open\n}",
		"localhost:0 {\n open changed\n}\n" + busy.Addr().String() + " {\n}",
	}
	fail := func() {
		for _, text := range bad {
			_, err := server.Reload(t.Context(), parse(t, text))
			require.Error(t, err)
		}
	}
	get(t, server.Listeners()[0].Addr.String(), "127.0.0.1") // once it serves
	fail()
	goroutines, files := runtime.NumGoroutine(), openFiles()
	for range 200 / len(bad) {
		fail()
	}
	middlewaretest.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines && openFiles() <= files })
	t.Logf("goroutines: %d, then %d; descriptors: %d, then %d", goroutines, runtime.NumGoroutine(), files, openFiles())
	require.Equal(t, []string{"shared"}, server.LogFiles())
}

// openFiles returns how many descriptors are open, where the system tells.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
