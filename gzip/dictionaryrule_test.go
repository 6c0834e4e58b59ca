package gzip_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
)

func TestDictionaryRules(t *testing.T) {
	for _, tt := range []struct {
		rule gzip.DictionaryRule
		want string
	}{
		{gzip.DictionaryRule{Match: "/"}, ""},
		{gzip.DictionaryRule{Match: "/%7Eme/a_b-c.d/*,v=1;x@y!$&'"}, ""},
		{gzip.DictionaryRule{Match: "/*", From: "/d/*", Dest: []string{"document"}, ID: strings.Repeat("x", 1024)}, ""},
		{gzip.DictionaryRule{}, `a pattern of paths is missing`},
		{gzip.DictionaryRule{Match: "*.js"}, `"*.js" is not a path with wildcards: it does not begin with a slash`},
		{gzip.DictionaryRule{Match: "https://example.com/*"}, `"https://example.com/*" is not a path with wildcards: it does not begin with a slash`},
		{gzip.DictionaryRule{Match: "/**"}, `"/**" is not a path with wildcards: it has one behind another`},
		{gzip.DictionaryRule{Match: "/a?b"}, `"/a?b" is not a path with wildcards: it has a '?'`},
		{gzip.DictionaryRule{Match: "/:name"}, `"/:name" is not a path with wildcards: it has a ':'`},
		{gzip.DictionaryRule{Match: "/(.*)"}, `"/(.*)" is not a path with wildcards: it has a '('`},
		{gzip.DictionaryRule{Match: `/"`}, `"/\"" is not a path with wildcards: it has a '"'`},
		{gzip.DictionaryRule{Match: "/é"}, `"/é" is not a path with wildcards: it has a 'é'`},
		{gzip.DictionaryRule{Match: "/", From: "x"}, `"x" is not a path with wildcards: it does not begin with a slash`},
		{gzip.DictionaryRule{Match: "/", Dest: []string{"script", "Style"}}, `"Style" is not a destination such as document or script`},
		{gzip.DictionaryRule{Match: "/", Dest: []string{""}}, `"" is not a destination such as document or script`},
		{gzip.DictionaryRule{Match: "/", ID: "é"}, `"é" is not an identifier of at most 1,024 printable characters of ASCII`},
		{gzip.DictionaryRule{Match: "/", ID: strings.Repeat("x", 1025)}, `"` + strings.Repeat("x", 40) + `" is not an identifier of at most 1,024 printable characters of ASCII`},
	} {
		err := new(gzip.Dictionaries).Learn(tt.rule)
		if tt.want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, tt.want)
		}
	}
}

func TestDictionaryPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"/app.js", "/app.js", true},
		{"/app.js", "/app.jsx", false},
		{"/app.js", "/an/app.js", false},
		{"/app.*.js", "/app.1.js", true},
		{"/app.*.js", "/app..js", true},
		{"/app.*.js", "/app.js", false},
		{"/app.*.js", "/app.1/2.js", true},
		{"/app.*.js", "/app.1.js?v=2", true},
		{"/app/*/main.js", "/app/1/main.js", true},
		{"/app/*/main.js", "/app/main.js", false},
		{"/*", "/", true},
		{"/*a*b*c", "/xaxbxc", true},
		{"/*a*b*c", "/abcbc", true},
		{"/*a*b*c", "/xbxaxc", false},
		{"/*ab", "/ab", true},
		{"/*ab*ab", "/ab", false},
		{"/%20*", "/%20x", true},
	} {
		d := new(gzip.Dictionaries)
		require.NoError(t, d.Add(gzip.DictionaryRule{Match: tt.pattern}, []byte(release1)))
		w := serve(t, plain(release2), gzip.Config{Dictionaries: d}, request(tt.path, "Available-Dictionary: "+available(release1)))
		require.Equal(t, tt.want, w.Header().Get("Content-Encoding") == "dcb", "%s %s", tt.pattern, tt.path)
		require.Equal(t, tt.want, strings.Contains(w.Header().Get("Vary"), "Available-Dictionary"))
	}
}
