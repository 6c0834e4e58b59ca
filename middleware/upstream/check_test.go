package upstream_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// checked returns what a checker says of a target.
func checked(t *testing.T, c upstream.Checker, target string, change func(*upstream.Target)) error {
	t.Helper()
	targets, err := upstream.Parse(target)
	require.NoError(t, err)
	if change != nil {
		change(&targets[0])
	}
	g := newGroup(t, upstream.Config{Targets: targets})
	return c.Check(t.Context(), pick(t, g, nil).Upstream)
}

func TestHTTPCheck(t *testing.T) {
	var mu sync.Mutex
	var last *http.Request
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		last = r
		io.WriteString(w, "all is well")
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/broken", 302) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
	mux.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "9")
		io.WriteString(w, "short")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	port := server.Listener.Addr().(*net.TCPAddr).Port
	for _, tt := range []struct {
		name  string
		check upstream.HTTPCheck
		want  string // of the error
	}{
		{"the default", upstream.HTTPCheck{}, ""},
		{"a redirect is not followed", upstream.HTTPCheck{URI: "/moved"}, ""},
		{"an error", upstream.HTTPCheck{URI: "/broken"}, "status 500"},
		{"an error that is expected", upstream.HTTPCheck{URI: "/early", Status: []int{200, 401}}, ""},
		{"a status that is not", upstream.HTTPCheck{URI: "/x", Status: []int{204}}, "status 200"},
		{"a body", upstream.HTTPCheck{Body: regexp.MustCompile("^all .* well$")}, ""},
		{"another body", upstream.HTTPCheck{Body: regexp.MustCompile("unwell")}, `body "all is well" does not match unwell`},
		{"a body that is cut off", upstream.HTTPCheck{URI: "/cut", Body: regexp.MustCompile("short")}, "unexpected EOF"},
		{"another port", upstream.HTTPCheck{Port: 1}, "dial tcp 127.0.0.1:1: connect: connection refused"},
		{"the same port", upstream.HTTPCheck{Port: port}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "another port" && runtime.GOOS == "windows" {
				t.Skip("Windows says this in other words")
			}
			err := checked(t, tt.check, server.URL, nil)
			if tt.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tt.want)
			}
		})
	}
	require.NoError(t, checked(t, upstream.HTTPCheck{
		Method: "HEAD", URI: "/healthz?deep", Host: "app.example", Header: http.Header{"x-probe": {"1"}},
	}, server.URL+"/v1", nil))
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, "HEAD /v1/healthz?deep", last.Method+" "+last.RequestURI)
	require.Equal(t, "app.example", last.Host)
	require.Equal(t, "1", last.Header.Get("X-Probe"))
	require.Equal(t, "shallot health check", last.UserAgent())
}

// TestHTTPCheckTLS checks that a certificate must be made out to what the target is
// called, not to its address.
func TestHTTPCheckTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	trusting := server.Client().Transport.(*http.Transport).TLSClientConfig
	check := upstream.HTTPCheck{TLS: trusting, Status: []int{404}}
	called := func(host string) func(*upstream.Target) {
		return func(t *upstream.Target) { t.Host = host }
	}
	require.NoError(t, checked(t, check, server.URL, nil))
	require.NoError(t, checked(t, check, server.URL, called("example.com:443")))
	require.NoError(t, checked(t, check, "h2"+strings.TrimPrefix(server.URL, "https"), nil))
	require.ErrorContains(t, checked(t, check, server.URL, called("app.internal:443")), "not app.internal")
	check.TLS = nil
	require.ErrorContains(t, checked(t, check, server.URL, nil), "certificate")
}

func TestChecksOfASocket(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", name)
	if err != nil {
		t.Skip("without Unix sockets:", err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Host)
	}))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	defer server.Close()
	target := "unix:" + filepath.ToSlash(name)
	if !strings.HasPrefix(target, "unix:/") {
		t.Skip("a path with a drive letter")
	}
	require.NoError(t, checked(t, upstream.HTTPCheck{Body: regexp.MustCompile("^localhost$")}, target, nil))
	require.NoError(t, checked(t, upstream.TCPCheck{}, target, nil))
}

func TestTCPCheck(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, checked(t, upstream.TCPCheck{}, addr, nil))
	require.NoError(t, listener.Close())
	require.Error(t, checked(t, upstream.TCPCheck{}, addr, nil))
}

func TestGRPCCheck(t *testing.T) {
	for _, tt := range []struct {
		name    string
		service string
		answer  func(w http.ResponseWriter, service string)
		want    string
	}{
		{"serving", "", serving(1, "0"), ""},
		{"serving a service", "shop.Cart", serving(1, "0"), ""},
		{"not serving", "", serving(2, "0"), "the service is not serving"},
		{"unknown", "shop.Cart", func(w http.ResponseWriter, service string) {
			w.Header().Set("Grpc-Status", "5")
			w.Header().Set("Grpc-Message", "unknown service "+service)
		}, `gRPC status "5": unknown service shop.Cart`},
		{"failing after the answer", "", serving(1, "13"), `gRPC status "13": oops`},
		{"something else", "", func(w http.ResponseWriter, _ string) { w.WriteHeader(404) }, "status 404"},
		{"without a status", "", func(w http.ResponseWriter, _ string) { w.Write([]byte{0, 0, 0, 0, 2, 8, 1}) }, `gRPC status "": `},
		{"a long name", strings.Repeat("x", 128), nil, "the name of the service has 128 bytes, of 127 that it may have"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.URL.Path != "/grpc.health.v1.Health/Check" || r.ProtoMajor != 2 || len(body) < 5 ||
					r.Header.Get("Content-Type") != "application/grpc" || r.Header.Get("Te") != "trailers" {
					w.WriteHeader(400)
					return
				}
				service := ""
				if len(body) > 5 {
					service = string(body[7:])
				}
				tt.answer(w, service)
			}))
			server.Config.Protocols = new(http.Protocols)
			server.Config.Protocols.SetUnencryptedHTTP2(true)
			server.Start()
			defer server.Close()
			err := checked(t, upstream.GRPCCheck{Service: tt.service}, server.URL+"/ignored", nil)
			if tt.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tt.want)
			}
		})
	}
}

func serving(state byte, status string) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, service string) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
		w.Write([]byte{0, 0, 0, 0, 2, 8, state})
		w.Header().Set("Grpc-Status", status)
		w.Header().Set("Grpc-Message", "oops")
	}
}

// TestActiveForReal checks real servers, one of which falls ill and recovers.
func TestActiveForReal(t *testing.T) {
	var mu sync.Mutex
	status := 200
	set := func(s int) { mu.Lock(); status = s; mu.Unlock() }
	well := httptest.NewServer(http.NotFoundHandler())
	defer well.Close()
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.WriteHeader(status)
	}))
	defer ill.Close()
	targets, err := upstream.Parse(well.URL, ill.URL)
	require.NoError(t, err)
	events := make(chan upstream.Event, 100)
	g := start(t, upstream.Config{
		Targets: targets,
		Active:  upstream.Active{Checker: upstream.HTTPCheck{Status: []int{200, 404}}, Interval: time.Millisecond},
		Observe: func(e upstream.Event) { events <- e },
	})
	for range 3 {
		set(500)
		e := <-events
		require.Equal(t, upstream.Down, e.Kind)
		require.Equal(t, targets[1].Addr, e.Target.Addr)
		require.EqualError(t, e.Err, "status 500")
		for range 10 {
			p := pick(t, g, nil)
			require.Equal(t, targets[0].Addr, p.Upstream.Addr)
			p.Done(upstream.Result{})
		}
		set(200)
		require.Equal(t, upstream.Up, (<-events).Kind)
	}
	require.NoError(t, g.Close())
	require.NoError(t, context.Cause(t.Context()))
}
