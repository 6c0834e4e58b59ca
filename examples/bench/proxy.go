package main

import (
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/proxy"
)

// proxyRows are about asking a backend, which is a process of its own that does
// not count: as a client, and from within a server that passes the answer on.
func proxyRows() (rows []pair.Row) {
	for _, body := range []struct {
		name   string
		size   int64
		bounds []pair.Bound
	}{
		{"1 KiB", 1 << 10, []pair.Bound{pair.MaxRatio(0.7), pair.MaxAllocs(8)}},
		{"64 KiB", 64 << 10, []pair.Bound{pair.MaxRatio(0.8), pair.MaxAllocs(8)}},
		{"10 MiB", 10 << 20, nil},
	} {
		rows = append(rows, pair.Row{
			Name: "proxy.Transport/GET " + body.name, Peer: "http.Transport", Bounds: body.bounds,
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				backend := startOurs(t, "backend", strconv.FormatInt(body.size, 10))
				tr := proxy.NewTransport(proxy.TransportConfig{})
				t.Cleanup(func() { tr.Close() })
				return roundTrip(t, tr, backend.addr, body.size), roundTrip(t, plainTransport(), backend.addr, body.size)
			},
		})
	}
	return slices.Concat(rows, memoryRows(), handlerRows())
}

// handlerRows are about the CPU time that a proxy takes for one request, when 16
// clients send theirs as fast as they are answered. As nginx has one worker here, and
// HAProxy one thread, servers in Go have GOMAXPROCS=1: with more, what is counted
// includes how long idle threads look for work before they sleep, of which there is
// the more the less there is to do, and clients and backend want a core, too.
func handlerRows() (rows []pair.Row) {
	type peer struct {
		name   string
		needs  []pair.Program
		start  func(t pair.TB, addr, size string) process
		bounds []pair.Bound
	}
	ours := func(role string) func(pair.TB, string, string) process {
		return func(t pair.TB, addr, _ string) process { return startOurs(t, role, addr, "GOMAXPROCS=1") }
	}
	peers := func(std, buffering, without []pair.Bound) []peer {
		return []peer{
			{"httputil.ReverseProxy", nil, ours("reverseproxy"), std},
			{"oxy", nil, ours("oxy"), nil},
			{"nginx", []pair.Program{nginx}, func(t pair.TB, addr, _ string) process { return startNginxProxy(t, addr, "") }, buffering},
			{"nginx without buffering", []pair.Program{nginx}, func(t pair.TB, addr, _ string) process { return startNginxProxy(t, addr, unbuffered) }, without},
			{"HAProxy", []pair.Program{haproxy}, func(t pair.TB, addr, _ string) process { return startHAProxy(t, addr) }, nil},
		}
	}
	direct := peer{"a server that has the answer", nil, func(t pair.TB, _, size string) process {
		return startOurs(t, "direct", size, "GOMAXPROCS=1")
	}, nil}
	most := func(ratio float64) []pair.Bound { return []pair.Bound{pair.MaxRatio(ratio)} }
	until := func(ratio, gap float64) []pair.Bound { return []pair.Bound{pair.MaxRatio(ratio).Until(gap)} }
	small := make([]byte, 64<<10)
	const gap = "the server of net/http takes as much for an answer that it has, see that row, as nginx for all its work, and it takes " +
		"the kernel as long again to ask a backend; without all that is this module's own, it would still be missed"
	for _, c := range []struct {
		name   string
		size   int64
		post   []byte
		socket bool
		peers  []peer
	}{
		{"GET 1 KiB", 1 << 10, nil, false, append(peers(until(0.5, 0.9), until(1.8, 2.7), nil), direct)},
		{"GET 64 KiB", 64 << 10, nil, false, append(peers(until(0.5, 0.85), until(0.75, 1), nil), direct)},
		{"GET 10 MiB", 10 << 20, nil, false, append(peers(most(0.5), most(0.3), most(1)), direct)},
		{"POST 64 KiB", 100, small, false, peers(most(0.8), nil, nil)},
		{"WebSocket echo", 0, nil, true, peers(nil, nil, nil)},
	} {
		for _, p := range c.peers {
			pairs := 0
			if p.bounds == nil {
				pairs = 15 // for what is not claimed, a rough figure will do
			}
			rows = append(rows, pair.Row{
				Name: "proxy/" + c.name, Pairs: pairs, Peer: p.name, Needs: p.needs, Bounds: p.bounds, Gap: gap,
				Setup: func(t pair.TB) (ours, peer pair.Op) {
					size := strconv.FormatInt(c.size, 10)
					addr := startOurs(t, "backend", size, "GOMAXPROCS=1").addr
					of := func(p process) pair.Op {
						if c.socket {
							return socketsOn(t, p.addr).op(t, p.meter)
						}
						r := get("/some/where?with=query")
						if c.post != nil {
							r.Method = http.MethodPost
						}
						return loadOn(t, p.addr, bytesOf(t, r, c.post), c.size).op(t, p.meter)
					}
					return of(startOurs(t, "proxy", addr, "GOMAXPROCS=1")), of(p.start(t, addr, size))
				},
			})
		}
	}
	return rows
}

// roundTrip is the operation of asking addr by tr.
func roundTrip(t pair.TB, tr http.RoundTripper, addr string, size int64) pair.Op {
	r := get("http://" + addr + "/")
	r.RequestURI, r.Body = "", nil
	return pair.Op{Do: func() {
		resp, err := tr.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || n != size {
			t.Fatal(n, " bytes, ", err)
		}
	}}
}
