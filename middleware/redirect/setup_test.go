package redirect_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/redirect"
)

func TestDirective(t *testing.T) {
	const usual = "redir {\n\t/a /b\n\t/c https://x/ 307\n\t/d /e meta\n}"
	for _, tt := range []struct {
		name, src, url string
		code           int
		location       string
	}{
		{"to", "redir https://x", "/a?b", 301, "https://x/a?b"},
		{"to and a code", "redir https://x 307", "/a", 307, "https://x/a"},
		{"from and to, as Caddy 1.0.5 has it", "redir /a /b", "/a", 301, "/b"},
		{"from, to and a code", "redir /a /b 308", "/a", 308, "/b"},
		{"from every path", "redir / https://x 302", "/a", 302, "https://x/a"},
		{"a page", "redir /a /b meta", "/a", 200, ""},
		{"a page for every path", "redir https://x meta", "/a", 200, ""},
		{"lines in their order", "redir /a /b\nredir / https://x", "/a", 301, "/b"},
		{"lines in their order, the second", "redir /a /b\nredir / https://x", "/c", 301, "https://x/c"},
		{"a table", usual, "/a", 301, "/b"},
		{"a table, with a code of its own", usual, "/c", 307, "https://x/"},
		{"a table, with a page", usual, "/d", 200, ""},
		{"a table, without the path", usual, "/e", 418, ""},
		{"a table with a code", "redir 302 {\n\t/a /b\n\t/c /d 303\n}", "/a", 302, "/b"},
		{"a table with a code, and another", "redir meta {\n\t/a /b\n\t/c /d 303\n}", "/c", 303, "/d"},
		{"a condition", "redir /a /b {\n\tif {method} is GET\n}", "/a", 301, "/b"},
		{"a condition that does not hold", "redir /a /b {\n\tif {method} is POST\n}", "/a", 418, ""},
		{"a condition of a table", "redir 307 {\n\tif {>X-Forwarded-Proto} is http\n\t/ https://{host}{uri}\n}", "/a", 418, ""},
		{"one of two conditions", "redir https://x {\n\tif {method} is GET\n\tif {method} is POST\n\tif_op or\n}", "/a", 301, "https://x/a"},
		{"a rule for what the conditions of another leave", "redir /a /b {\n\tif {method} is POST\n}\nredir /a /c", "/a", 301, "/c"},
		{"a condition lets every path be sent to one", "redir / /down.html {\n\tif {path} not /down.html\n}", "/a", 301, "/down.html/a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mw, err := caddyfiletest.Setup(t, redirect.Directive, tt.src)
			require.NoError(t, err)
			w := httptest.NewRecorder()
			middleware.Wrap(teapot, mw).ServeHTTP(w, httptest.NewRequest("GET", tt.url, nil))
			require.Equal(t, tt.code, w.Code)
			require.Equal(t, tt.location, w.Header().Get("Location"))
			if tt.code == http.StatusOK {
				require.Contains(t, w.Body.String(), "refresh")
			}
		})
	}
}

func TestDirectiveErrors(t *testing.T) {
	codes := "not a code to redirect with: those are 300 to 308, but for 306, and meta"
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "redir", "Caddyfile:1:1: redir: where to redirect to is missing"},
		{"too much", "redir /a /b 301 c", `Caddyfile:1:17: redir: unexpected "c"`},
		{"a code that does not redirect", "redir /a /b 200", `Caddyfile:1:13: redir: "200" is ` + codes},
		{"a code that is not used any more", "redir /a /b 306", `Caddyfile:1:13: redir: "306" is ` + codes},
		{"a code in place of a destination", "redir https://x 404", `Caddyfile:1:17: redir: 404 is ` + codes},
		{"a word in place of a code", "redir /a /b temporary", `Caddyfile:1:13: redir: "temporary" is ` + codes + " (temporary is 302)"},
		{"from no path", "redir a /b", `Caddyfile:1:7: redir: "a" is not a path: a path begins with /`},
		{"from a pattern", "redir /a* /b", `Caddyfile:1:7: redir: "/a*" has to be a path alone, or / for all (a rewrite has patterns)`},
		{"from an escaped path", "redir /a%20b /b", `Caddyfile:1:7: redir: "/a%20b" has to be written without %-escapes, and without a query`},
		{"to no URL", "redir /a example.com/b", `Caddyfile:1:10: redir: "example.com/b" is neither a URL such as https://example.com/ nor a path that begins with /`},
		{"to a URL without a host", "redir /a https:/b", `Caddyfile:1:10: redir: "https:/b" has no host after its scheme`},
		{"to a scheme alone", "redir /a https:///b", `Caddyfile:1:10: redir: "https:///b" has no host`},
		{"to nothing", `redir /a ""`, `Caddyfile:1:10: redir: there is nowhere to redirect to`},
		{"to a line break", "redir /a \"/b\n\"", `Caddyfile:1:10: redir: "/b\n" has spaces or control characters, which a URL has not: write %20`},
		{"to a backslash", `redir /a /\b`, `Caddyfile:1:10: redir: "/\\b" has a backslash, which browsers take for a slash`},
		{"a word of Caddy 2 without a path", "redir https://x permanent", `Caddyfile:1:17: redir: "permanent" is not a code to redirect with: those are 300 to 308, but for 306, and meta (permanent is 301)`},
		{"the code first", "redir 301 /a /b", "Caddyfile:1:7: redir: the code comes last, as in redir /old /new 301"},
		{"to where a client says", "redir /a {?next}", `Caddyfile:1:10: redir: {?next} would let a client choose where it is redirected to`},
		{"to a host that a client says", "redir /a https://{>X-Host}/", `Caddyfile:1:10: redir: {>X-Host} would let a client choose the host it is redirected to: a slash is missing in front of it`},
		{"to a host that a client goes on with", "redir /a https://x{?port}", `Caddyfile:1:10: redir: {?port} would let a client choose the host it is redirected to: a slash is missing in front of it`},
		{"to a host that is a path", "redir /a https://{path}", `Caddyfile:1:10: redir: {path} would let a client choose the host it is redirected to: a slash is missing in front of it`},
		{"every path to a query", "redir / https://x/?a=b", `Caddyfile:1:9: redir: "https://x/?a=b" has to say where the path belongs, as in https://x/?from={path_escaped}`},
		{"to itself", "redir /a /a", "Caddyfile:1:10: redir: /a is redirected to itself"},
		{"all to itself", "redir / /", "Caddyfile:1:9: redir: / is redirected to itself"},
		{"twice", "redir /a /b\nredir /a /c", "Caddyfile:2:1: redir: /a is redirected already at Caddyfile:1:1"},
		{"twice in a table", "redir {\n\t/a /b\n\t/a /c\n}", "Caddyfile:3:2: redir: /a: /a is redirected already at Caddyfile:2:2"},
		{"a table of nothing", "redir 301 {\n}", "Caddyfile:1:1: redir: there is nothing to redirect in the block"},
		{"a table with a destination only", "redir {\n\thttps://x\n}", "Caddyfile:2:2: redir: https://x: where to redirect to is missing"},
		{"a table and a rule", "redir /a /b {\n\t/c /d\n}", `Caddyfile:1:10: redir: unexpected "/b"` + "\n" + `Caddyfile:1:7: redir: "/a" is ` + codes},
		{"a bad condition", "redir /a /b {\n\tif {path} ist /a\n}", `Caddyfile:2:12: redir: if: unknown operator "ist" (did you mean "is"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, redirect.Directive, tt.src)
			require.Error(t, err)
			require.Equal(t, sorted(tt.want), sorted(err.Error()))
		})
	}
}

func sorted(s string) map[string]bool {
	lines := map[string]bool{}
	for line := range strings.SplitSeq(s, "\n") {
		lines[line] = true
	}
	return lines
}

func TestLoops(t *testing.T) {
	for _, tt := range []struct{ name, addr, src, want string }{
		{"every path to one", "localhost", "redir / /down.html", "Caddyfile:1:9: redir: a redirect of every path to /down.html never ends"},
		{"every path to some", "localhost", "redir / /a{uri}", "Caddyfile:1:9: redir: a redirect of every path to /a{uri} never ends"},
		{"every path to one, below a path", "localhost/sub", "redir / /down.html", ""},
		{"every path of a site to the same", "http://example.com", "redir http://example.com{uri}", "Caddyfile:1:7: redir: a redirect of every path to http://example.com{uri} never ends"},
		{"every path of a site to the same, to the letter", "http://Example.com/", "redir http://example.com", "Caddyfile:1:7: redir: a redirect of every path to http://example.com never ends"},
		{"to another scheme", "http://example.com", "redir https://example.com{uri}", ""},
		{"to another host", "http://example.com", "redir http://example.com.example{uri}", ""},
		{"to another port", "http://example.com", "redir http://example.com:8080{uri}", ""},
		{"one to the other and back", "localhost", "redir /a /b\nredir /b /a?c", "Caddyfile:1:10: redir: the redirect from /a leads back to it\nCaddyfile:2:10: redir: the redirect from /b leads back to it"},
		{"what leads into a circle", "localhost", "redir /x /a\nredir /a /b\nredir /b /a", "Caddyfile:2:10: redir: the redirect from /a leads back to it\nCaddyfile:3:10: redir: the redirect from /b leads back to it"},
		{"a circle of three", "localhost", "redir /a /b\nredir /b /c\nredir /c /a", "Caddyfile:1:10: redir: the redirect from /a leads back to it\nCaddyfile:2:10: redir: the redirect from /b leads back to it\nCaddyfile:3:10: redir: the redirect from /c leads back to it"},
		{"one to the other and on", "localhost", "redir /a /b\nredir /b /c", ""},
		{"into a circle", "localhost", "redir /a /b\nredir /b https://x/b", ""},
		{"and back by a condition", "localhost", "redir /a /b\nredir /b /a {\n\tif {method} is GET\n}", ""},
		{"not modified", "localhost", "redir / /a 304", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.SetupIn(t, directive.NewSite(tt.addr), redirect.Directive, tt.src)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestDirectiveWarnings(t *testing.T) {
	var log strings.Builder
	site := directive.NewSite()
	site.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, err := caddyfiletest.SetupIn(t, site, redirect.Directive, "redir /a https://x/{urri}")
	require.NoError(t, err)
	require.Contains(t, log.String(), `unknown placeholder {urri} stays as it is (did you mean \"{uri}\"?)`)
}
