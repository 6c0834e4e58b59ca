package upstream_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// found returns what a source finds first.
func found(t *testing.T, s upstream.Source) ([]upstream.Target, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var targets []upstream.Target
	var err error
	s.Watch(ctx, func(ts []upstream.Target, e error) {
		targets, err = ts, e
		cancel()
	})
	return targets, err
}

func TestDNS(t *testing.T) {
	s := newNameServer(t)
	s.set("app.test.", address("192.0.2.2"), address("192.0.2.1"), address("2001:db8::1"), address("192.0.2.1"))
	s.set("empty.test.")
	source := func(addr, network string) upstream.DNS {
		return upstream.DNS{
			Target:  upstream.Target{Scheme: "https", Addr: addr, Path: "/v1", Weight: 3, Tier: 1},
			Network: network, Resolver: s.resolver(),
		}
	}
	target := func(addr string) upstream.Target {
		return upstream.Target{Scheme: "https", Network: "tcp", Addr: addr, Host: "app.test:8443", Path: "/v1", Weight: 3, Tier: 1}
	}
	for _, tt := range []struct {
		name, addr, network string
		want                []upstream.Target
	}{
		{"all addresses, in order and once", "app.test.:8443", "", []upstream.Target{
			target("192.0.2.1:8443"), target("192.0.2.2:8443"), target("[2001:db8::1]:8443"),
		}},
		{"those of IPv4", "app.test.:8443", "ip4", []upstream.Target{target("192.0.2.1:8443"), target("192.0.2.2:8443")}},
		{"those of IPv6", "app.test.:8443", "ip6", []upstream.Target{target("[2001:db8::1]:8443")}},
		{"a name without addresses", "empty.test.:8443", "", nil},
		{"a name that does not exist", "other.test.:8443", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := found(t, source(tt.addr, tt.network))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
	s.setBroken(true)
	_, err := found(t, source("app.test.:8443", ""))
	require.ErrorContains(t, err, "server misbehaving")
}

func TestSRV(t *testing.T) {
	s := newNameServer(t)
	s.set("one.test.", address("192.0.2.1"), address("192.0.2.9"))
	s.set("two.test.", address("192.0.2.2"))
	const name = "_http._tcp.app.test."
	target := func(addr, host string, weight, tier int) upstream.Target {
		return upstream.Target{Scheme: "http", Network: "tcp", Addr: addr, Host: host, Weight: weight, Tier: tier}
	}
	for _, tt := range []struct {
		name    string
		records []record
		want    []upstream.Target
	}{
		{"priorities are tiers, and hosts are looked up", []record{
			{priority: 20, weight: 5, port: 8002, target: "two.test."},
			{priority: 10, weight: 60, port: 8001, target: "one.test."},
		}, []upstream.Target{
			target("192.0.2.1:8001", "one.test:8001", 60, 2), target("192.0.2.2:8002", "two.test:8002", 5, 3), target("192.0.2.9:8001", "one.test:8001", 60, 2),
		}},
		{"a weight of 0 is small", []record{
			{weight: 0, port: 1, target: "two.test."},
			{weight: 3, port: 2, target: "two.test."},
		}, []upstream.Target{target("192.0.2.2:1", "two.test:1", 1, 2), target("192.0.2.2:2", "two.test:2", 30, 2)}},
		{"a host that is gone", []record{
			{weight: 1, port: 1, target: "gone.test."},
			{weight: 1, port: 2, target: "two.test."},
		}, []upstream.Target{target("192.0.2.2:2", "two.test:2", 1, 2)}},
		{"a service that is not available", []record{{target: "."}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.set(name, tt.records...)
			got, err := found(t, upstream.SRV{Name: name, Target: upstream.Target{Scheme: "http", Tier: 2}, Resolver: s.resolver()})
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
	got, err := found(t, upstream.SRV{Name: "_http._tcp.other.test.", Resolver: s.resolver()})
	require.NoError(t, err)
	require.Empty(t, got)
}

// TestLookupsThatFail checks that what was found stands while the name server is
// out of order.
func TestLookupsThatFail(t *testing.T) {
	s, seen := newNameServer(t), newEvents()
	s.set("app.test.", address("192.0.2.1"))
	g := start(t, upstream.Config{
		Sources: []upstream.Source{upstream.DNS{Target: upstream.Target{Addr: "app.test.:80"}, Refresh: time.Millisecond, Resolver: s.resolver()}},
		Observe: seen.observe,
	})
	s.setBroken(true)
	seen.await(t, "unknown")
	status := g.Status()
	require.Equal(t, "dns://app.test.:80", status.Sources[0].Source)
	require.Contains(t, status.Sources[0].Error, "server misbehaving")
	require.Equal(t, 1, status.Sources[0].Targets)
	require.Equal(t, "192.0.2.1:80", pick(t, g, nil).Upstream.Addr)
	s.setBroken(false)
	seen.await(t, "known")
	require.Empty(t, g.Status().Sources[0].Error)
}

// TestNamesThatChange replaces servers behind an SRV name one by one while clients
// send requests, with the old ones stopped once they have left. No request fails.
func TestNamesThatChange(t *testing.T) {
	s := newNameServer(t)
	s.set("host.test.", address("127.0.0.1"))
	const name, replicas, changes = "_http._tcp.app.test.", 3, 12
	var servers []*httptest.Server
	defer func() {
		for _, server := range servers {
			server.Close()
		}
	}()
	announce := func() {
		var records []record
		for _, server := range servers {
			_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
			n, _ := strconv.ParseUint(port, 10, 16)
			records = append(records, record{weight: 1, port: uint16(n), target: "host.test."})
		}
		s.set(name, records...)
	}
	add := func() {
		servers = append(servers, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })))
	}
	for range replicas {
		add()
	}
	announce()
	left := make(chan string, 100)
	joined := make(chan string, 100)
	g := start(t, upstream.Config{
		Sources: []upstream.Source{upstream.SRV{Name: name, Refresh: time.Millisecond, Resolver: s.resolver()}},
		Observe: func(e upstream.Event) {
			switch e.Kind {
			case upstream.Left:
				left <- e.Target.Addr
			case upstream.Joined:
				joined <- e.Target.Addr
			}
		},
	})
	for range replicas {
		<-joined
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	var stop atomic.Bool
	var requests atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for !stop.Load() {
				p, err := g.Pick(context.Background(), nil, nil)
				if err != nil {
					t.Error(err)
					return
				}
				response, err := client.Get("http://" + p.Upstream.Addr)
				if err != nil {
					t.Error(err)
				} else {
					response.Body.Close()
				}
				p.Done(upstream.Result{Err: err})
				requests.Add(1)
			}
		})
	}
	for range changes {
		before := requests.Load()
		old := servers[0]
		addr := old.Listener.Addr().String()
		servers = servers[1:]
		add()
		announce()
		require.Equal(t, addr, <-left)
		require.Equal(t, servers[replicas-1].Listener.Addr().String(), <-joined)
		for drained := false; !drained; { // by who was picked before
			drained = true
			for _, u := range g.Status().Upstreams {
				drained = drained && u.Target != addr
			}
		}
		old.Close()
		for requests.Load() < before+50 && !t.Failed() {
			client.Get("http://" + servers[0].Listener.Addr().String()) // some more load, rather than to wait idly
		}
	}
	stop.Store(true)
	clients.Wait()
	require.Len(t, g.Status().Upstreams, replicas)
	t.Logf("%d requests, %d changes", requests.Load(), changes)
}
