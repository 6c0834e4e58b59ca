package fastcgi_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// anyApp is the Config for an application that is no file.
func anyApp(t testing.TB, script func(*peer)) fastcgi.Config {
	t.Helper()
	return fastcgi.Config{Upstreams: group(t, startApp(t, script).target())}
}

// TestReplies checks what a client gets of what an application has answered.
func TestReplies(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		status       int
		header       http.Header // those that are nil must not be there
		body         string
	}{
		{"no status", "Content-Type: text/plain\r\n\r\nhi", 200, http.Header{"Content-Type": {"text/plain"}}, "hi"},
		{"a status", "Status: 404 Not Here\r\nContent-Type: text/plain\r\n\r\nhi", 404, http.Header{"Status": nil}, "hi"},
		{"a status without a reason", "Status: 404\r\nContent-Type: text/plain\r\n\r\n", 404, nil, ""},
		{"a status line", "HTTP/1.1 403 Forbidden\r\nX-A: b\r\n\r\nno", 403, http.Header{"X-A": {"b"}}, "no"},
		{"a place elsewhere", "Location: https://example.com/\r\n\r\n", 302, http.Header{"Location": {"https://example.com/"}}, ""},
		{"a place elsewhere, with another status", "Status: 301\r\nLocation: /a\r\n\r\n", 301, http.Header{"Location": {"/a"}}, ""},
		{"a place on another server, as if it were a path", "Location: //example.com/\r\n\r\n", 302, http.Header{"Location": {"//example.com/"}}, ""},
		{"a path, with a cookie", "Location: /a\r\nSet-Cookie: a=b\r\n\r\n", 302, http.Header{"Location": {"/a"}, "Set-Cookie": {"a=b"}}, ""},
		{"no type", "X-A: b\r\n\r\n<html>", 200, http.Header{"Content-Type": nil}, "<html>"},
		{"fields that occur twice", "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n", 200, http.Header{"Set-Cookie": {"a=b", "c=d"}}, ""},
		{"what is of the connection", "Connection: close\r\nKeep-Alive: 1\r\nUpgrade: x\r\nX-A: b\r\n\r\nhi", 200,
			http.Header{"Keep-Alive": nil, "Upgrade": nil, "X-A": {"b"}}, "hi"},
		{"what is for the server", "X-Sendfile: /etc/passwd\r\nX-Accel-Redirect: /x\r\nX-Accel-Buffering: no\r\nX-Accel-Expires: 1\r\nX-Lighttpd-Send-File: x\r\nX-A: b\r\n\r\nhi", 200,
			http.Header{"X-Sendfile": nil, "X-Accel-Redirect": nil, "X-Accel-Buffering": nil, "X-Accel-Expires": nil, "X-Lighttpd-Send-File": nil, "X-A": {"b"}}, "hi"},
		{"to be buffered", "X-Accel-Buffering: yes\r\n\r\nhi", 200, http.Header{"X-Accel-Buffering": nil}, "hi"},
		{"no content", "Status: 204\r\nContent-Length: 0\r\n\r\n", 204, http.Header{"Content-Length": nil}, ""},
		{"not modified", "Status: 304\r\nEtag: \"a\"\r\n\r\n", 304, http.Header{"Etag": {`"a"`}}, ""},
		{"garbage", "no header at all", 502, nil, "502 Bad Gateway\n"},
		{"a status that is none", "Status: abc\r\n\r\n", 502, http.Header{"Status": nil}, "502 Bad Gateway\n"},
		{"a status that is too small", "Status: 42\r\nX-A: b\r\n\r\n", 502, http.Header{"X-A": nil}, "502 Bad Gateway\n"},
		{"a change of protocols", "Status: 101\r\n\r\n", 502, nil, "502 Bad Gateway\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := visit(t, serve(t, anyApp(t, always(tt.answer))).URL)
			require.Equal(t, tt.status, got.status)
			require.Equal(t, tt.body, got.body)
			for name, want := range tt.header {
				require.Equal(t, want, http.Header(got.header)[name], name)
			}
		})
	}
}

// TestFieldsOfOthers checks that what layers further out have set stays.
func TestFieldsOfOthers(t *testing.T) {
	h := fastcgi.NewHandler(nil, anyApp(t, always("Set-Cookie: a=b\r\nContent-Type: text/plain\r\nX-Accel-Buffering: yes\r\n\r\nhi")))
	w := httptest.NewRecorder()
	w.Header().Set("Set-Cookie", "c=d")
	w.Header().Set("X-A", "b")
	status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.Zero(t, status)
	require.Equal(t, http.Header{"Set-Cookie": {"c=d", "a=b"}, "X-A": {"b"}, "Content-Type": {"text/plain"}}, w.Header())
}

// TestHandlerFailures checks what is returned for what went wrong.
func TestHandlerFailures(t *testing.T) {
	for _, tt := range []struct {
		name    string
		app     func(*peer)
		request func() *http.Request
		cfg     func(*fastcgi.Config)
		want    int
	}{
		{"an application that closes", func(p *peer) { p.request() }, nil, nil, 502},
		{"an application that ends at once", func(p *peer) { p.request(); p.end(0, 0) }, nil, nil, 502},
		{"an application that is overloaded", func(p *peer) { p.request(); p.end(0, 2) }, nil, nil, 503},
		{"an application that has another role", func(p *peer) { p.request(); p.end(0, 3) }, nil, nil, 502},
		{"another's response", func(p *peer) { p.request(); p.send(recs(stdout, p.id+1, hello)) }, nil, nil, 502},
		{"an application that is too slow", func(p *peer) { p.ended() }, nil, func(c *fastcgi.Config) {
			c.Client = fastcgi.NewClient(fastcgi.ClientConfig{ReadTimeout: 1})
		}, 504},
		{"a field that is too long", always(hello), func() *http.Request {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("X-A", strings.Repeat("x", 70_000))
			return r
		}, nil, 431},
		{"a body over the limit of others", always(hello), func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader("too long"))
			r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 3)
			return r
		}, nil, 413},
		{"a large body over the limit of others", func(p *peer) { p.request() }, func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 200_000)))
			r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 100_000)
			return r
		}, nil, 413},
		{"a body over the limit", always(hello), func() *http.Request {
			return httptest.NewRequest("POST", "/", strings.NewReader("too long"))
		}, func(c *fastcgi.Config) { c.BodyMax = 3 }, 413},
		{"a body of unknown length over the limit", always(hello), func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader("too long"))
			r.ContentLength = -1
			return r
		}, func(c *fastcgi.Config) { c.BodyMax = 3 }, 413},
		{"a body that is cut off", always(hello), func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader("short"))
			r.ContentLength = 10
			return r
		}, nil, 499},
		{"a large body that is cut off", func(p *peer) { p.request() }, func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 100_000)))
			r.ContentLength = 200_000
			return r
		}, nil, 499},
		{"a folder for bodies that is not there", always(hello), func() *http.Request {
			r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 100)))
			r.ContentLength = -1
			return r
		}, func(c *fastcgi.Config) { c.TempDir, c.BodyMemory = "/no/such/folder", 10 }, 500},
		{"a client that has left", func(p *peer) { p.ended() }, func() *http.Request {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return httptest.NewRequestWithContext(ctx, "GET", "/", nil)
		}, nil, 499},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := anyApp(t, tt.app)
			if tt.cfg != nil {
				tt.cfg(&cfg)
			}
			r := httptest.NewRequest("GET", "/", nil)
			if tt.request != nil {
				r = tt.request()
			}
			w := httptest.NewRecorder()
			status, err := fastcgi.NewHandler(middleware.Status(404), cfg).ServeHTTP(w, r)
			require.Equal(t, tt.want, status, err)
			require.Error(t, err)
			retry := w.Header().Get("Retry-After")
			require.Equal(t, tt.want == 503, retry != "")
			w.Header().Del("Retry-After")
			require.Empty(t, w.Header(), "nothing of what failed is left behind")
		})
	}
}

// TestCutOff checks that what breaks off does not look whole.
func TestCutOff(t *testing.T) {
	for name, answer := range map[string]string{
		"without a length": "X-A: b\r\n\r\nhello",
		"with a length":    "Content-Length: 10\r\n\r\nhello",
		"with its end":     "Content-Length: 10\r\n\r\nhello\x00",
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, anyApp(t, func(p *peer) {
				p.request()
				if text, ok := strings.CutSuffix(answer, "\x00"); ok {
					p.reply(text)
					p.ended()
					return
				}
				p.out(answer)
			}))
			resp, err := http.Get(srv.URL)
			if err != nil {
				return // before it had begun, to a client
			}
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
			require.Error(t, err)
		})
	}
}

// TestHandlerFlushes checks that the client has what the application has sent before that
// goes on.
func TestHandlerFlushes(t *testing.T) {
	for name, header := range map[string]string{
		"by itself":               "Content-Type: text/plain\r\n\r\n",
		"as it is asked to":       "X-Accel-Buffering: no\r\n\r\n",
		"also where all is known": "Content-Length: 11\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			onward := make(chan struct{})
			srv := serve(t, anyApp(t, func(p *peer) {
				p.request()
				p.out(header + "first")
				<-onward
				p.out("second")
				p.end(0, 0)
			}))
			resp, err := http.Get(srv.URL)
			require.NoError(t, err)
			defer resp.Body.Close()
			first := make([]byte, 5)
			_, err = io.ReadFull(resp.Body, first)
			require.NoError(t, err)
			require.Equal(t, "first", string(first))
			close(onward)
			rest, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, "second", string(rest))
		})
	}
}

// TestHandlerInforms checks that 1xx reaches the client, without what is not for it.
func TestHandlerInforms(t *testing.T) {
	srv := serve(t, anyApp(t, always("Status: 103\r\nLink: </a.css>; rel=preload\r\nX-Sendfile: x\r\n\r\nStatus: 200\r\nX-A: b\r\n\r\nhi")))
	var hints []textproto.MIMEHeader
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		hints = append(hints, h)
		return nil
	}})
	r, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	require.NoError(t, err)
	got := send(t, r)
	require.Equal(t, []textproto.MIMEHeader{{"Link": {"</a.css>; rel=preload"}}}, hints)
	require.Equal(t, 200, got.status)
	require.Equal(t, "hi", got.body)
	require.NotContains(t, got.header, "Link")
}

// TestHandlerClientLeaves checks that an application is not kept busy for nobody, and not
// blamed.
func TestHandlerClientLeaves(t *testing.T) {
	for name, answered := range map[string]string{"before an answer": "", "in the midst of it": "X-A: b\r\n\r\nsome"} {
		t.Run(name, func(t *testing.T) {
			asked, left := make(chan struct{}), make(chan struct{})
			cfg := anyApp(t, func(p *peer) {
				p.request()
				if answered != "" {
					p.out(answered)
				}
				close(asked)
				p.ended()
				close(left)
			})
			srv := serve(t, cfg)
			c, err := net.Dial("tcp", srv.Listener.Addr().String())
			require.NoError(t, err)
			_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			require.NoError(t, err)
			<-asked
			require.NoError(t, c.Close())
			<-left
			srv.Close()
			require.Zero(t, cfg.Upstreams.Status().Upstreams[0].Failures)
		})
	}
}

// TestHandlerEarlyAnswer checks that an application may answer before it has the request.
func TestHandlerEarlyAnswer(t *testing.T) {
	srv := serve(t, anyApp(t, func(p *peer) {
		p.head()
		p.reply("Status: 413\r\nContent-Length: 2\r\n\r\nno")
		p.ended()
	}))
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nsome")
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 413, resp.StatusCode)
	require.Equal(t, "no", string(body))
}

// TestHandlerLogsStderr checks that what an application has to say is logged, with what is
// known of the request.
func TestHandlerLogsStderr(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	app := startApp(t, func(p *peer) {
		p.request()
		p.errs("it is\nbroken")
		p.out("X-A: b\r\n\r\n")
		p.end(3, 0)
	})
	cfg := fastcgi.Config{Upstreams: group(t, app.target())}
	name := middleware.Middleware(func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			middleware.Note(w, slog.String(middleware.NoteRequestID, "r1"))
			return next.ServeHTTP(w, r)
		})
	})
	middleware.Edge{Log: logger}.Handler(middleware.Chain(name, fastcgi.New(cfg))(nil)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
	at := " request_id=r1 upstream=" + app.Addr().String() + "\n"
	require.Equal(t, "level=WARN msg=application method=GET path=/x stderr=\"it is\""+at+
		"level=WARN msg=application method=GET path=/x stderr=broken"+at+
		"level=WARN msg=\"application ended oddly\" path=/x app_status=3 excess=false\n", log.String())
}

func TestTransparentElsewhere(t *testing.T) {
	middlewaretest.Transparent(t, fastcgi.New(fastcgi.Config{From: "/not/asked/for"}))
	cfg := fastcgi.PHP()
	cfg.Root = site(t, "index.html")
	middlewaretest.Transparent(t, fastcgi.New(cfg))
}

// TestZeroConfig checks that a handler without applications says so.
func TestZeroConfig(t *testing.T) {
	status, err := fastcgi.NewHandler(middleware.Status(404), fastcgi.Config{}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 503, status)
	require.ErrorIs(t, err, upstream.ErrNone)
}

// TestOpaque checks that what is no path is not made one.
func TestOpaque(t *testing.T) {
	status, err := fastcgi.NewHandler(middleware.Status(404), fastcgi.Config{}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "mailto:x", nil))
	require.Equal(t, 400, status)
	require.EqualError(t, err, "fastcgi: request refused: the target has no path")
}

// TestConnect checks that nothing is made of a request that is for a tunnel.
func TestConnect(t *testing.T) {
	w := httptest.NewRecorder()
	status, err := fastcgi.NewHandler(middleware.Status(404), fastcgi.Config{}).ServeHTTP(w, httptest.NewRequest("CONNECT", "example.com:443", nil))
	require.NoError(t, err)
	require.Equal(t, 405, status)
	require.Equal(t, "close", w.Header().Get("Connection"))
}
