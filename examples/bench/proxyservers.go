package main

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/vulcand/oxy/v2/forward"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// proxyServer is the whole of package proxy, with everything on that is by default.
func proxyServer(addr string) (http.Handler, error) {
	targets, err := upstream.Parse(addr)
	if err != nil {
		return nil, err
	}
	group, err := upstream.Open(context.Background(), upstream.Config{Targets: targets})
	if err != nil {
		return nil, err
	}
	return middleware.Wrap(http.NotFoundHandler(), proxy.New(proxy.Config{
		From: "/", Upstreams: group, Upgrade: []string{"websocket"},
	})), nil
}

// directServer answers by itself what a proxy would, which is what the server of
// net/http takes of it.
func directServer(size string) (http.Handler, error) {
	n, err := strconv.Atoi(size)
	body := make([]byte, max(n, 0))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Length", size)
		h.Set("Last-Modified", "Sat, 05 Nov 1994 08:49:37 GMT")
		h.Set("Etag", `"2e-1"`)
		h.Set("Cache-Control", "max-age=60")
		w.Write(body)
	}), err
}

// plainTransport is the transport of net/http as one has it in a proxy.
func plainTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
}

// reverseProxyServer is what net/http/httputil has.
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

// oxyServer is the proxy of vulcand/oxy, as its example has it.
func oxyServer(addr string) http.Handler {
	fwd := forward.New(false)
	fwd.Transport, fwd.BufferPool = plainTransport(), new(buffers)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL = &url.URL{Scheme: "http", Host: addr}
		fwd.ServeHTTP(w, r)
	})
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

// startNginxProxy starts nginx in front of addr. It keeps connections to it, which
// is all that is changed of its defaults, but for what more directives say.
func startNginxProxy(t pair.TB, addr, more string) process {
	return startNginxWith(t, "upstream backend { server "+addr+"; keepalive 256; keepalive_requests 1000000000; }\n"+
		`map $http_upgrade $wanted { default upgrade; "" ""; }`, `
		client_max_body_size 0;
		location / {
			proxy_pass http://backend; proxy_http_version 1.1;
			proxy_set_header Connection $wanted; proxy_set_header Upgrade $http_upgrade;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
			proxy_set_header X-Forwarded-Proto $scheme;
			proxy_set_header X-Forwarded-Host $host;
			`+more+`
		}`)
}

const unbuffered = "proxy_buffering off; proxy_request_buffering off; proxy_max_temp_file_size 0;"

var haproxy = pair.Program{Name: "haproxy", Version: "-v"}

// startHAProxy starts HAProxy in front of addr, with one thread, as nginx has one
// worker.
func startHAProxy(t pair.TB, addr string) process {
	front := freeAddr(t)
	conf := filepath.Join(t.TempDir(), "haproxy.cfg")
	err := os.WriteFile(conf, []byte(`
global
	nbthread 1
	maxconn 1024
defaults
	mode http
	option splice-auto
	option forwardfor
	http-reuse always
	timeout connect 5s
	timeout client 1m
	timeout server 1m
	timeout tunnel 1m
listen front
	bind `+front+`
	http-request set-header X-Forwarded-Proto http
	http-request set-header X-Forwarded-Host %[req.hdr(Host)]
	server backend `+addr+`
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return startProgram(t, front, haproxy.Name, "-db", "-q", "-f", conf)
}
