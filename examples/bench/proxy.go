package main

import (
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/proxy"
)

// proxyRows are about asking a backend, which is a process of its own that does
// not count: as a client, and from within a server that passes the answer on.
func proxyRows() (rows []pair.Row) {
	const server = "more than half of it is the server of net/http and the kernel, which both sides have"
	for _, body := range []struct {
		name           string
		size           int64
		client, server []pair.Bound
		gap            string // of the server
	}{
		{"1 KiB", 1 << 10, []pair.Bound{pair.MaxRatio(0.7), pair.MaxAllocs(8)}, []pair.Bound{pair.MaxRatio(0.5).Until(0.95)}, server},
		{"64 KiB", 64 << 10, []pair.Bound{pair.MaxRatio(0.8), pair.MaxAllocs(8)}, []pair.Bound{pair.MaxRatio(0.5).Until(0.9)}, server},
		{"10 MiB", 10 << 20, nil, []pair.Bound{pair.MaxRatio(0.5)}, ""},
	} {
		arg := strconv.FormatInt(body.size, 10)
		rows = append(rows, pair.Row{
			Name: "proxy.Transport/GET " + body.name, Peer: "http.Transport", Bounds: body.client,
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				backend := startOurs(t, "backend", arg)
				tr := proxy.NewTransport(proxy.TransportConfig{})
				t.Cleanup(func() { tr.Close() })
				return roundTrip(t, tr, backend.addr, body.size), roundTrip(t, plainTransport(), backend.addr, body.size)
			},
		}, pair.Row{
			Name: "proxy.Transport in a handler/GET " + body.name, Peer: "httputil.ReverseProxy", Gap: body.gap, Bounds: body.server,
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				backend := startOurs(t, "backend", arg)
				of := func(role string) pair.Op {
					return startOurs(t, role, backend.addr).answer(t, get("/"), body.size)
				}
				return of("forward"), of("reverseproxy")
			},
		})
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

// plainTransport is the transport of net/http as one has it in a proxy.
func plainTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
}

// backendServer answers with a body of that many bytes.
func backendServer(size string) (http.Handler, error) {
	n, err := strconv.Atoi(size)
	body := make([]byte, n)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", size)
		w.Write(body)
	}), err
}

// forwardServer passes requests on by the least of a handler that one can write
// around a Transport; it does what ReverseProxy does to a plain GET.
func forwardServer(addr string) http.Handler {
	tr := proxy.NewTransport(proxy.TransportConfig{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host = "http", addr
		out.Header.Set("X-Forwarded-For", r.RemoteAddr)
		resp, err := tr.Do(out, proxy.Exchange{Header: w.Header()})
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		if _, err := io.Copy(w, resp.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

// reverseProxyServer is the same by net/http/httputil.
func reverseProxyServer(addr string) http.Handler {
	to := &url.URL{Scheme: "http", Host: addr}
	return &httputil.ReverseProxy{
		Transport:  plainTransport(),
		BufferPool: new(buffers),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.SetXForwarded()
		},
	}
}

// Buffers is what saves ReverseProxy 32 KiB for each request.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
