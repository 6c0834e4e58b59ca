package middleware_test

import (
	"net/http/httptest"
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
