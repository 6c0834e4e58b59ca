package markdown_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/markdown"
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestDirective asks for a page on sites with a few lines of Caddyfile.
func TestDirective(t *testing.T) {
	p := newPlace(t, map[string]string{
		"a.md": "a", "a.text": "x", "sub/a.md": "sub", "raw.md": "<b>", "named.md": "---\ntemplate: n\nown: <b>\n---\n", "t/page": "T{{.markdown}}", "t/n.html": "N{{.own}}",
		"css.md": "---\ntemplate: n\n---\n", "t/css.html": "{{.Styles}}{{.Scripts}}{{.Env.SHALLOT_TEST}}",
	})
	t.Setenv("SHALLOT_TEST", "yes")
	for _, tt := range []struct {
		name, src, target string
		status            int
		body              string
	}{
		{"defaults", "markdown", "/a.md", 200, "<title>a</title>"},
		{"a path", "markdown /sub", "/a.md", 418, ""},
		{"a path, below it", "markdown /sub", "/sub/a.md", 200, "<p>sub</p>"},
		{"extensions", "markdown {\n ext .text\n}", "/a.text", 200, "<p>x</p>"},
		{"extensions, others", "markdown {\n ext .text\n}", "/a.md", 418, ""},
		{"a template", "markdown {\n template t/page\n}", "/a.md", 200, "T<p>a</p>"},
		{"a template by its name", "markdown {\n template n /t/n.html\n}", "/named.md", 200, "N&lt;b&gt;"},
		{"a folder of templates", "markdown {\n templatedir t/*.html\n}", "/named.md", 200, "N&lt;b&gt;"},
		{"templates that are text", "markdown {\n templatedir t/*.html\n text\n}", "/named.md", 200, "N<b>"},
		{"styles and scripts", "markdown {\n css /a.css\n css /b.css\n js /c.js /d.js\n env SHALLOT_TEST\n template n t/css.html\n}", "/css.md", 200, "[/a.css /b.css][/c.js /d.js]yes"},
		{"HTML", "markdown {\n raw_html\n}", "/raw.md", 200, "<body>\n<b></body>"},
		{"no HTML", "markdown", "/raw.md", 200, "<!-- raw HTML omitted -->"},
		{"several lines, the first", "markdown /sub {\n template t/page\n}\nmarkdown", "/sub/a.md", 200, "T<p>sub</p>"},
		{"several lines, the second", "markdown /sub {\n template t/page\n}\nmarkdown", "/a.md", 200, "<title>a</title>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			site.Root = middleware.NewRoot(p.dir)
			mw, err := caddyfiletest.SetupIn(t, site, markdown.Directive, tt.src)
			require.NoError(t, err)
			w := httptest.NewRecorder()
			status, err := mw(fell).ServeHTTP(w, httptest.NewRequest("GET", tt.target, nil))
			require.NoError(t, err)
			require.Equal(t, tt.status, status)
			require.Contains(t, w.Body.String(), tt.body)
		})
	}
}

// TestDirectiveGenerates has a site generate its pages when it starts, start though
// some cannot be, and hide the folder they are in.
func TestDirectiveGenerates(t *testing.T) {
	for src, folder := range map[string]string{"markdown {\n sitegen\n}": "generated_site", "markdown {\n sitegen /out/pages\n}": "out/pages"} {
		p := newPlace(t, map[string]string{"a.md": "a", "bad.md": "---\n[\n---\n"})
		var log bytes.Buffer
		site := directive.NewSite()
		site.Root = middleware.NewRoot(p.dir)
		site.Log = slog.New(slog.NewTextHandler(&log, nil))
		_, err := caddyfiletest.SetupIn(t, site, markdown.Directive, src)
		require.NoError(t, err)
		text, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(folder), "a", "index.html"))
		require.NoError(t, err)
		require.Contains(t, string(text), "<p>a</p>")
		require.Contains(t, log.String(), `msg="not all pages were generated"`)
		require.Contains(t, log.String(), "bad.md: front matter")
		require.True(t, site.Hidden(folder+"/a/index.html", nil))
		require.True(t, site.Hidden(folder, nil))
		require.False(t, site.Hidden(folder+"2/a", nil))
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"no path", "markdown docs", `Caddyfile:1:10: markdown: "docs" is not a path: a path begins with /`},
		{"two paths", "markdown /a /b", `Caddyfile:1:13: markdown: unexpected "/b"`},
		{"an unknown property", "markdown {\n style x\n}", `Caddyfile:2:2: markdown: unknown property "style"`},
		{"no extension", "markdown {\n ext md\n}", `Caddyfile:2:6: markdown: ext: "md" is not an extension such as .md`},
		{"an extension twice", "markdown {\n ext .md .MD\n}", `Caddyfile:2:10: markdown: ext: .md is there already`},
		{"no template", "markdown {\n template\n}", `Caddyfile:2:2: markdown: template: a file is missing`},
		{"a template outside of the root", "markdown {\n template ../x\n}", `Caddyfile:2:11: markdown: template: "../x" is not a name below the site's root`},
		{"two templates for all pages", "markdown {\n template x\n template y\n}", `Caddyfile:3:2: markdown: template: there is a template for all pages already: a second one needs a name`},
		{"two templates of a name", "markdown {\n template n x\n template n y\n}", `Caddyfile:3:11: markdown: template: there is a template "n" already`},
		{"no pattern", "markdown {\n templatedir t/[\n}", `Caddyfile:2:14: markdown: templatedir: "t/[" is not a pattern such as templates/*.html`},
		{"pages in the root", "markdown {\n sitegen .\n}", `Caddyfile:2:10: markdown: sitegen: "." is not a name below the site's root`},
		{"pages in one folder", "markdown /a {\n sitegen\n}\nmarkdown /b {\n sitegen\n}", `Caddyfile:4:1: markdown: sitegen: the folder "generated_site" is that of the line at Caddyfile:1:1`},
		{"what takes nothing", "markdown {\n raw_html yes\n}", `Caddyfile:2:11: markdown: raw_html: unexpected "yes"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, markdown.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
