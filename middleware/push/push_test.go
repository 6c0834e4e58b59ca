package push_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/push"
)

func config(resources ...string) push.Config {
	return push.Config{Rules: []push.Rule{{Path: "/", Resources: resources}}}
}

func TestLinks(t *testing.T) {
	const style = "</a.css>; rel=preload; as=style"
	for _, tt := range []struct {
		name   string
		cfg    push.Config
		method string
		url    string
		want   []string
	}{
		{"a style", config("/a.css"), "GET", "/", []string{style}},
		{"a style with a query", config("/a.css?v=1"), "GET", "/", []string{"</a.css?v=1>; rel=preload; as=style"}},
		{"HEAD", config("/a.css"), "HEAD", "/", []string{style}},
		{"POST", config("/a.css"), "POST", "/", nil},
		{"each kind", config("/a.mjs", "/a.WOFF2", "/a.svg", "/a.json", "/a.vtt", "/a.xyz", "/a"), "GET", "/", []string{
			"</a.mjs>; rel=preload; as=script", "</a.WOFF2>; rel=preload; as=font; crossorigin", "</a.svg>; rel=preload; as=image",
			"</a.json>; rel=preload; as=fetch; crossorigin", "</a.vtt>; rel=preload; as=track", "</a.xyz>; rel=preload", "</a>; rel=preload",
		}},
		{"the resource itself", config("/a.css", "/b.css"), "GET", "//x/../%61.css?v", []string{"</b.css>; rel=preload; as=style"}},
		{"another path", push.Config{Rules: []push.Rule{{Path: "/x", Resources: []string{"/a.css"}}}}, "GET", "/", nil},
		{"two rules", push.Config{Rules: []push.Rule{
			{Path: "/", Resources: []string{"/a.css"}}, {Path: "/y", Resources: []string{"/no.css"}}, {Path: "/x", Resources: []string{"/a.css", "/b.css"}},
		}}, "GET", "/x", []string{style, "</b.css>; rel=preload; as=style"}},
		{"no rules", push.Config{}, "GET", "/", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(202) }), push.New(tt.cfg)).
				ServeHTTP(w, httptest.NewRequest(tt.method, tt.url, nil))
			require.Equal(t, 202, w.Code)
			require.Equal(t, tt.want, w.Header()["Link"])
		})
	}
}

// TestEarlyHints sends real requests, which are answered before the page is made.
func TestEarlyHints(t *testing.T) {
	for _, tt := range []struct {
		name  string
		http2 bool
		dest  string
		hints int
	}{
		{"HTTP/2", true, "", 1},
		{"HTTP/2, for a document", true, "document", 1},
		{"HTTP/2, for an image", true, "image", 0},
		{"HTTP/1.1, of which some clients are mistaken", false, "document", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := make(chan struct{}, 1)
			srv := httptest.NewUnstartedServer(middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.hints > 0 {
					select {
					case <-seen: // the hint, while the page is being made
					case <-r.Context().Done():
					}
				}
				w.Header().Set("X-Proto", r.Proto)
				fmt.Fprint(w, "page")
			}), push.New(config("/a.css"))))
			srv.EnableHTTP2 = tt.http2
			srv.StartTLS()
			defer srv.Close()
			var hints []string
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
				hints = append(hints, fmt.Sprint(code, h["Link"]))
				seen <- struct{}{}
				return nil
			}})
			r, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
			require.NoError(t, err)
			if tt.dest != "" {
				r.Header.Set("Sec-Fetch-Dest", tt.dest)
			}
			resp, err := srv.Client().Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			require.Equal(t, 200, resp.StatusCode)
			require.Equal(t, tt.http2, resp.Header.Get("X-Proto") == "HTTP/2.0")
			require.Equal(t, []string{"</a.css>; rel=preload; as=style"}, resp.Header["Link"])
			require.Len(t, hints, tt.hints)
			for _, hint := range hints {
				require.Equal(t, "103 [</a.css>; rel=preload; as=style]", hint)
			}
		})
	}
}

// TestTakenBack checks that what somebody else answers names no resources, but what
// others named stays.
func TestTakenBack(t *testing.T) {
	for _, tt := range []struct {
		name    string
		behind  []string
		outcome int
		want    []string
	}{
		{"a status", nil, 404, nil},
		{"a redirect", nil, 302, nil},
		{"a status, and a link of the handler's", []string{"</b>; rel=next"}, 404, []string{"</b>; rel=next"}},
		{"nothing, which is an empty page", nil, 0, []string{"</a.css>; rel=preload; as=style"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			push.New(config("/a.css"))(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				for _, link := range tt.behind {
					w.Header().Add("Link", link)
				}
				return tt.outcome, nil
			})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Equal(t, tt.want, w.Header()["Link"])
		})
	}
}

// pusher is the writer of a connection whose client accepts pushes, or does not.
type pusher struct {
	*httptest.ResponseRecorder
	err    error
	pushed []string
	opts   []http.PushOptions
}

func (p *pusher) Push(target string, opts *http.PushOptions) error {
	if p.err == nil {
		p.pushed, p.opts = append(p.pushed, target), append(p.opts, *opts)
	}
	return p.err
}

func TestServerPush(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rule   push.Rule
		err    error
		links  []string // of the handler behind
		status int
		want   []string
	}{
		{"not asked for", push.Rule{Resources: []string{"/a.css"}}, nil, []string{"</b.css>; rel=preload"}, 0, nil},
		{"resources", push.Rule{Push: true, Resources: []string{"/a.css", "/b.js?v"}}, nil, nil, 0, []string{"/a.css", "/b.js?v"}},
		{"not accepted", push.Rule{Push: true, Resources: []string{"/a.css"}}, http.ErrNotSupported, []string{"</b.css>; rel=preload"}, 0, nil},
		{"what a response names", push.Rule{Push: true}, nil, []string{
			"</a.css>; rel=preload; as=style, </b.js>; as=script; rel=\"preload\"", "</c>; rel=next", "</d.css>; rel=preload; nopush",
			"<https://example.com/e.css>; rel=preload", "<//example.com/f.css>; rel=preload", "<g.css>; rel=preload",
		}, 0, []string{"/a.css", "/b.js"}},
		{"what a response names again", push.Rule{Push: true, Resources: []string{"/a.css"}}, nil, []string{"</a.css>; rel=preload"}, 0, []string{"/a.css"}},
		{"what somebody else responds names nothing", push.Rule{Push: true}, nil, []string{"</a.css>; rel=preload"}, 404, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &pusher{ResponseRecorder: httptest.NewRecorder(), err: tt.err}
			h := push.New(push.Config{Rules: []push.Rule{tt.rule}})(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				for _, link := range tt.links {
					w.Header().Add("Link", link)
				}
				return tt.status, nil
			}))
			_, err := h.ServeHTTP(middleware.Record(w), httptest.NewRequest("GET", "/", nil))
			require.NoError(t, err)
			require.Equal(t, tt.want, w.pushed)
		})
	}
}

func TestPushOptions(t *testing.T) {
	w := &pusher{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequest("GET", "/", nil)
	r.ProtoMajor = 2
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("User-Agent", "page's")
	r.Header.Set("Cookie", "secret")
	push.New(push.Config{Rules: []push.Rule{{
		Resources: []string{"/a.css"}, Push: true, Method: "HEAD", Header: http.Header{"User-Agent": {"rule's"}, "X-A": {"1"}},
	}}})(nothing).ServeHTTP(w, r)
	require.Equal(t, []http.PushOptions{{Method: "HEAD", Header: http.Header{"Accept-Encoding": {"gzip"}, "User-Agent": {"rule's"}, "X-A": {"1"}}}}, w.opts)
	require.Equal(t, 200, w.Code, "there is no 103 as well")
}

// TestNoPusher has a connection without pushes, as of HTTP/1.1.
func TestNoPusher(t *testing.T) {
	w := httptest.NewRecorder()
	push.New(push.Config{Rules: []push.Rule{{Resources: []string{"/a.css"}, Push: true}}})(nothing).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, []string{"</a.css>; rel=preload; as=style"}, w.Header()["Link"])
}

func TestTransparent(t *testing.T) {
	t.Run("for other paths", func(t *testing.T) {
		middlewaretest.Transparent(t, push.New(push.Config{Rules: []push.Rule{{Path: "/other", Resources: []string{"/a.css"}}}}))
	})
	t.Run("for its paths, but for the field", func(t *testing.T) {
		middlewaretest.Outcome(t, push.New(config("/a.css")))
	})
	t.Run("for its paths, without a resource", func(t *testing.T) {
		middlewaretest.Writer(t, push.New(push.Config{Rules: []push.Rule{{Push: true}}}))
	})
}

// TestFailure checks that the error of the next handler gets through.
func TestFailure(t *testing.T) {
	reason := errors.New("reason")
	status, err := push.New(config("/a.css"))(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		return 500, reason
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 500, status)
	require.ErrorIs(t, err, reason)
}

// FuzzLinks checks that nothing is pushed but a path of this site, whatever a
// response names.
func FuzzLinks(f *testing.F) {
	f.Add(`</a.css>; rel=preload; as=style, <https://x/b>; rel="preload"; nopush`)
	f.Add(`<//x>;rel=preload,</\x>;rel=preload;title="a\",<`)
	f.Fuzz(func(t *testing.T, field string) {
		w := &pusher{ResponseRecorder: httptest.NewRecorder()}
		push.New(push.Config{Rules: []push.Rule{{Push: true}}})(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			w.Header().Set("Link", field)
			return 0, nil
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		for _, target := range w.pushed {
			require.Regexp(t, `^/([^/\\].*)?$`, target)
			require.Contains(t, field, "<"+target+">")
		}
	})
}

func TestConfigIsCopied(t *testing.T) {
	cfg := config("/a.css")
	mw := push.New(cfg)
	cfg.Rules[0].Resources[0] = "/b.css"
	cfg.Rules[0].Path = "/other"
	w := httptest.NewRecorder()
	mw(nothing).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, []string{"</a.css>; rel=preload; as=style"}, w.Header()["Link"])
}

func TestUntouchedCostsNothing(t *testing.T) {
	h := push.New(push.Config{Rules: []push.Rule{{Path: "/other", Resources: []string{"/a.css"}}}})(nothing)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/path", nil)
	require.Zero(t, testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }))
}

func BenchmarkUntouched(b *testing.B) {
	benchmark(b, push.Config{Rules: []push.Rule{{Path: "/other", Resources: []string{"/a.css"}}}})
}

func BenchmarkLinks(b *testing.B) { benchmark(b, config("/a.css", "/b.js")) }

func benchmark(b *testing.B, cfg push.Config) {
	h := push.New(cfg)(nothing)
	w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", "/path", nil)
	b.ReportAllocs()
	for b.Loop() {
		w.Header().Del("Link")
		h.ServeHTTP(w, r)
	}
}

var nothing = middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })
