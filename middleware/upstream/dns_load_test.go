package upstream_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// TestNamesThatChangeUnderLoad has a service move from one server to the next, as its
// SRV records tell, while clients ask for it. The old one is gone as soon as it is in
// no record any more, or even before. No GET may fail.
func TestNamesThatChangeUnderLoad(t *testing.T) {
	const moves, clients = 20, 4
	names := newNameServer(t)
	names.set("host.test.", address("127.0.0.1"))
	start := func(n int) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, n, r.URL.Path)
		}))
	}
	announce := func(servers ...*httptest.Server) {
		var records []record
		for _, s := range servers {
			port := s.Listener.Addr().(*net.TCPAddr).Port
			records = append(records, record{priority: 1, weight: 1, port: uint16(port), target: "host.test."})
		}
		names.set("_http._tcp.app.test.", records...)
	}
	old := start(0)
	announce(old)
	g, err := upstream.Open(t.Context(), upstream.Config{
		Sources: []upstream.Source{upstream.SRV{Name: "_http._tcp.app.test.", Network: "ip4", Refresh: time.Millisecond, Resolver: names.resolver()}},
		Observe: func(upstream.Event) {},
	})
	require.NoError(t, err)
	defer g.Close()
	knows := func(s *httptest.Server) bool {
		return slices.ContainsFunc(g.Status().Upstreams, func(u upstream.TargetStatus) bool {
			return strings.HasSuffix(u.Target, s.Listener.Addr().String())
		})
	}
	until := func(is func() bool) {
		for !is() {
			<-time.After(time.Millisecond)
		}
	}
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	front := httptest.NewServer(edge.Handler(proxy.NewHandler(middleware.Status(404), proxy.Config{Upstreams: g})))
	defer front.Close()

	var asked atomic.Int64
	var last atomic.Int64
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
				path := "/" + strconv.FormatInt(asked.Add(1), 10)
				resp, err := front.Client().Get(front.URL + path)
				if err != nil {
					t.Error(err)
					return
				}
				text, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				server, found := strings.CutSuffix(string(text), path)
				if err != nil || resp.StatusCode != 200 || !found {
					t.Errorf("GET %s: %d %q %v", path, resp.StatusCode, text, err)
				}
				n, _ := strconv.ParseInt(server, 10, 64)
				last.Store(n)
			}
		})
	}
	for n := 1; n <= moves; n++ {
		next := start(n)
		announce(old, next)
		until(func() bool { return knows(next) })
		if n%2 == 0 {
			announce(next)
			until(func() bool { return !knows(old) })
		}
		old.CloseClientConnections()
		old.Close()
		announce(next)
		until(func() bool { return last.Load() == int64(n) })
		old = next
	}
	close(done)
	running.Wait()
	old.Close()
	t.Logf("%d GETs, %d moves", asked.Load(), moves)
	require.Greater(t, asked.Load(), int64(moves))
}
