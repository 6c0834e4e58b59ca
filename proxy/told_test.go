package proxy_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

func template(text string) *placeholder.Template {
	return placeholder.Compile(text, placeholder.Header)
}

// TestVia checks that both sides are told of the proxy, and of others before it.
func TestVia(t *testing.T) {
	b := answers(t, "HTTP/1.0 200 OK\r\nVia: 1.1 inner\r\nConnection: keep-alive\r\n", "hello")
	var seen []string
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = r.Header["Via"] }))
	defer echo.Close()
	for _, tt := range []struct{ name, via, to, want string }{
		{"it is not named", "", echo.URL, "[1.0 outer] []"},
		{"it is", "edge", echo.URL, "[1.0 outer 1.1 edge] [1.1 edge]"},
		{"behind another", "edge", b.url(), "[] [1.1 inner 1.0 edge]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Via", "1.0 outer")
			h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, tt.to), Via: tt.via, Transport: newTransport(t, proxy.TransportConfig{})})
			_, err := h.ServeHTTP(w, r)
			require.NoError(t, err)
			require.Equal(t, tt.want, fmt.Sprint(seen, w.Header()["Via"]))
			require.Equal(t, []string{"1.0 outer"}, r.Header["Via"])
		})
	}
}

// TestRetryAfter checks what a client is told that is to come back later.
func TestRetryAfter(t *testing.T) {
	full := groupOf(t, upstream.Config{Targets: []upstream.Target{{Addr: "127.0.0.1:1"}}, MaxConns: 1})
	pick, err := full.Pick(t.Context(), nil, nil)
	require.NoError(t, err)
	defer pick.Done(upstream.Result{})
	closed := groupOf(t, upstream.Config{Targets: []upstream.Target{{Addr: "127.0.0.1:1"}}})
	require.NoError(t, closed.Close())
	for _, tt := range []struct {
		name   string
		group  *upstream.Group
		status int
		want   []string
	}{
		{"all are full", full, 503, []string{"1"}},
		{"there is none", nil, 503, []string{"10"}},
		{"the server stops", closed, 503, []string{"10"}},
		{"it could not be reached", group(t, "127.0.0.1:1"), 502, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h := proxy.NewHandler(nil, proxy.Config{Upstreams: tt.group, Transport: newTransport(t, proxy.TransportConfig{})})
			status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Error(t, err)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.want, w.Header()["Retry-After"])
		})
	}
}

// TestPlaceholders checks what a log, and fields of the response, can tell of the
// backend.
func TestPlaceholders(t *testing.T) {
	b := answers(t, "HTTP/1.1 418 Tea\r\n", "hello")
	addr := strings.TrimPrefix(b.url(), "http://")
	for _, tt := range []struct {
		name string
		to   []string
		want string
	}{
		{"it answered", []string{b.url()}, "418 " + addr + " 418 1 known known\n"},
		{"another did not", []string{"http://127.0.0.1:1", b.url()}, "418 " + addr + " 418 2 known known\n"},
		{"it did not", []string{"http://127.0.0.1:1"}, "502 127.0.0.1:1 - 1 - -\n"},
		{"there is none", nil, "503 - - - - -\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			c := proxy.Config{
				Transport: newTransport(t, proxy.TransportConfig{}),
				Down:      []proxy.HeaderOp{{Name: "X-From", Value: template("{upstream} {upstream_status} {upstream_attempts}")}},
			}
			if tt.to != nil {
				c.Upstreams = group(t, tt.to...)
			}
			h := middleware.Wrap(http.NotFoundHandler(), accesslog.New(accesslog.Config{
				Output: &log, Format: accesslog.Compile("{status} {upstream} {upstream_status} {upstream_attempts} {upstream_latency} {upstream_latency_ms}"),
			}), proxy.New(c))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			words := strings.Fields(log.String())
			for i := 4; i < 6; i++ {
				if words[i] != "-" {
					require.Regexp(t, `^[0-9.]+(µs|ms|s)?$`, words[i])
					words[i] = "known"
				}
			}
			require.Equal(t, tt.want, strings.Join(words, " ")+"\n")
			if w.Code == 418 {
				require.Equal(t, strings.Join(words[1:4], " "), w.Header().Get("X-From"))
			}
		})
	}
}
