package accesslog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestOutcome has every row of the table of package middleware logged.
func TestOutcome(t *testing.T) {
	reason := errors.New("reason")
	for _, tt := range []struct {
		name   string
		begin  bool
		status int
		err    error
		panics any
		want   string // status, size, aborted
	}{
		{name: "(0, nil)", want: "200 0 -"},
		{name: "(0, nil), begun", begin: true, want: "202 5 -"},
		{name: "(0, err)", err: reason, want: "500 0 -"},
		{name: "(0, err of a status)", err: fs.ErrNotExist, want: "404 0 -"},
		{name: "(0, err), begun", begin: true, err: reason, want: "202 5 -"},
		{name: "200–399", status: 204, want: "204 0 -"},
		{name: "200–399, err", status: 304, err: reason, want: "304 0 -"},
		{name: "200–399, err, begun", begin: true, status: 304, err: reason, want: "202 5 -"},
		{name: "400–599", status: 404, want: "404 0 -"},
		{name: "400–599, err", status: 502, err: reason, want: "502 0 -"},
		{name: "400–599, client gone", status: 499, err: reason, want: "499 0 -"},
		{name: "400–599, begun", begin: true, status: 404, want: "202 5 -"},
		{name: "400–599, err, begun", begin: true, status: 502, err: reason, want: "202 5 true"},
		{name: "other", status: 42, want: "500 0 -"},
		{name: "other, informational", status: 103, err: reason, want: "500 0 -"},
		{name: "other, begun", begin: true, status: 600, want: "202 5 -"},
		{name: "other, err, begun", begin: true, status: -1, err: reason, want: "202 5 true"},
		{name: "a panic", panics: reason, want: "500 0 true"},
		{name: "a panic, begun", begin: true, panics: reason, want: "202 5 true"},
		{name: "an abort", panics: http.ErrAbortHandler, want: "500 0 true"},
		{name: "an abort, begun", begin: true, panics: http.ErrAbortHandler, want: "202 5 true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			h := accesslog.New(accesslog.Config{Output: &out, Format: accesslog.Compile("{status} {size} {aborted}")})(
				middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
					if tt.begin {
						w.WriteHeader(http.StatusAccepted)
						io.WriteString(w, "begun")
					}
					if tt.panics != nil {
						panic(tt.panics)
					}
					return tt.status, tt.err
				}))
			func() {
				defer func() { require.Equal(t, tt.panics, recover()) }()
				status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
				require.Equal(t, tt.status, status)
				require.Equal(t, tt.err, err)
			}()
			require.Equal(t, tt.want+"\n", out.String())

			// The table says the same of a client of an edge outside of the log.
			if tt.panics == nil && !tt.begin {
				w := httptest.NewRecorder()
				middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(h).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				require.True(t, strings.HasPrefix(tt.want, fmt.Sprint(w.Code)))
			}
		})
	}
}

// TestAbortIsLogged has a real server cut a response off.
func TestAbortIsLogged(t *testing.T) {
	out := make(chan string, 1)
	cut := middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		io.WriteString(w, "half")
		return http.StatusBadGateway, errors.Join(errors.New("the other half is missing"), http.NewResponseController(w).Flush())
	})
	h := accesslog.NewHandler(cut, accesslog.Config{Output: lineWriter(out), Format: accesslog.Compile("{status} {size} {aborted}")})
	srv := httptest.NewUnstartedServer(middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(h))
	srv.Config.ErrorLog = log.New(t.Output(), "", 0)
	srv.Start()
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.Error(t, err)
	require.Equal(t, "half", string(body))
	require.Equal(t, "200 4 true\n", <-out)
}

func TestFormats(t *testing.T) {
	const now = "the time"
	for _, tt := range []struct{ name, format, want string }{
		{"none", "", `192.0.2.1 - ada [` + now + `] "GET /a?b=c HTTP/1.1" 200 5`},
		{"common", "{common}", `192.0.2.1 - ada [` + now + `] "GET /a?b=c HTTP/1.1" 200 5`},
		{"combined", "{combined}", `192.0.2.1 - ada [` + now + `] "GET /a?b=c HTTP/1.1" 200 5 "-" "a \x22browser\x22"`},
		{"combined in more", "{host} {combined} {latency_ms}", `example.com 192.0.2.1 - ada [` + now + `] "GET /a?b=c HTTP/1.1" 200 5 "-" "a \x22browser\x22" 3`},
		{"not a preset", `\{common} {request_id}`, `{common} -`},
		{"the header of the response", "{<Content-Type} {latency}", "text/plain 3ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out strings.Builder
				cfg := accesslog.Config{Output: &out}
				if tt.format != "" {
					cfg.Format = accesslog.Compile(tt.format)
				}
				h := accesslog.New(cfg)(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
					<-time.After(3 * time.Millisecond)
					middleware.Note(w, slog.String(middleware.NoteUser, "ada"))
					r = middleware.Rewrite(w, r, &url.URL{Path: "/else"})
					w.Header().Set("Content-Type", "text/plain")
					io.WriteString(w, r.URL.Path)
					return 0, nil
				}))
				r := httptest.NewRequest("GET", "/a?b=c", nil)
				r.Header.Set("User-Agent", `a "browser"`)
				h.ServeHTTP(httptest.NewRecorder(), r)
				require.Equal(t, strings.ReplaceAll(tt.want, now, time.Now().Format("02/Jan/2006:15:04:05 -0700"))+"\n", out.String())
			})
		})
	}
}

func TestTransparent(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.DiscardHandler)) // of what is lost to the full one
	never := func(*http.Request, int) bool { return true }
	for name, c := range map[string]accesslog.Config{
		"lines":     {Output: io.Discard},
		"records":   {Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)), Headers: true},
		"disabled":  {Logger: slog.New(slog.DiscardHandler)},
		"skipped":   {Output: io.Discard, Skip: never},
		"elsewhere": {Output: io.Discard, Paths: []middleware.Path{"/elsewhere"}},
		"full":      {Output: failing{}},
	} {
		t.Run(name, func(t *testing.T) { middlewaretest.Transparent(t, accesslog.New(c)) })
	}
}

func TestWhatIsLogged(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for _, tt := range []struct {
		name   string
		cfg    accesslog.Config
		method string
		target string
		want   string
	}{
		{"everything", accesslog.Config{}, "GET", "/", "192.0.2.1 200 5\n"},
		{"the body of HEAD, which is nowhere", accesslog.Config{}, "HEAD", "/", "192.0.2.1 200 0\n"},
		{"a path", accesslog.Config{Paths: []middleware.Path{"/a", "/b"}}, "GET", "/b/c", "192.0.2.1 200 5\n"},
		{"another path", accesslog.Config{Paths: []middleware.Path{"/a", "/b"}}, "GET", "/c", ""},
		{"another path in disguise", accesslog.Config{Paths: []middleware.Path{"/a"}}, "GET", "/a/../b", ""},
		{"all but a path", accesslog.Config{Except: []middleware.Path{"/a"}}, "GET", "/b", "192.0.2.1 200 5\n"},
		{"a path left out", accesslog.Config{Except: []middleware.Path{"/a"}}, "GET", "/a/b", ""},
		{"a path left out of another", accesslog.Config{Paths: []middleware.Path{"/"}, Except: []middleware.Path{"/a"}}, "GET", "/a", ""},
		{"what is skipped", accesslog.Config{Skip: func(r *http.Request, status int) bool { return r.Method == "GET" && status == 200 }}, "GET", "/", ""},
		{"what is not skipped", accesslog.Config{Skip: func(*http.Request, int) bool { return false }}, "GET", "/", "192.0.2.1 200 5\n"},
		{"a proxy's word", accesslog.Config{Trusted: trusted}, "GET", "/", "203.0.113.77 200 5\n"},
		{"a masked address", accesslog.Config{MaskIPv4: 8}, "GET", "/", "192.0.2.0 200 5\n"},
		{"a proxy's word, masked", accesslog.Config{Trusted: trusted, MaskIPv4: 12, MaskIPv6: 1}, "GET", "/", "203.0.112.0 200 5\n"},
		{"no address at all", accesslog.Config{MaskIPv4: 99}, "GET", "/", "0.0.0.0 200 5\n"},
		{"an unmasked address", accesslog.Config{MaskIPv6: 64}, "GET", "/", "192.0.2.1 200 5\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			tt.cfg.Output, tt.cfg.Format = &out, accesslog.Compile("{remote} {status} {size}")
			r := httptest.NewRequest(tt.method, tt.target, nil)
			r.Header.Set("X-Forwarded-For", "203.0.113.77")
			accesslog.New(tt.cfg)(hello).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, tt.want, out.String())
		})
	}
}

func TestMaskIPv6(t *testing.T) {
	var out strings.Builder
	h := accesslog.New(accesslog.Config{Output: &out, Format: accesslog.Compile("{remote}"), MaskIPv6: 80})(hello)
	for _, peer := range []string{"[2001:db8:1:2:3:4:5:6]:7", "[::ffff:192.0.2.1]:7", "@"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	require.Equal(t, "2001:db8:1::\n192.0.2.1\n-\n", out.String())
}

// TestNothingIsDoneForWhatIsNotLogged checks that a writer is not even wrapped.
func TestNothingIsDoneForWhatIsNotLogged(t *testing.T) {
	for name, c := range map[string]accesslog.Config{
		"another path":   {Paths: []middleware.Path{"/elsewhere"}},
		"an exception":   {Except: []middleware.Path{"/"}},
		"a silent level": {Logger: slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}))},
	} {
		t.Run(name, func(t *testing.T) {
			var got http.ResponseWriter
			h := accesslog.New(c)(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
				got = w
				return 0, nil
			}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Same(t, w, got)
		})
	}
}

// TestConfigIsCopied checks that a caller may go on using what it passed.
func TestConfigIsCopied(t *testing.T) {
	var out strings.Builder
	paths := []middleware.Path{"/a"}
	mw := accesslog.New(accesslog.Config{Output: &out, Paths: paths})
	paths[0] = "/b"
	mw(hello).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil))
	require.NotEmpty(t, out.String())
}

// TestOutputIsWrittenInTurn has many requests share a writer that is not meant to
// be shared, as the race detector would notice.
func TestOutputIsWrittenInTurn(t *testing.T) {
	var out bytes.Buffer
	mw := accesslog.New(accesslog.Config{Output: &out, Format: accesslog.Compile("{uri}")})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			h := mw(hello)
			for range 100 {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil))
			}
		})
	}
	wg.Wait()
	require.Equal(t, strings.Repeat("/a\n", 800), out.String())
}

var hello = middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
	io.WriteString(w, "hello")
	return 0, nil
})

type lineWriter chan<- string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// plainLogger logs without the time.
func plainLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}
