package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

func TestAccelTarget(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []string
		want   string
		err    string
	}{
		{"a path", []string{"/a"}, "/a", ""},
		{"a folder", []string{"/a/"}, "/a/", ""},
		{"the root", []string{"/"}, "/", ""},
		{"a path and a query", []string{"/a%20b?c=d#e"}, "/a%20b?c=d#e", ""},
		{"two values", []string{"/a", "/b"}, "", "2 fields X-Accel-Redirect"},
		{"no path", []string{"@location"}, "", `X-Accel-Redirect "@location": not a path`},
		{"dots, escaped", []string{"/a/%2e%2e/b"}, "", `X-Accel-Redirect "/a/%2e%2e/b": another path once it is resolved`},
		{"two slashes", []string{"//a"}, "", `X-Accel-Redirect "//a": another path once it is resolved`},
		{"a control character", []string{"/a%0a"}, "", `X-Accel-Redirect "/a%0a": a byte in it that no URL can have`},
		{"a blank in the query", []string{"/a?b c"}, "", `X-Accel-Redirect "/a?b c": a byte in it that no URL can have`},
		{"an escape that is none", []string{"/%zz"}, "", `X-Accel-Redirect "/%zz": invalid URL escape "%zz"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := middleware.AccelTarget(tt.values)
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, u.String())
		})
	}
}

// TestOnward checks that nothing is left of what came with a body, and that the request
// given stays as it was.
func TestOnward(t *testing.T) {
	for method, want := range map[string]string{"GET": "GET", "HEAD": "HEAD", "POST": "GET", "DELETE": "GET"} {
		r := httptest.NewRequest(method, "/a", strings.NewReader("body"))
		r.Header = http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"4"}, "Expect": {"100-continue"}, "Cookie": {"a=b"}}
		onward := middleware.Onward(httptest.NewRecorder(), r, &url.URL{Path: "/b"})
		require.Equal(t, want, onward.Method)
		require.Equal(t, "/b", onward.RequestURI)
		require.Equal(t, http.Header{"Cookie": {"a=b"}}, onward.Header)
		require.Equal(t, http.NoBody, onward.Body)
		require.Zero(t, onward.ContentLength)
		require.Equal(t, method, r.Method)
		require.Len(t, r.Header, 4)
		require.EqualValues(t, 4, r.ContentLength)
	}
}

// FuzzAccelTarget checks that a target is the path that it is compared as.
func FuzzAccelTarget(f *testing.F) {
	for _, seed := range []string{"/files/a", "/files/%2e%2e/b", "/files//a", "/files/a?b#c", "//files/x", "/files/%00", "/files/..%2fb", "/files\\..\\b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		u, err := middleware.AccelTarget([]string{value})
		if err != nil {
			return
		}
		require.True(t, strings.HasPrefix(u.Path, "/"), "%q", u.Path)
		clean := path.Clean(u.Path)
		require.Equal(t, strings.TrimSuffix(clean, "/"), strings.TrimSuffix(u.Path, "/"))
		again, err := url.ParseRequestURI(u.RequestURI())
		require.NoError(t, err)
		require.Equal(t, u.Path, again.Path)
		require.Empty(t, again.Host)
	})
}
