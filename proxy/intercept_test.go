package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/proxy"
)

// answers starts a backend that sends the same bytes to every request.
func answers(t testing.TB, head, body string) *raw {
	return startRaw(t, always(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)))
}

// TestIntercept checks who answers, with which fields.
func TestIntercept(t *testing.T) {
	const head = "HTTP/1.1 503 Oh\r\nX-Reason: tea\r\nX-App: 1\r\nRetry-After: 7\r\nSet-Cookie: a=b\r\nContent-Type: text/x\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
	said := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		resp, ok := proxy.Intercepted(r)
		body, err := io.ReadAll(resp.Body)
		own, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%t %d %s %q %q %s %v", ok, resp.StatusCode, resp.Header["X-Reason"], resp.Header["X-Hop"], own, body, err)
		return 0, nil
	})
	for _, tt := range []struct {
		name   string
		c      proxy.Config
		want   string // status and body
		fields http.Header
	}{
		{"nobody", proxy.Config{}, "503 broken",
			http.Header{"X-Reason": {"tea"}, "X-App": {"1"}, "Retry-After": {"7"}, "Set-Cookie": {"a=b"}, "Content-Type": {"text/x"}}},
		{"the status alone, for a layer of error pages", proxy.Config{Intercept: []proxy.Interceptor{{Statuses: []int{502, 503}}}},
			"503 503 Service Unavailable\n", http.Header{"Retry-After": {"7"}, "Set-Cookie": {"a=b"}}},
		{"not this status", proxy.Config{Intercept: []proxy.Interceptor{{Statuses: []int{502}}}}, "503 broken", nil},
		{"not without the field", proxy.Config{Intercept: []proxy.Interceptor{{Statuses: []int{503}, Field: "X-None"}}}, "503 broken", nil},
		{"a handler, which may ask what was said", proxy.Config{Intercept: []proxy.Interceptor{
			{Statuses: []int{200}}, {Field: "x-reason", Handler: said, Keep: []string{"x-app"}}, {},
		}}, `200 true 503 [tea] [] "" broken <nil>`, http.Header{"X-App": {"1"}}},
		{"after our own operations", proxy.Config{
			Intercept: []proxy.Interceptor{{Handler: said, Keep: []string{"X-App", "X-Status"}}},
			Down: []proxy.HeaderOp{
				{Do: proxy.DeleteField, Name: "X-App"},
				{Name: "X-Status", Value: placeholder.Compile("{status} of {upstream_attempts}", placeholder.Header)},
			},
		}, `200 true 503 [tea] [] "" broken <nil>`, http.Header{"X-Status": {"503 of 1"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Upstreams = group(t, answers(t, head, "broken").url())
			tt.c.Transport = newTransport(t, proxy.TransportConfig{})
			outer := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				w.Header().Set("X-Outer", "1")
				return proxy.NewHandler(middleware.Status(404), tt.c).ServeHTTP(w, r)
			})
			for name, h := range map[string]middleware.Handler{"straight": proxy.NewHandler(middleware.Status(404), tt.c), "behind another layer": outer} {
				front := httptest.NewServer(middleware.Chain(errorpages.New(errorpages.Config{})).HTTP(middleware.Edge{}.Handler(h)))
				resp, err := http.Post(front.URL, "text/plain", strings.NewReader("hello"))
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				resp.Body.Close()
				front.Close()
				require.Equal(t, tt.want, fmt.Sprintf("%d %s", resp.StatusCode, body), name)
				if name != "straight" {
					require.Equal(t, "1", resp.Header.Get("X-Outer"))
				}
				for _, name := range []string{"X-Reason", "X-App", "X-Status", "Retry-After", "Set-Cookie"} {
					if tt.fields != nil {
						require.Equal(t, tt.fields[name], resp.Header[name], name)
					}
				}
			}
		})
	}
}

// TestAccel checks what a handler is asked for that a backend leaves a request to,
// and what becomes of what the backend has said itself.
func TestAccel(t *testing.T) {
	shows := func(name string) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Accept-Ranges", "bytes")
			fmt.Fprintf(w, "%s: %s %s %q %s %s%s", name, r.Method, r.URL.Path, r.URL.RawQuery, r.RequestURI, r.Header.Get("Range"), body)
			return 0, nil
		})
	}
	for _, tt := range []struct{ name, target, want string }{
		{"a file", "/files/a.txt", `200 files: GET /a.txt "" /a.txt bytes=0-1`},
		{"escaped, with a query", "/files/a%20%C3%A4%3F?b=%2F", `200 files: GET /a ä? "b=%2F" /a%20%C3%A4%3F?b=%2F bytes=0-1`},
		{"the prefix itself", "/files", `200 files: GET / "" / bytes=0-1`},
		{"a folder", "/files/x/", `200 files: GET /x/ "" /x/ bytes=0-1`},
		{"the longest prefix", "/files/deep/a", `200 deep: GET /a "" /a bytes=0-1`},
		{"whole segments", "/filesystem", "502 502 Bad Gateway\n"},
		{"nothing that is meant for it", "/etc/passwd", "502 502 Bad Gateway\n"},
		{"a way out", "/files/../etc/passwd", "502 502 Bad Gateway\n"},
		{"a way out that is escaped", "/files/%2e%2e/etc/passwd", "502 502 Bad Gateway\n"},
		{"another host", "//example.com/files/a", "502 502 Bad Gateway\n"},
		{"a URL", "http://example.com/files/a", "502 502 Bad Gateway\n"},
		{"a named location of nginx", "@files", "502 502 Bad Gateway\n"},
		{"half an escape", "/files/100%", "502 502 Bad Gateway\n"},
		{"the end of a string in C", "/files/a%00.txt", "502 502 Bad Gateway\n"},
		{"two at once", "/files/a\r\nX-Accel-Redirect: /files/b", "502 502 Bad Gateway\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := answers(t, "HTTP/1.1 200 OK\r\nX-Accel-Redirect: "+tt.target+"\r\nX-Accel-Expires: 1\r\nContent-Type: text/x\r\n"+
				"Content-Disposition: attachment\r\nSet-Cookie: a=b\r\nEtag: \"x\"\r\nContent-Encoding: br\r\nX-App: 1\r\n", "not this")
			g := group(t, b.url())
			front := serveProxy(t, proxy.Config{Upstreams: g, Accel: []proxy.Accel{
				{Prefix: "/files/", Handler: shows("files")}, {Prefix: "/files/deep", Handler: shows("deep")},
			}})
			r := newRequest(t, "POST", front+"/download", strings.NewReader("hello"))
			r.Header.Set("Range", "bytes=0-1")
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			resp.Body.Close()
			require.Equal(t, tt.want, fmt.Sprintf("%d %s", resp.StatusCode, body))
			for name := range resp.Header {
				require.False(t, strings.HasPrefix(name, "X-Accel-"), name)
			}
			require.Empty(t, resp.Header["Etag"])
			require.Empty(t, resp.Header["Content-Encoding"])
			require.Empty(t, resp.Header["X-App"])
			if resp.StatusCode == 200 {
				require.Equal(t, "text/x", resp.Header.Get("Content-Type"))
				require.Equal(t, "attachment", resp.Header.Get("Content-Disposition"))
				require.Equal(t, "a=b", resp.Header.Get("Set-Cookie"))
			}
			require.Zero(t, g.Status().Upstreams[0].Failures)
		})
	}
}

// TestAccelIsNoPartOfTheSite checks that a client gets to a handler by a backend
// only, and that without one the field is like any other.
func TestAccelIsNoPartOfTheSite(t *testing.T) {
	secret := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		fmt.Fprint(w, "secret")
		return 0, nil
	})
	plain := answers(t, "HTTP/1.1 200 OK\r\nX-Accel-Buffering: no\r\n", "hello")
	front := serveProxy(t, proxy.Config{From: "/app", Upstreams: group(t, plain.url()), Accel: []proxy.Accel{{Prefix: "/files", Handler: secret}}})
	for target, want := range map[string]string{"/files/a": "404", "/app/files": "hello"} {
		response := exchangeRaw(t, front, plainly(target, "X-Accel-Redirect: /files/a"))
		require.Contains(t, response, want)
		require.NotContains(t, response, "secret")
		require.NotContains(t, response, "X-Accel-")
	}
	b := answers(t, "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /files/a\r\n", "hello")
	require.Contains(t, exchangeRaw(t, serveProxy(t, proxy.Config{Upstreams: group(t, b.url())}), plainly("/")), "X-Accel-Redirect: /files/a")
}

// TestAccelFreesTheBackend checks that a backend is done with a request that it has
// left to another.
func TestAccelFreesTheBackend(t *testing.T) {
	b := answers(t, "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /a\r\n", "")
	g := group(t, b.url())
	active := -1
	front := serveProxy(t, proxy.Config{Upstreams: g, Accel: []proxy.Accel{
		{Handler: middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
			active = g.Status().Upstreams[0].Active
			return http.StatusTeapot, nil
		})},
	}})
	require.Contains(t, exchangeRaw(t, front, plainly("/")), "418 I'm a teapot")
	require.Zero(t, active)
	require.EqualValues(t, 1, g.Status().Upstreams[0].Requests)
}

// TestInterceptLeavesTheBody checks that a Handler does not have a client send what
// the backend did not want.
func TestInterceptLeavesTheBody(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n")
	})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Intercept: []proxy.Interceptor{
		{Handler: middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "read %q %v", body, err)
			return 0, nil
		})},
	}})
	response := exchangeRaw(t, front, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
	require.Contains(t, response, `read "" <nil>`)
	require.NotContains(t, response, "100 Continue")
}
