package headers_test

import (
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/headers"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func rule(path middleware.Path, fields ...headers.Field) headers.Rule {
	return headers.Rule{Path: path, Fields: fields}
}

func config(fields ...headers.Field) headers.Config {
	return headers.Config{Rules: []headers.Rule{rule("/", fields...)}}
}

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rules  []headers.Rule
		behind http.Header // what the next handler sets
		want   http.Header
	}{
		{"a field is set", []headers.Rule{rule("/", headers.Set("x-a", "1"))}, nil,
			http.Header{"X-A": {"1"}}},
		{"a field that the next handler sets is replaced", []headers.Rule{rule("/", headers.Set("X-A", "1"))}, http.Header{"X-A": {"2", "3"}},
			http.Header{"X-A": {"1"}}},
		{"a field that the next handler sets is deleted", []headers.Rule{rule("/", headers.Delete("server"))}, http.Header{"Server": {"a", "b"}},
			http.Header{}},
		{"a value is added to those there are", []headers.Rule{rule("/", headers.Add("Vary", "Cookie"))}, http.Header{"Vary": {"Accept"}},
			http.Header{"Vary": {"Accept", "Cookie"}}},
		{"a value that is there is not added", []headers.Rule{rule("/", headers.Add("Vary", "Cookie"))}, http.Header{"Vary": {"Cookie"}},
			http.Header{"Vary": {"Cookie"}}},
		{"set and added", []headers.Rule{rule("/", headers.Set("Link", "1"), headers.Add("Link", "2"))}, http.Header{"Link": {"3"}},
			http.Header{"Link": {"1", "2"}}},
		{"deleted and added, which replaces", []headers.Rule{rule("/", headers.Delete("Link"), headers.Add("Link", "2"))}, http.Header{"Link": {"3"}},
			http.Header{"Link": {"2"}}},
		{"the last value of a field that is set twice stays", []headers.Rule{rule("/", headers.Set("X-A", "1"), headers.Set("X-A", "2"))}, nil,
			http.Header{"X-A": {"2"}}},
		{"every rule that is for the path counts", []headers.Rule{
			rule("/", headers.Set("X-A", "1"), headers.Set("X-B", "1")), rule("/other", headers.Set("X-A", "2")), rule("/path", headers.Set("X-A", "3")),
		}, nil, http.Header{"X-A": {"3"}, "X-B": {"1"}}},
		{"no rule is for the path", []headers.Rule{rule("/other", headers.Set("X-A", "1"))}, http.Header{"X-A": {"2"}},
			http.Header{"X-A": {"2"}}},
		{"no rules", nil, http.Header{"X-A": {"2"}}, http.Header{"X-A": {"2"}}},
	} {
		for way, begin := range begins {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				h := middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					maps.Copy(w.Header(), tt.behind)
					w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
					begin(w)
					w.Header().Set("X-Late", "after it began")
				}), headers.New(headers.Config{Rules: tt.rules}))
				srv := httptest.NewServer(h)
				defer srv.Close()
				resp, err := srv.Client().Get(srv.URL + "/path")
				require.NoError(t, err)
				defer resp.Body.Close()
				resp.Header.Del("Content-Length")
				require.Equal(t, tt.want, resp.Header)
			})
		}
	}
}

// begins are the ways in which a response can begin.
var begins = map[string]func(w http.ResponseWriter){
	"by its header":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
	"by its body":      func(w http.ResponseWriter) { w.Write([]byte("body")) },
	"by a string":      func(w http.ResponseWriter) { io.WriteString(w, "body") },
	"by a copy":        func(w http.ResponseWriter) { io.Copy(w, io.LimitReader(strings.NewReader("body"), 4)) },
	"by a flush":       func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
	"by a flush again": func(w http.ResponseWriter) { http.NewResponseController(w).Flush() },
	"by a header after an empty copy": func(w http.ResponseWriter) {
		io.Copy(w, strings.NewReader(""))
		w.WriteHeader(http.StatusOK)
	},
}

func TestPlaceholders(t *testing.T) {
	const asked = "/a%0d%0aSet-Cookie:%20b?c={>User-Agent}"
	for _, tt := range []struct{ name, value, want string }{
		{"of the request", "{method} {path_escaped}", "GET %2Fa%0D%0ASet-Cookie%3A%20b"},
		{"a line break of a client is left out", "{path}", "/aSet-Cookie: b"},
		{"what a client sent is not expanded again", "{?c} {>X-Sent}", "{>User-Agent} {status}"},
		{"a name that is not known stays", "{such}", "{such}"},
		{"of the response", "{status} {<X-Inner}", "202 inner"},
		{"of a client behind a trusted proxy", "{remote}", "198.51.100.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(headers.Set("X-A", tt.value))
			cfg.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", asked, nil)
			r.Header.Set("User-Agent", "secret")
			r.Header.Set("X-Sent", "{status}")
			r.Header.Set("X-Forwarded-For", "198.51.100.7")
			middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Inner", "inner")
				w.WriteHeader(http.StatusAccepted)
			}), headers.New(cfg)).ServeHTTP(w, r)
			require.Equal(t, []string{tt.want}, w.Header()["X-A"])
		})
	}
}

// TestProxiedFieldIsDeleted is about a defect of Caddy 0.7.1, which deleted fields
// before there were any.
func TestProxiedFieldIsDeleted(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Powered-By", "PHP/5.3")
		w.Header().Set("Strict-Transport-Security", "max-age=0")
		w.WriteHeader(http.StatusNotModified)
	}))
	defer backend.Close()
	to, err := url.Parse(backend.URL)
	require.NoError(t, err)
	h := middleware.Wrap(httputil.NewSingleHostReverseProxy(to), headers.New(config(
		headers.Delete("X-Powered-By"), headers.Set("Strict-Transport-Security", "max-age=31536000"))))
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		require.Equal(t, http.StatusNotModified, w.Code)
		require.NotContains(t, w.Header(), "X-Powered-By")
		require.Equal(t, []string{"max-age=31536000"}, w.Header()["Strict-Transport-Security"])
	}
}

// TestErrorPagesHaveTheFields looks at answers in the next handler's place, of
// layers further out.
func TestErrorPagesHaveTheFields(t *testing.T) {
	fails := func(outcome func(w http.ResponseWriter) (int, error)) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			w.Header().Set("Server", "inner")
			return outcome(w)
		})
	}
	h := headers.New(config(headers.Set("X-Status", "{status}"), headers.Delete("Server")))
	quiet := middleware.Edge{Page: func(w http.ResponseWriter, _ *http.Request, status int, _ error) { middleware.Error(w, status) }}
	for _, tt := range []struct {
		name    string
		outcome func(http.ResponseWriter) (int, error)
		mw      middleware.Middleware
		code    int
		status  string
	}{
		{"a status", func(http.ResponseWriter) (int, error) { return 404, nil }, middleware.Chain(), 404, "404"},
		{"a status, behind error pages", func(http.ResponseWriter) (int, error) { return 403, nil }, errorpages.New(errorpages.Config{}), 403, "403"},
		{"a redirect", func(http.ResponseWriter) (int, error) { return 302, nil }, middleware.Chain(), 302, "302"},
		{"nothing", func(http.ResponseWriter) (int, error) { return 0, nil }, middleware.Chain(), 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			quiet.Handler(tt.mw(h(fails(tt.outcome)))).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Equal(t, tt.code, w.Code)
			require.Equal(t, tt.status, w.Header().Get("X-Status"))
			if tt.code != 200 {
				require.NotContains(t, w.Header(), "Server")
			}
		})
	}
	t.Run("a panic, behind error pages", func(t *testing.T) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		_, err := errorpages.New(errorpages.Config{Log: slog.New(slog.DiscardHandler)})(h(fails(func(http.ResponseWriter) (int, error) { panic(errors.New("reason")) }))).ServeHTTP(w, r)
		require.NoError(t, err)
		require.Equal(t, 500, w.Code)
		require.Equal(t, "500", w.Header().Get("X-Status"))
		require.NotContains(t, w.Header(), "Server")
	})
}

// TestInformational checks that a 103 has its own fields, and the response after it
// is changed all the same.
func TestInformational(t *testing.T) {
	srv := httptest.NewServer(middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusOK)
	}), headers.New(config(headers.Set("X-A", "1"), headers.Delete("Link")))))
	defer srv.Close()
	var hint textproto.MIMEHeader
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		hint = h
		return nil
	}})
	r, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	require.NoError(t, err)
	resp, err := srv.Client().Do(r)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, []string{"</style.css>"}, hint["Link"])
	require.Equal(t, "1", resp.Header.Get("X-A"))
	require.NotContains(t, resp.Header, "Link")
}

func TestTransparent(t *testing.T) {
	t.Run("for its paths", func(t *testing.T) {
		middlewaretest.Transparent(t, headers.New(config(headers.Set("X-A", "1"), headers.Add("Vary", "Cookie"), headers.Delete("Server"))))
	})
	t.Run("for others", func(t *testing.T) {
		middlewaretest.Transparent(t, headers.New(headers.Config{Rules: []headers.Rule{rule("/other", headers.Set("X-A", "1"))}}))
	})
}

// TestSuperfluousHeader checks that net/http learns of it.
func TestSuperfluousHeader(t *testing.T) {
	w := httptest.NewRecorder()
	counted := &counting{ResponseRecorder: w}
	middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.WriteHeader(500)
	}), headers.New(config(headers.Set("X-A", "1")))).ServeHTTP(counted, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, []int{200, 500}, counted.codes)
}

type counting struct {
	*httptest.ResponseRecorder
	codes []int
}

func (c *counting) WriteHeader(status int) {
	c.codes = append(c.codes, status)
	c.ResponseRecorder.WriteHeader(status)
}

// TestValuesAreNotShared checks that one who changes a value in place changes it for
// one response only.
func TestValuesAreNotShared(t *testing.T) {
	h := headers.New(config(headers.Set("X-A", "1")))(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		require.Equal(t, []string{"1"}, w.Header()["X-A"])
		w.Header()["X-A"][0] = "2"
		return 0, nil
	}))
	for range 2 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}
}

func TestConfigIsCopied(t *testing.T) {
	cfg := config(headers.Set("X-A", "1"))
	mw := headers.New(cfg)
	cfg.Rules[0].Fields[0] = headers.Set("X-A", "2")
	cfg.Rules[0].Path = "/other"
	w := httptest.NewRecorder()
	mw(nothing).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "1", w.Header().Get("X-A"))
}

// FuzzValue checks that what a client sends ends no line, whatever the value of a
// field is made of.
func FuzzValue(f *testing.F) {
	f.Add("{>X-Sent}", "a\r\nSet-Cookie: b")
	f.Add(`{?q} \{path}`, "{>X-Sent}")
	f.Fuzz(func(t *testing.T, value, sent string) {
		if strings.ContainsAny(value, "\r\n\x00") {
			t.Skip("the Caddyfile's own")
		}
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Sent", sent)
		r.URL.RawQuery = url.Values{"q": {sent}}.Encode()
		headers.New(config(headers.Set("X-A", value)))(nothing).ServeHTTP(w, r)
		require.NotContains(t, w.Header().Get("X-A"), "\r")
		require.NotContains(t, w.Header().Get("X-A"), "\n")
	})
}

func TestUntouchedCostsNothing(t *testing.T) {
	h := headers.New(headers.Config{Rules: []headers.Rule{rule("/other", headers.Set("X-A", "1"))}})(nothing)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	require.Zero(t, testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }))
}

func BenchmarkUntouched(b *testing.B) {
	benchmark(b, headers.Config{Rules: []headers.Rule{rule("/other", headers.Set("X-A", "1"))}})
}

func BenchmarkSet(b *testing.B) { benchmark(b, config(headers.Set("X-A", "1"))) }

func BenchmarkPlaceholder(b *testing.B) { benchmark(b, config(headers.Set("X-A", "{method} {path}"))) }

func benchmark(b *testing.B, cfg headers.Config) {
	h := headers.New(cfg)(nothing)
	w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", "/path", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

var nothing = middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })

// TestAddLeavesOthersArraysAlone adds to values that are part of a longer array.
func TestAddLeavesOthersArraysAlone(t *testing.T) {
	shared := []string{"a", "theirs"}
	h := headers.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		w.Header()["X"] = shared[:1]
		w.WriteHeader(200)
		return 0, nil
	}), headers.Config{Rules: []headers.Rule{{Path: "/", Fields: []headers.Field{headers.Add("X", "b")}}}})
	w := httptest.NewRecorder()
	_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, w.Result().Header["X"])
	require.Equal(t, []string{"a", "theirs"}, shared)
}

// TestSwitchingProtocols is the one informational response that is final.
func TestSwitchingProtocols(t *testing.T) {
	h := headers.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		w.Header().Set("Server", "backend")
		w.WriteHeader(http.StatusSwitchingProtocols)
		return 0, nil
	}), headers.Config{Rules: []headers.Rule{{Path: "/", Fields: []headers.Field{headers.Delete("Server")}}}})
	w := httptest.NewRecorder()
	_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.Equal(t, 101, w.Code)
	require.Empty(t, w.Header().Get("Server"))
}
