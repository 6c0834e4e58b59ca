package gzip_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestDirective(t *testing.T) {
	octets := "application/octet-stream"
	for _, tt := range []struct {
		name, src   string
		path        string
		contentType string
		size        int
		want        string // coding
	}{
		{"alone", "gzip", "/", "text/html", 5000, "zstd"},
		{"alone, for little", "gzip", "/", "text/html", 1000, ""},
		{"alone, for a picture", "gzip", "/", "image/png", 5000, ""},
		{"an empty block", "gzip {\n}", "/a.css", "text/css", 5000, "zstd"},

		{"ext", "gzip {\n ext .css .js\n}", "/a.css", "text/css", 5000, "zstd"},
		{"ext in capitals", "gzip {\n ext .css .js\n}", "/A.JS", "text/javascript", 5000, "zstd"},
		{"ext of others", "gzip {\n ext .css .js\n}", "/a.html", "text/html", 5000, ""},
		{"ext of none", "gzip {\n ext .css \"\"\n}", "/a", "text/html", 5000, "zstd"},
		{"ext of all", "gzip {\n ext *\n}", "/a.html", "text/html", 5000, "zstd"},
		{"ext of a type that nobody knows", "gzip {\n ext .foo\n}", "/a.foo", octets, 5000, "zstd"},
		{"ext of all, and a type that nobody knows", "gzip {\n ext *\n}", "/a.foo", octets, 5000, ""},
		{"ext, repeated", "gzip {\n ext .css\n ext .js\n}", "/a.css", "text/css", 5000, "zstd"},

		{"not", "gzip {\n not /images /videos\n}", "/images/a.svg", "image/svg+xml", 5000, ""},
		{"not here", "gzip {\n not /images /videos\n}", "/a.svg", "image/svg+xml", 5000, "zstd"},
		{"not, repeated", "gzip {\n not /a\n not /b\n}", "/b/c", "text/html", 5000, ""},

		{"level", "gzip {\n level 9\n}", "/", "text/html", 5000, "zstd"},
		{"min_length", "gzip {\n min_length 6000\n}", "/", "text/html", 5000, ""},
		{"min_length with a unit", "gzip {\n min_length 2KB\n}", "/", "text/html", 5000, "zstd"},
		{"encodings", "gzip {\n encodings br gzip\n}", "/", "text/html", 5000, "br"},
		{"one of the encodings, at a level", "gzip {\n level 1\n encodings gzip\n}", "/", "text/html", 5000, "gzip"},
		{"types", "gzip {\n types image/png text/*\n}", "/", "image/png", 5000, "zstd"},
		{"types of others", "gzip {\n types image/png text/*\n}", "/", "application/json", 5000, ""},
		{"types but one", "gzip {\n types * !text/html\n}", "/", "text/html", 5000, ""},
		{"types of what has a suffix", "gzip {\n types +json\n}", "/", "application/a+json", 5000, "zstd"},

		{"the first of two", "gzip {\n ext .css\n encodings br\n}\ngzip {\n encodings gzip\n}", "/a.css", "text/css", 5000, "br"},
		{"the second of two", "gzip {\n ext .css\n encodings br\n}\ngzip {\n encodings gzip\n}", "/a.html", "text/html", 5000, "gzip"},
		{"the second of two, which is stricter", "gzip {\n not /a\n encodings br\n}\ngzip {\n ext .css\n encodings gzip\n}", "/a/b.css", "text/css", 5000, "gzip"},
		{"neither of two", "gzip {\n not /a\n encodings br\n}\ngzip {\n ext .css\n encodings gzip\n}", "/a/b.js", "text/javascript", 5000, ""},
		{"the first has the last word", "gzip {\n min_length 6000\n}\ngzip", "/", "text/html", 5000, ""},
		{"a layer of everything", "gzip {\n ext *\n not /a\n level 5\n min_length 1\n encodings br\n types text/*\n etag weak\n cache 1MB\n jitter 8\n precompressed off\n}",
			"/", "text/html", 5000, "br"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			site.Log = slog.New(slog.DiscardHandler)
			mw, err := caddyfiletest.SetupIn(t, site, gzip.Directive, tt.src)
			require.NoError(t, err)
			w, r := httptest.NewRecorder(), ask("GET", browser)
			r.URL.Path = tt.path
			mw(middleware.FromHTTP(writes(tt.contentType, textOf(tt.size)))).ServeHTTP(w, r)
			require.Equal(t, tt.want, w.Header().Get("Content-Encoding"))
			got, err := read(tt.want, w.Body)
			require.NoError(t, err)
			require.Equal(t, textOf(tt.size), got)
		})
	}
}

// TestDirectiveETag checks the modes by their names.
func TestDirectiveETag(t *testing.T) {
	for src, want := range map[string]string{
		"gzip": `"a-zstd"`, "gzip {\n etag suffix\n}": `"a-zstd"`, "gzip {\n etag weak\n}": `W/"a"`,
		"gzip {\n etag drop\n}": ``, "gzip {\n etag keep\n}": `"a"`,
	} {
		mw, err := caddyfiletest.Setup(t, gzip.Directive, src)
		require.NoError(t, err)
		w := httptest.NewRecorder()
		mw(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"a"`)
			plain(text)(w, r)
		}))).ServeHTTP(w, ask("GET", browser))
		require.Equal(t, want, w.Header().Get("Etag"), src)
	}
}

// TestDirectivePrecompressed checks what the layer of files finds on its site.
func TestDirectivePrecompressed(t *testing.T) {
	for src, want := range map[string][]string{
		"gzip":                                 nil,
		"gzip {\n precompressed off\n}":        {},
		"gzip {\n precompressed gzip br\n}":    {"gzip", "br"},
		"gzip\ngzip {\n precompressed zstd\n}": {"zstd"},
	} {
		site := directive.NewSite()
		site.Log = slog.New(slog.DiscardHandler)
		_, err := caddyfiletest.SetupIn(t, site, gzip.Directive, src)
		require.NoError(t, err)
		require.Equal(t, want, site.Siblings, src)
	}
}

// TestDirectiveOfNoUse checks that the operator is told of a line that no request
// gets to.
func TestDirectiveOfNoUse(t *testing.T) {
	var log strings.Builder
	site := directive.NewSite()
	site.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, err := caddyfiletest.SetupIn(t, site, gzip.Directive, "gzip {\n ext .css\n}\ngzip\ngzip {\n ext .js\n}")
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	require.Contains(t, log.String(), "at=Caddyfile:5:1")
	require.Contains(t, log.String(), "gzip: never used: an earlier line is for all requests")
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"an argument", "gzip x", `Caddyfile:1:6: gzip: unexpected "x"`},
		{"arguments for the block", "gzip 5 zstd /api on\ngzip off",
			"Caddyfile:1:6: gzip: unexpected \"5\" (a level is given in a block: gzip { level 5 })\n" +
				"Caddyfile:1:8: gzip: unexpected \"zstd\" (codings are named in a block: gzip { encodings zstd })\n" +
				"Caddyfile:1:13: gzip: unexpected \"/api\" (paths are exempted in a block: gzip { not PATH })\n" +
				"Caddyfile:1:18: gzip: unexpected \"on\" (that goes without saying)\n" +
				"Caddyfile:2:6: gzip: unexpected \"off\" (it is off without a line of gzip)"},
		{"an unknown property", "gzip {\n levle 5\n}", `Caddyfile:2:2: gzip: unknown property "levle" (did you mean "level"?)`},
		{"no extension", "gzip {\n ext\n}", `Caddyfile:2:2: gzip: ext: an extension such as .css, or *, is missing`},
		{"what is no extension", "gzip {\n ext css\n}", `Caddyfile:2:6: gzip: ext: "css" is not an extension such as .css`},
		{"two extensions in one", "gzip {\n ext .tar.css\n}", `Caddyfile:2:6: gzip: ext: ".tar.css" is not an extension such as .css`},
		{"all extensions, and one", "gzip {\n ext .css *\n}", `Caddyfile:2:11: gzip: ext: * stands alone`},
		{"all extensions, and one on another line", "gzip {\n ext *\n ext .css\n}", `Caddyfile:3:2: gzip: ext: * stands alone`},
		{"an extension, and all on another line", "gzip {\n ext .css\n ext *\n}", `Caddyfile:3:2: gzip: ext: * stands alone`},
		{"what is no path", "gzip {\n not images\n}", `Caddyfile:2:6: gzip: not: "images" is not a path: a path begins with /`},
		{"nowhere", "gzip {\n not /\n}", `Caddyfile:2:6: gzip: not: that is everything: leave out gzip instead`},
		{"no level", "gzip {\n level\n}", `Caddyfile:2:2: gzip: level: a number from 1 to 9 is missing`},
		{"a level there is not", "gzip {\n level 10\n}", `Caddyfile:2:8: gzip: level: "10" is not a number from 1 to 9`},
		{"two levels", "gzip {\n level 1\n level 2\n}", `Caddyfile:3:2: gzip: level: already given at Caddyfile:2:2`},
		{"no length", "gzip {\n min_length 0\n}", `Caddyfile:2:13: gzip: min_length: "0" is not a size such as 512B, 64KB or 10MB`},
		{"a length too large to be held", "gzip {\n min_length 2MB\n}", `Caddyfile:2:13: gzip: min_length: "2MB" is more than 1MB, the most that is held back`},
		{"an unknown coding", "gzip {\n encodings gzip brotli\n}", `Caddyfile:2:17: gzip: encodings: unknown coding "brotli" (it is one of zstd, br, gzip)`},
		{"a coding twice", "gzip {\n encodings gzip br gzip\n}", `Caddyfile:2:20: gzip: encodings: gzip is there already`},
		{"what is no type", "gzip {\n types html\n}", `Caddyfile:2:8: gzip: types: "html" is not a media type such as text/html, text/*, +json or *`},
		{"what is no type, exempted", "gzip {\n types * !image\n}", `Caddyfile:2:10: gzip: types: "image" is not a media type such as text/html, text/*, +json or *`},
		{"an unknown mode", "gzip {\n etag strong\n}", `Caddyfile:2:7: gzip: etag: unknown mode "strong" (it is one of suffix, weak, drop, keep)`},
		{"a cache of no size", "gzip {\n cache\n}", `Caddyfile:2:2: gzip: cache: a size such as 512B, 64KB or 10MB is missing`},
		{"a cache of what is no size", "gzip {\n cache big\n}", `Caddyfile:2:8: gzip: cache: "big" is not a size such as 512B, 64KB or 10MB`},
		{"too much jitter", "gzip {\n jitter 2000\n}", `Caddyfile:2:9: gzip: jitter: "2000" is not a number from 1 to 1024`},
		{"nothing precompressed", "gzip {\n precompressed\n}", `Caddyfile:2:2: gzip: precompressed: the coding, one of zstd, br, gzip, is missing`},
		{"something precompressed and off", "gzip {\n precompressed off br\n}", `Caddyfile:2:16: gzip: precompressed: unknown coding "off" (it is one of zstd, br, gzip)`},
		{"precompressed on two lines", "gzip {\n ext .js\n precompressed off\n}\ngzip {\n precompressed br\n}",
			`Caddyfile:6:2: gzip: precompressed: already given for the site at Caddyfile:3:2`},
		{"several", "gzip x {\n level a\n cache\n}\ngzip {\n foo\n}",
			"Caddyfile:1:6: gzip: unexpected \"x\"\n" +
				"Caddyfile:2:8: gzip: level: \"a\" is not a number from 1 to 9\n" +
				"Caddyfile:3:2: gzip: cache: a size such as 512B, 64KB or 10MB is missing\n" +
				"Caddyfile:6:2: gzip: unknown property \"foo\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, gzip.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}

// FuzzDirective checks that what is not an error makes a layer which does no harm.
func FuzzDirective(f *testing.F) {
	f.Add("ext", ".css *", "level", "5")
	f.Add("not", "/a /b", "min_length", "1MB")
	f.Add("encodings", "br gzip", "types", "text/* !text/html +json")
	f.Add("etag", "weak", "jitter", "1024")
	f.Add("cache", "1KB", "precompressed", "off")
	f.Fuzz(func(t *testing.T, name1, args1, name2, args2 string) {
		block := []*directive.Line{}
		for _, prop := range []string{name1 + " " + args1, name2 + " " + args2} {
			line := new(directive.Line)
			for text := range strings.FieldsSeq(prop) {
				line.Words = append(line.Words, directive.Word{Text: text})
			}
			if len(line.Words) > 0 {
				block = append(block, line)
			}
		}
		site := directive.NewSite()
		site.Log = slog.New(slog.DiscardHandler)
		defer site.Root.Close()
		c := directive.NewController(site, "gzip", &directive.Line{Words: []directive.Word{{Text: "gzip"}}, Block: block})
		mw, err := gzip.Directive.Setup(c)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		mw(middleware.FromHTTP(plain(text))).ServeHTTP(w, ask("GET", browser))
		got, err := read(w.Header().Get("Content-Encoding"), w.Body)
		require.NoError(t, err)
		require.Equal(t, text, got)
	})
}
