package hidden_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/hidden"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestPaths checks what is not there for clients.
func TestPaths(t *testing.T) {
	h := hidden.NewHandler(middleware.Status(200), hidden.Config{Paths: []middleware.Path{"/private", "/a/b"}})
	for path, want := range map[string]int{
		"/": 200, "/a": 200, "/private": 404, "/private/x": 404, "/privateer": 404, "/PRIVATE": 404, "/a/b": 404, "/x/../a/b": 404, "/a//b": 404,
	} {
		for _, method := range []string{"GET", "OPTIONS", "POST"} {
			r := httptest.NewRequest(method, "/", nil)
			r.URL.Path = path
			status, err := h.ServeHTTP(httptest.NewRecorder(), r)
			require.NoError(t, err)
			require.Equal(t, want, status, path)
		}
	}
}

// app is a handler whose paths redirect in all the ways there are; everything
// else it answers with what it was asked.
func app(w http.ResponseWriter, r *http.Request) (int, error) {
	h := w.Header()
	to := func() { h.Set("X-Accel-Redirect", "/private/file?a=b") }
	switch r.URL.Path {
	case "/returned":
		to()
		return 0, nil
	case "/returned-status":
		to()
		return 404, nil
	case "/header":
		to()
		w.WriteHeader(403)
	case "/body":
		to()
		io.WriteString(w, "dropped")
		w.Write([]byte("dropped"))
		io.Copy(w, io.LimitReader(strings.NewReader("dropped"), 7))
	case "/body-failed":
		to()
		io.WriteString(w, "dropped")
		return 502, errors.New("of the body that is dropped")
	case "/flush":
		to()
		if err := http.NewResponseController(w).Flush(); err != nil {
			return 500, err
		}
		io.WriteString(w, "dropped")
	case "/fields":
		to()
		h.Set("Content-Type", "text/x-kept")
		h.Add("Set-Cookie", "kept=1")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Length", "7")
		h.Set("Content-Encoding", "gzip")
		h.Set("Trailer", "X-Sum")
		io.WriteString(w, "dropped")
		h.Set("X-Sum", "of what is dropped")
	case "/no-type":
		to()
		h["Content-Type"] = nil
		w.WriteHeader(200)
	case "/failed":
		to()
		return 502, errors.New("failed")
	case "/late":
		io.WriteString(w, "sent already")
		to()
	case "/nothing-copied":
		io.Copy(w, strings.NewReader(""))
		to()
		w.WriteHeader(200)
	case "/early":
		to()
		w.WriteHeader(103)
		w.WriteHeader(200)
	case "/loop":
		n, _ := strconv.Atoi(r.URL.RawQuery)
		if n > 0 {
			h.Set("X-Accel-Redirect", "/loop?"+strconv.Itoa(n-1))
			w.WriteHeader(200)
			return 0, nil
		}
		io.WriteString(w, "at last")
	case "/to":
		h["X-Accel-Redirect"] = r.URL.Query()["to"]
		io.WriteString(w, "dropped")
	case "/public/missing":
		return 404, nil
	default:
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s%s", r.Method, r.URL, r.RequestURI, r.Header.Get("Range"), body)
	}
	return 0, nil
}

// serve returns a server of app whose /private is hidden.
func serve(t *testing.T) *httptest.Server {
	srv := httptest.NewServer(middleware.Edge{}.Handler(hidden.New(hidden.Config{
		Paths: []middleware.Path{"/private"},
	})(middleware.HandlerFunc(app))))
	t.Cleanup(srv.Close)
	return srv
}

// TestRedirects checks what a client gets of a response with X-Accel-Redirect.
func TestRedirects(t *testing.T) {
	const file = "GET /private/file?a=b /private/file?a=b bytes=0-"
	for _, tt := range []struct {
		name, method, path string
		status             int
		body               string
	}{
		{"asked for directly", "GET", "/private/file", 404, "404 Not Found\n"},
		{"not written, but returned", "GET", "/returned", 200, file},
		{"returned with a status", "GET", "/returned-status", 200, file},
		{"with another status", "GET", "/header", 200, file},
		{"with a body", "GET", "/body", 200, file},
		{"with a body that failed", "GET", "/body-failed", 200, file},
		{"flushed", "GET", "/flush", 200, file},
		{"of a POST", "POST", "/body", 200, file},
		{"of a HEAD", "HEAD", "/body", 200, ""},
		{"after an early hint", "GET", "/early", 200, file},
		{"after a copy of nothing", "GET", "/nothing-copied", 200, file},
		{"too late to count", "GET", "/late", 200, "sent already"},
		{"with a failure", "GET", "/failed", 502, "502 Bad Gateway\n"},
		{"ten in a row", "GET", "/loop?10", 200, "at last"},
		{"eleven in a row", "GET", "/loop?11", 500, "500 Internal Server Error\n"},
		{"to a path that is not hidden", "GET", "/to?to=/public%2520x", 200, "GET /public%20x /public%20x bytes=0-"},
		{"to what is not there", "GET", "/to?to=/public/missing", 404, "404 Not Found\n"},
		{"to a path with a query", "GET", "/to?to=/private/%253f%3fx%3dy", 200, "GET /private/%3F?x=y /private/%3F?x=y bytes=0-"},
		{"to no path", "GET", "/to?to=private", 502, "502 Bad Gateway\n"},
		{"to nothing", "GET", "/to?to=", 502, "502 Bad Gateway\n"},
		{"to another server", "GET", "/to?to=http://a/b", 502, "502 Bad Gateway\n"},
		{"to another server, as if it were a path", "GET", "/to?to=//a/b", 502, "502 Bad Gateway\n"},
		{"out of its folder", "GET", "/to?to=/public/../private", 502, "502 Bad Gateway\n"},
		{"out of its folder, escaped", "GET", "/to?to=/public/%252e%252e/private", 502, "502 Bad Gateway\n"},
		{"to a control character", "GET", "/to?to=/a%2500", 502, "502 Bad Gateway\n"},
		{"to what is not escaped right", "GET", "/to?to=/a%25zz", 502, "502 Bad Gateway\n"},
		{"to two paths", "GET", "/to?to=/a&to=/b", 502, "502 Bad Gateway\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var body io.Reader
			if tt.method == "POST" {
				body = strings.NewReader("of the client")
			}
			r, err := http.NewRequest(tt.method, serve(t).URL+tt.path, body)
			require.NoError(t, err)
			r.Header.Set("Range", "bytes=0-")
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, tt.status, resp.StatusCode)
			require.Equal(t, tt.body, string(got))
			if tt.path != "/late" {
				require.NotContains(t, resp.Header, "X-Accel-Redirect")
			}
		})
	}
}

// TestFields checks what is left of the header of a response that was dropped, of
// which Caddy 0.7.1 dropped all.
func TestFields(t *testing.T) {
	resp, err := http.Get(serve(t).URL + "/fields")
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "GET /private/file?a=b /private/file?a=b ", string(body))
	delete(resp.Header, "Date")
	require.Equal(t, http.Header{
		"Content-Type": {"text/x-kept"}, "Set-Cookie": {"kept=1"}, "Cache-Control": {"no-store"}, "Content-Length": {"40"},
	}, resp.Header)
	require.Empty(t, resp.Trailer)

	resp, err = http.Get(serve(t).URL + "/no-type")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"), "a type that was suppressed is not from then on")
}

// TestErrors checks what the operator is told.
func TestErrors(t *testing.T) {
	h := hidden.NewHandler(middleware.HandlerFunc(app), hidden.Config{})
	for path, want := range map[string]string{
		"/loop?11":         "hidden: more than 10 times X-Accel-Redirect",
		"/to?to=a":         `hidden: X-Accel-Redirect "a": not a path`,
		"/to?to=/a&to=/b":  "hidden: 2 fields X-Accel-Redirect",
		"/to?to=/a/../b":   `hidden: X-Accel-Redirect "/a/../b": another path once it is resolved`,
		"/to?to=/a%250ab":  `hidden: X-Accel-Redirect "/a%0ab": a byte in it that no URL can have`,
		"/to?to=/a%3fb+c":  `hidden: X-Accel-Redirect "/a?b c": a byte in it that no URL can have`,
		"/to?to=/%25zz":    `hidden: X-Accel-Redirect "/%zz": invalid URL escape "%zz"`,
		"/failed":          "failed",
		"/to?to=/a%2509":   `hidden: X-Accel-Redirect "/a%09": a byte in it that no URL can have`,
		"/to?to=@location": `hidden: X-Accel-Redirect "@location": not a path`,
	} {
		w := httptest.NewRecorder()
		_, err := h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		require.EqualError(t, err, want)
		require.Empty(t, w.Header(), path)
	}
}

// TestOriginalURL checks that layers further out still know what was asked for.
func TestOriginalURL(t *testing.T) {
	h := hidden.NewHandler(middleware.HandlerFunc(app), hidden.Config{})
	w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("POST", "/loop?3", strings.NewReader("x"))
	status, err := h.ServeHTTP(w, r)
	require.NoError(t, err)
	require.Zero(t, status)
	require.Equal(t, "/loop?3", r.URL.String())
	require.Equal(t, "POST", r.Method)
	require.Equal(t, "/loop?3", middleware.OriginalURL(w, r).String())
}

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, hidden.New(hidden.Config{Paths: []middleware.Path{"/elsewhere"}}))
}

// TestTransparentOnceRedirected checks that what is answered in the end is not
// altered either.
func TestTransparentOnceRedirected(t *testing.T) {
	hide := hidden.New(hidden.Config{})
	middlewaretest.Writer(t, func(next middleware.Handler) middleware.Handler {
		return hide(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if r.Method != "POST" && r.URL.Path == "/" { // a redirected POST has no body any more
				w.Header().Set("X-Accel-Redirect", "/there")
				io.WriteString(w, "dropped")
				return 0, nil
			}
			return next.ServeHTTP(w, r)
		}))
	})
}

func TestConfigIsCopied(t *testing.T) {
	paths := []middleware.Path{"/a"}
	mw := hidden.New(hidden.Config{Paths: paths})
	clear(paths)
	status, _ := mw(middleware.Status(200)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil))
	require.Equal(t, 404, status)
}

// FuzzTarget checks that what a request is redirected to is a path in its simplest
// form, or refused.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"/private/file?a=b", "/a/%2e%2e/b", "//a", "", "/a%00", "/?\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, to string) {
		var seen *http.Request
		h := hidden.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if seen == nil {
				w.Header()["X-Accel-Redirect"] = []string{to}
				seen = r
				return 0, nil
			}
			seen = r
			return 201, nil
		}), hidden.Config{})
		status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		if err != nil {
			require.Equal(t, 502, status)
			return
		}
		require.Equal(t, 201, status)
		require.True(t, strings.HasPrefix(seen.URL.Path, "/") && !strings.HasPrefix(seen.URL.Path, "//"))
		for part := range strings.SplitSeq(seen.URL.Path, "/") {
			require.NotContains(t, []string{".", ".."}, part)
		}
		require.NotContains(t, seen.RequestURI, "\n")
		require.NotContains(t, seen.RequestURI, " ")
	})
}

func BenchmarkHandler(b *testing.B) {
	h := hidden.NewHandler(middleware.Status(0), hidden.Config{Paths: []middleware.Path{"/private"}})
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/page.html", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
