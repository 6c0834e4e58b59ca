package rewrite_test

import (
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/rewrite"
)

func TestDirective(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"file", "hidden"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	for _, tt := range []struct{ name, src, url, want string }{
		{"from and to", "rewrite /a /b", "/a?q", "/b?q"},
		{"from and to, of another path", "rewrite /a /b", "/c", "/c"},
		{"from and to, with a query", "rewrite /a /b?c=d", "/a?q", "/b?c=d"},
		{"from and several", "rewrite /a /none /file /b", "/a", "/file"},
		{"a pattern", "rewrite {\n\tr ^blog/(.*)\n\tto /posts/{1}\n}", "/blog/a", "/posts/a"},
		{"a pattern by its long name", "rewrite {\n\tregexp ^/blog/(.*)\n\tto /posts/{1}\n}", "/blog/a", "/posts/a"},
		{"a base", "rewrite /api {\n\tr ^/v1/(.*)\n\tto /v2.php?call={1}\n}", "/api/v1/users", "/v2.php?call=users"},
		{"extensions", "rewrite {\n\text / .html\n\tto /index.php?p={path}\n}", "/a.html", "/index.php?p=%2Fa.html"},
		{"extensions, of another", "rewrite {\n\text / .html\n\tto /index.php\n}", "/a.css", "/a.css"},
		{"an extension excluded", "rewrite {\n\text !.css\n\tto /index.php\n}", "/a.css", "/a.css"},
		{"a condition", "rewrite {\n\tif {>X-Mobile} is yes\n\tto /m{uri}\n}", "/a?q", "/m/a?q"},
		{"a condition that does not hold", "rewrite {\n\tif {>X-Mobile} not yes\n\tto /m{uri}\n}", "/a?q", "/a?q"},
		{"one of two conditions", "rewrite {\n\tif {path} is /b\n\tif {path} is /a\n\tif_op or\n\tto /c\n}", "/a", "/c"},
		{"try files", "rewrite {\n\tto {path} {path}/ /index.php?{query}\n}", "/file?q", "/file?q"},
		{"try files, and there is none", "rewrite {\n\tto {path} {path}/ /index.php?{query}\n}", "/none?q", "/index.php?q"},
		{"try files, and it is hidden", "rewrite {\n\tto {path} /index.php\n}", "/hidden", "/index.php"},
		{"lines without a block come first", "rewrite {\n\tto /all\n}\nrewrite /a /b", "/a", "/b"},
		{"the order of blocks", "rewrite {\n\tr ^a\n\tto /first\n}\nrewrite {\n\tr a\n\tto /second\n}", "/a", "/first"},
		{"the second block", "rewrite {\n\tr ^a\n\tto /first\n}\nrewrite {\n\tr a\n\tto /second\n}", "/ba", "/second"},
		{"the client, of whom a trusted proxy tells", "rewrite / /{remote}", "/", "/198.51.100.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			site.Root = middleware.NewRoot(dir)
			site.Hide(filepath.Join(dir, "hidden"))
			site.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			mw, err := caddyfiletest.SetupIn(t, site, rewrite.Directive, tt.src)
			require.NoError(t, err)
			r := httptest.NewRequest("GET", tt.url, nil)
			r.Header.Set("X-Mobile", "yes")
			r.Header.Set("X-Forwarded-For", "198.51.100.7")
			require.Equal(t, tt.want, seen(t, mw, r))
		})
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "rewrite", "Caddyfile:1:1: rewrite: a path is missing"},
		{"no destination", "rewrite /a", "Caddyfile:1:1: rewrite: what to rewrite it to is missing"},
		{"a pattern without a block", "rewrite ^/a /b", `Caddyfile:1:9: rewrite: "^/a" is not a path: a pattern stands in a block, after "r"`},
		{"a pattern that must not match", "rewrite not ^/a /b", `Caddyfile:1:9: rewrite: a pattern that must not match is a condition of a block: "if {path} not_match" and the pattern` + "\n" +
			`Caddyfile:1:13: rewrite: "^/a" is not a path: a path begins with /`},
		{"a star", "rewrite /a* /b", `Caddyfile:1:9: rewrite: "/a*" has to be a path alone: what more it stands for is the base of a block`},
		{"from an escaped path", "rewrite /a%20b /b", `Caddyfile:1:9: rewrite: "/a%20b" has to be written without %-escapes, and without a query`},
		{"to itself", "rewrite /a /a", "Caddyfile:1:12: rewrite: /a is rewritten to itself"},
		{"twice", "rewrite /a /b\nrewrite /a /c", "Caddyfile:2:9: rewrite: /a is rewritten already at Caddyfile:1:9"},
		{"to another host", "rewrite /a https://example.com/", `Caddyfile:1:12: rewrite: "https://example.com/" is not on this site: redir leads elsewhere`},
		{"to no path", "rewrite /a b", `Caddyfile:1:12: rewrite: "b" is not a path: a path begins with /`},
		{"to an escaped path", "rewrite /a /b%20c?d=%20", `Caddyfile:1:12: rewrite: "/b%20c?d=%20" has to have its path written without %-escapes`},
		{"to a fragment", "rewrite /a /b#c", `Caddyfile:1:12: rewrite: "/b#c" has a fragment, of which no server is told`},
		{"to a line break", "rewrite /a \"/b\n\"", `Caddyfile:1:12: rewrite: "/b\n" has spaces or control characters, which a URL has not`},
		{"to a group", "rewrite /a /b/{1}", `Caddyfile:1:12: rewrite: {1} is a group of a pattern, and there is none`},
		{"to a group there is not", "rewrite {\n\tto /b/{2}\n\tr (a)\n}", `Caddyfile:2:5: rewrite: to: {2} is not a group of the pattern, which has 1`},
		{"a block without a destination", "rewrite {\n\tr a\n}", "Caddyfile:1:1: rewrite: the block does not say where to"},
		{"a destination in front of a block", "rewrite /a /b {\n\tto /c\n}", `Caddyfile:1:12: rewrite: unexpected "/b"`},
		{"two patterns", "rewrite {\n\tr a\n\tregexp b\n\tto /c\n}", "Caddyfile:3:2: rewrite: regexp: already given at Caddyfile:2:2"},
		{"a bad pattern", "rewrite {\n\tr (\n\tto /c\n}", "Caddyfile:2:4: rewrite: r: error parsing regexp: missing closing ): `(`"},
		{"a long pattern", "rewrite {\n\tr " + strings.Repeat("a", 4097) + "\n\tto /c\n}", "Caddyfile:2:4: rewrite: r: a pattern of 4097 bytes is too long: 4096 are allowed"},
		{"a bad extension", "rewrite {\n\text html\n\tto /c\n}", `Caddyfile:2:6: rewrite: ext: "html" is not an extension such as .html, or / for none`},
		{"an extension that no path has", "rewrite {\n\text !.tar.gz\n\tto /c\n}", `Caddyfile:2:6: rewrite: ext: ".tar.gz" is not an extension such as .html, or / for none`},
		{"an unknown property", "rewrite {\n\tregex a\n\tto /c\n}", `Caddyfile:2:2: rewrite: unknown property "regex" (did you mean "regexp"?)`},
		{"a bad condition", "rewrite {\n\tif {path} match (\n\tto /c\n}", "Caddyfile:2:18: rewrite: if: error parsing regexp: missing closing ): `(`"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, rewrite.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestDirectiveWarnings(t *testing.T) {
	var log strings.Builder
	site := directive.NewSite()
	site.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, err := caddyfiletest.SetupIn(t, site, rewrite.Directive, "rewrite {\n\tr (a)\n\tto /{1}/{pth}?{qury}\n}")
	require.NoError(t, err)
	require.Contains(t, log.String(), `unknown placeholder {pth} stays as it is (did you mean \"{path}\"?)`)
	require.Contains(t, log.String(), `unknown placeholder {qury} stays as it is (did you mean \"{query}\"?)`)
	require.Equal(t, 2, strings.Count(log.String(), "\n"))
}
