package redirect_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/redirect"
)

func TestLocation(t *testing.T) {
	to := func(to string) []redirect.Rule { return []redirect.Rule{{To: to}} }
	from := func(from, to string) []redirect.Rule { return []redirect.Rule{{From: from, To: to}} }
	for _, tt := range []struct {
		name  string
		rules []redirect.Rule
		url   string
		want  string // "" is passed on
	}{
		{"every path", to("https://example.com"), "/a/b", "https://example.com/a/b"},
		{"every path, to one with a slash at its end", to("https://example.com/sub/"), "/a/", "https://example.com/sub/a/"},
		{"the query is kept, which Caddy 0.7.1 lost", to("https://example.com"), "/a?b=c&d", "https://example.com/a?b=c&d"},
		{"an escaped slash is kept", to("https://example.com"), "/a%2Fb%20c", "https://example.com/a%2Fb%20c"},
		{"a query of bytes that no URL has", to("https://example.com"), "/a?b=\"<#\x80", "https://example.com/a?b=%22%3C%23%80"},
		{"a constant with braces", to(`https://example.com/\{a\}`), "/b", "https://example.com/{a}/b"},
		{"a placeholder says where the path belongs", to("https://example.com{uri}"), "/a%20b?c=d", "https://example.com/a%20b?c=d"},
		{"a placeholder, and so nothing else", to("https://example.com/?from={path_escaped}"), "/a?b", "https://example.com/?from=%2Fa"},
		{"the scheme alone", to("https://{host}{uri}"), "/a", "https://site.example:8080/a"},
		{"one path", from("/a", "/b"), "/a", "/b"},
		{"one path, with a query", from("/a", "/b"), "/a?b", "/b"},
		{"one path that is written otherwise", from("/a b", "/b"), "//x/.././a%20b", "/b"},
		{"one path, but there is a slash", from("/a", "/b"), "/a/", ""},
		{"one path, but there is more", from("/a", "/b"), "/a/b", ""},
		{"one path of other letters", from("/a", "/b"), "/A", ""},
		{"the first rule counts", append(from("/a", "/b"), to("https://example.com")...), "/a", "/b"},
		{"the second rule", append(from("/a", "/b"), to("https://example.com")...), "/c", "https://example.com/c"},
		{"a rule that leads nowhere", to(""), "/", ""},
		{"no rules", nil, "/", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(redirect.Config{Rules: tt.rules}, "GET", tt.url)
			if tt.want == "" {
				require.Equal(t, http.StatusTeapot, w.Code)
				return
			}
			require.Equal(t, 301, w.Code)
			require.Equal(t, tt.want, w.Header().Get("Location"))
			require.Equal(t, "0", w.Header().Get("Content-Length"))
		})
	}
}

func serve(cfg redirect.Config, method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	r.Host = "site.example:8080"
	if u, err := url.ParseRequestURI(target); err == nil {
		r.URL, r.RequestURI = u, target
	} else {
		panic(err)
	}
	w := httptest.NewRecorder()
	middleware.Wrap(teapot, redirect.New(cfg)).ServeHTTP(w, r)
	return w
}

var teapot = middleware.AppHandler(func(http.ResponseWriter, *http.Request) (int, error) { return http.StatusTeapot, nil })

// TestNoOpenRedirect checks that no path is taken for a host.
func TestNoOpenRedirect(t *testing.T) {
	for _, path := range []string{
		"//evil.example/", "///evil.example", "/\\evil.example/", "/%5Cevil.example", "/%2F/evil.example", "/%2F%2Fevil.example",
		"/.//evil.example", "/a/..//evil.example", "//evil.example/%2e%2e", "/@evil.example", "/:80@evil.example/",
		"/%0d%0aLocation:%20https://evil.example", "/%09/evil.example", "//evil.example:80", "https://evil.example", "https://evil.example//evil.example",
		"/?//evil.example", "//?/evil.example",
	} {
		for _, to := range []string{
			"/", "/x", "{path}", "{uri}", "{rewrite_uri}", "/{path}", "/{uri}", "/{file}{?x}", "{dir}", "http://x", "http://x/", "http://x{uri}", "http://x{path}",
			"https://{host}{uri}", "{scheme}://{host}{rewrite_uri}", "//x{path}", "//x",
		} {
			w := serve(redirect.Config{Rules: []redirect.Rule{{To: to}}}, "GET", path)
			location := w.Header().Get("Location")
			require.NotEmpty(t, location)
			require.NotContains(t, location, "\n")
			require.NotContains(t, location, `\`)
			base, _ := url.Parse("http://site.example:8080/some/page")
			got, err := base.Parse(location)
			require.NoError(t, err, location)
			require.Contains(t, []string{"x", "site.example:8080"}, got.Host, "%s by %s leads to %s", path, to, location)
		}
	}
}

// TestNoSlashNoHost is about http.StripPrefix, after which a path may begin without
// a slash and go on where a host ends.
func TestNoSlashNoHost(t *testing.T) {
	for _, to := range []string{"https://x", "https://x{path}", "https://x{uri}", "https://x{rewrite_uri}"} {
		h := http.StripPrefix("/a/", middleware.Wrap(teapot, redirect.New(redirect.Config{Rules: []redirect.Rule{{To: to}}})))
		for _, path := range []string{"/a/.evil.example", "/a/%2Eevil.example/"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			require.Regexp(t, "^https://x/", w.Header().Get("Location"))
		}
	}
}

func TestStatus(t *testing.T) {
	for _, code := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			w := serve(redirect.Config{Rules: []redirect.Rule{{From: "/a", To: "/b", Status: code}}}, method, "/a")
			require.Equal(t, code, w.Code)
			require.Empty(t, w.Body.String())
			require.Equal(t, "/b", w.Header().Get("Location"))
		}
	}
}

// TestMeta checks the page, and that nothing in a path gets out of its attribute.
func TestMeta(t *testing.T) {
	cfg := redirect.Config{Rules: []redirect.Rule{{To: "https://example.com{uri}", Meta: true}}}
	w := serve(cfg, "GET", `/a%22%3E%3Cscript%3E?b='&c=<"`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Empty(t, w.Header().Get("Location"))
	const escaped = `https://example.com/a%22%3E%3Cscript%3E?b=&#39;&amp;c=%3C%22`
	require.Contains(t, w.Body.String(), `<meta http-equiv="refresh" content="0; url=`+escaped+`">`)
	require.Contains(t, w.Body.String(), `<a href="`+escaped+`">`)
	length := w.Header().Get("Content-Length")

	w = serve(cfg, "HEAD", `/a%22%3E%3Cscript%3E?b='&c=<"`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())
	require.Equal(t, length, w.Header().Get("Content-Length"))
}

func TestMetaToNobody(t *testing.T) {
	h := redirect.NewHandler(middleware.Status(404), redirect.Config{Rules: []redirect.Rule{{To: "/b", Meta: true}}})
	status, err := h.ServeHTTP(gone{httptest.NewRecorder()}, httptest.NewRequest("GET", "/a", nil))
	require.Equal(t, middleware.StatusClientClosed, status)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

// gone is the writer of a client that is.
type gone struct{ *httptest.ResponseRecorder }

func (gone) Write([]byte) (int, error)       { return 0, io.ErrClosedPipe }
func (gone) WriteString(string) (int, error) { return 0, io.ErrClosedPipe }

func TestConditions(t *testing.T) {
	plain, err := condition.Parse("{scheme}", "is", "http")
	require.NoError(t, err)
	near, err := condition.Parse("{remote}", "starts_with", "198.51.")
	require.NoError(t, err)
	cfg := redirect.Config{
		Rules: []redirect.Rule{
			{To: "/near", If: condition.Set{Conditions: []condition.Condition{near}}},
			{To: "https://{host}{uri}", If: condition.Set{Conditions: []condition.Condition{plain}}},
		},
		Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
	for _, tt := range []struct{ url, client, want string }{
		{"http://a.example/b", "", "https://a.example/b"},
		{"http://a.example/b", "198.51.100.7", "/near/b"},
		{"https://a.example/b", "", ""},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", tt.url, nil)
		r.Header.Set("X-Forwarded-For", tt.client)
		middleware.Wrap(teapot, redirect.New(cfg)).ServeHTTP(w, r)
		require.Equal(t, tt.want, w.Header().Get("Location"))
	}
}

// TestRewritten checks which path counts once a layer has put another in its place.
func TestRewritten(t *testing.T) {
	rewritten := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(w, middleware.Rewrite(w, r, &url.URL{Path: "/inner", RawQuery: "q"}))
		})
	}
	for to, want := range map[string]string{"https://x": "https://x/inner?q", "https://x{uri}": "https://x/outer?p"} {
		w := httptest.NewRecorder()
		middleware.Wrap(teapot, rewritten, redirect.New(redirect.Config{Rules: []redirect.Rule{{To: to}}})).
			ServeHTTP(w, httptest.NewRequest("GET", "/outer?p", nil))
		require.Equal(t, want, w.Header().Get("Location"))
	}
}

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, redirect.New(redirect.Config{Rules: []redirect.Rule{{From: "/other", To: "/b"}}}))
}

func TestConfigIsCopied(t *testing.T) {
	cfg := redirect.Config{Rules: []redirect.Rule{{To: "https://x"}}}
	mw := redirect.New(cfg)
	cfg.Rules[0].To = "https://y"
	w := httptest.NewRecorder()
	middleware.Wrap(teapot, mw).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "https://x/", w.Header().Get("Location"))
}

// FuzzLocation checks that whatever the request, a redirect leads to the host that
// is written.
func FuzzLocation(f *testing.F) {
	f.Add("//evil.example/", "a=b", "https://x{uri}")
	f.Add("evil.example", "//evil", "{path}")
	f.Add("\\evil", "\r\n", "/{file}?{query}")
	f.Fuzz(func(t *testing.T, path, query, to string) {
		if redirect.CheckTarget(to) != nil || strings.Contains(strings.ToLower(to), "host") || strings.Contains(to, "label") {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: path, RawQuery: query}
		w := httptest.NewRecorder()
		middleware.Wrap(teapot, redirect.New(redirect.Config{Rules: []redirect.Rule{{To: to}}})).ServeHTTP(w, r)
		location := w.Header().Get("Location")
		require.NotContains(t, location, "\r")
		require.NotContains(t, location, "\n")
		w = httptest.NewRecorder()
		r.URL = &url.URL{Path: "/"}
		middleware.Wrap(teapot, redirect.New(redirect.Config{Rules: []redirect.Rule{{To: to}}})).ServeHTTP(w, r)
		require.Equal(t, hostOf(w.Header().Get("Location")), hostOf(location), "%q", location)
	})
}

// hostOf returns the host of a location as a browser sees it.
func hostOf(location string) string {
	location = strings.ReplaceAll(location, `\`, "/")
	scheme, rest, ok := strings.Cut(location, "//")
	if !ok || scheme != "" && strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.:") != "" {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

func TestUntouchedCostsNothing(t *testing.T) {
	h := redirect.New(redirect.Config{Rules: []redirect.Rule{{From: "/a", To: "/b"}}})(nothing)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/path", nil)
	require.Zero(t, testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }))
}

func BenchmarkUntouched(b *testing.B) { benchmark(b, redirect.Rule{From: "/a", To: "/b"}) }

func BenchmarkRedirect(b *testing.B) { benchmark(b, redirect.Rule{To: "https://example.com"}) }

func BenchmarkPlaceholder(b *testing.B) { benchmark(b, redirect.Rule{To: "https://example.com{uri}"}) }

func benchmark(b *testing.B, rule redirect.Rule) {
	h := redirect.New(redirect.Config{Rules: []redirect.Rule{rule}})(nothing)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/path?query", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

var nothing = middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })
