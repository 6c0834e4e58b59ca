package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestRewrite checks who sees which URL, however many layers and writers there are
// between them.
func TestRewrite(t *testing.T) {
	rewrite := func(to string) middleware.Middleware {
		return func(next middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				u, err := url.Parse(to)
				require.NoError(t, err)
				rewritten := middleware.Rewrite(w, r, u)
				require.Same(t, u, rewritten.URL)
				require.Equal(t, r.Context(), rewritten.Context())
				return next.ServeHTTP(w, rewritten)
			})
		}
	}
	foreign := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(middleware.Record(wrapper{w}), r)
		})
	}
	adopted := middleware.Adopt(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrapper{w}, r) })
	})
	for _, tt := range []struct {
		name string
		mw   []middleware.Middleware
		sees string
	}{
		{"never", nil, "/a%20b?q=1"},
		{"once", []middleware.Middleware{rewrite("/c%2Fd?e")}, "/c%2Fd?e"},
		{"twice", []middleware.Middleware{rewrite("/c"), rewrite("/d?e")}, "/d?e"},
		{"behind another writer", []middleware.Middleware{foreign, rewrite("/c")}, "/c"},
		{"in front of another writer", []middleware.Middleware{rewrite("/c"), foreign}, "/c"},
		{"on both sides of another writer", []middleware.Middleware{rewrite("/c"), foreign, rewrite("/d")}, "/d"},
		{"on both sides of an edge", []middleware.Middleware{rewrite("/c"), adopted, rewrite("/d")}, "/d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const asked = "/a%20b?q=1"
			r := httptest.NewRequest("GET", asked, nil)
			check := func(next middleware.Handler) middleware.Handler {
				return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
					status, err := next.ServeHTTP(w, r)
					require.Equal(t, asked, r.URL.String(), "further out the request is as it was")
					require.Equal(t, asked, r.RequestURI)
					require.Equal(t, asked, middleware.OriginalURL(w, r).String())
					return status, err
				})
			}
			reached := false
			end := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				reached = true
				require.Equal(t, tt.sees, r.URL.String())
				require.Equal(t, tt.sees, r.RequestURI)
				require.Equal(t, asked, middleware.OriginalURL(w, r).String())
			})
			middleware.Wrap(end, append([]middleware.Middleware{check}, tt.mw...)...).ServeHTTP(httptest.NewRecorder(), r)
			require.True(t, reached)
		})
	}
}

// TestRewriteOutsideOfAChain checks that without a Recorder to remember it the
// original URL is forgotten, and nothing worse.
func TestRewriteOutsideOfAChain(t *testing.T) {
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil)
	require.Same(t, r.URL, middleware.OriginalURL(w, r))
	rewritten := middleware.Rewrite(w, r, &url.URL{Path: "/b"})
	require.Equal(t, "/b", rewritten.RequestURI)
	require.Same(t, rewritten.URL, middleware.OriginalURL(w, rewritten))
	require.Equal(t, "/a", r.URL.Path)
}

// TestAskedURL checks what is known of a path that was not changed by Rewrite.
func TestAskedURL(t *testing.T) {
	var asked *url.URL
	h := http.StripPrefix("/a", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked = middleware.AskedURL(w, r) }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a/b?c", nil))
	require.Equal(t, "/a/b?c", asked.String())

	r := httptest.NewRequest("GET", "/a", nil)
	r.RequestURI = "" // as of a request that was made here
	require.Equal(t, "/a", middleware.AskedURL(httptest.NewRecorder(), r).String())
}

func TestLocation(t *testing.T) {
	require.Equal(t, "/a%20b?c%20d%23%0A%C3%A9", middleware.Location(&url.URL{Path: "/a b", RawQuery: "c d#\né"}))
}
