package middleware_test

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

func TestPath(t *testing.T) {
	for _, tt := range []struct {
		scope                   middleware.Path
		request                 string
		match, protects, within bool
	}{
		{"/foo", "/foo", true, true, true},
		{"/foo", "/foo/x", true, true, true},
		{"/foo", "/foobar", true, true, false},
		{"/foo*", "/foobar", true, true, true},
		{"/foo", "/FOO/x", false, true, false},
		{"/faſt", "/FAST", false, true, false},
		{"/", "/foo", true, true, true},
		{"", "/foo", true, true, true},
		{"/foo/", "/foo", false, false, false},
		{"/foo/", "/foo/", true, true, true},
		{"/foo/", "/foo/x", true, true, true},
		{"/foo", "//foo", true, true, true},
		{"/foo", "/bar/../foo", true, true, true},
		{"/foo", "/f%6Fo", true, true, true},
		{"/foo", "/foo/../bar", false, false, false},
		{"/foo", "/bar/foo", false, false, false},
	} {
		t.Run(string(tt.scope)+" "+tt.request, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://example.org"+tt.request, nil)
			require.Equal(t, tt.match, tt.scope.Match(r), "Match")
			require.Equal(t, tt.protects, tt.scope.Protects(r), "Protects")
			require.Equal(t, tt.within, tt.scope.Within(r), "Within")
		})
	}
}

func TestPathsInOrder(t *testing.T) {
	paths := []middleware.Path{"", "/", "/a*", "/a", "/a/", "/A", "/ab*", "/a/b"}
	slices.SortStableFunc(paths, middleware.Path.Compare)
	require.Equal(t, []middleware.Path{"/a/b", "/a/", "/ab*", "/a", "/A", "/a*", "/", ""}, paths)
}

// TestProtectsAny has a request be led to one path after the other.
func TestProtectsAny(t *testing.T) {
	for _, tt := range []struct {
		scope middleware.Path
		urls  []string
		want  bool
	}{
		{"/guarded", []string{"/guarded"}, true},
		{"/guarded", []string{"/Guarded/x", "/free"}, true},
		{"/guarded", []string{"/free", "/guarded"}, true},
		{"/guarded", []string{"/free", "//x/../guarded", "/free"}, true},
		{"/guarded", []string{"/free", "/free", "/guarded", "/free"}, true},
		{"/guarded", []string{"/free", "/free", "/free"}, false},
		{"/guarded", []string{"/free"}, false},
	} {
		t.Run(strings.Join(tt.urls, " then "), func(t *testing.T) {
			w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", tt.urls[0], nil)
			for _, to := range tt.urls[1:] {
				r = middleware.Rewrite(w, r, &url.URL{Path: to})
			}
			require.Equal(t, tt.want, tt.scope.ProtectsAny(w, r))
		})
	}
	require.False(t, middleware.Path("/guarded").ProtectsAny(httptest.NewRecorder(), httptest.NewRequest("GET", "/free", nil)))
}
