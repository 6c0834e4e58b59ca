package gzip_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

func TestDictionaryProperty(t *testing.T) {
	file := filepath.ToSlash(filepath.Join(t.TempDir(), "app.js"))
	require.NoError(t, os.WriteFile(file, []byte("old"+release1), 0o600))
	for _, tt := range []struct {
		name, src  string
		header     string // of what is learned at /app.1.js
		dictionary string // that is known then
	}{
		{"a pattern", "gzip {\n dictionary /app.*.js\n}", `match="/app.*.js"`, release1},
		{"several", "gzip {\n dictionary /x\n dictionary /app.*.js\n}", `match="/app.*.js"`, release1},
		{"all of it", "gzip {\n dictionary /app.* {\n from /*.js\n dest script style\n id \"an id\"\n }\n}",
			`match="/app.*", match-dest=("script" "style"), id="an id"`, release1},
		{"a file", "gzip {\n dictionary /app.*.js {\n file " + file + "\n }\n}", `match="/app.*.js"`, "old" + release1},
		{"not from there", "gzip {\n dictionary /app.*.js {\n from /dictionaries/*\n }\n}", ``, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mw, err := caddyfiletest.Setup(t, gzip.Directive, tt.src)
			require.NoError(t, err)
			w := httptest.NewRecorder()
			_, err = mw(middleware.FromHTTP(writes("text/javascript", release1))).ServeHTTP(w, request("/app.1.js"))
			require.NoError(t, err)
			require.Equal(t, tt.header, w.Header().Get("Use-As-Dictionary"))

			w = httptest.NewRecorder()
			_, err = mw(middleware.FromHTTP(writes("text/javascript", release2))).ServeHTTP(w,
				request("/app.2.js", "Available-Dictionary: "+available(tt.dictionary)))
			require.NoError(t, err)
			require.Equal(t, tt.dictionary != "", w.Header().Get("Content-Encoding") == "dcb")
		})
	}
}

func TestDictionaryPropertyErrors(t *testing.T) {
	empty := filepath.ToSlash(filepath.Join(t.TempDir(), "empty"))
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "gzip {\n dictionary\n}", `Caddyfile:2:2: gzip: dictionary: a pattern of paths is missing`},
		{"too much", "gzip {\n dictionary /a /b\n}", `Caddyfile:2:16: gzip: dictionary: unexpected "/b"`},
		{"no path", "gzip {\n dictionary app.*.js\n}",
			`Caddyfile:2:13: gzip: dictionary: "app.*.js" is not a path with wildcards: it does not begin with a slash`},
		{"a regular expression", "gzip {\n dictionary /a {\n from /(a|b)\n }\n}",
			`Caddyfile:3:7: gzip: dictionary: from: "/(a|b)" is not a path with wildcards: it has a '('`},
		{"no destination", "gzip {\n dictionary /a {\n dest script .js\n }\n}",
			`Caddyfile:3:14: gzip: dictionary: dest: ".js" is not a destination such as document or script`},
		{"no identifier", "gzip {\n dictionary /a {\n id é\n }\n}",
			`Caddyfile:3:5: gzip: dictionary: id: "é" is not an identifier of at most 1,024 printable characters of ASCII`},
		{"two identifiers", "gzip {\n dictionary /a {\n id a\n id b\n }\n}",
			`Caddyfile:4:2: gzip: dictionary: id: already given at Caddyfile:3:2`},
		{"an empty file", "gzip {\n dictionary /a {\n file " + empty + "\n }\n}",
			`Caddyfile:3:7: gzip: dictionary: file: a dictionary must not be empty`},
		{"an unknown property", "gzip {\n dictionary /a {\n dests script\n }\n}",
			`Caddyfile:3:2: gzip: dictionary: unknown property "dests" (did you mean "dest"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, gzip.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
	_, err := caddyfiletest.Setup(t, gzip.Directive, "gzip {\n dictionary /a {\n file missing.js\n }\n}")
	require.ErrorIs(t, err, os.ErrNotExist)
}
