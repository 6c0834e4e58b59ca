package templates_test

import (
	"html/template"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/templates"
)

// TestDirective asks for a page on sites with a few lines of Caddyfile.
func TestDirective(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.html": `{{.Cookie "c"}}[[.Method]]{{"}}"}}`, "a.txt": `{{.Cookie "c"}}`, "a.xml": `{{.Cookie "c"}}`, "sub/a.html": "{{.Method}}",
		"env.html": "{{.Env.SHALLOT_TEST}}", "ip.html": "{{.IP}}", "md.html": `{{.Markdown "a.txt"}}`, "secret.html": "x", "large.html": "0123456789",
		"loop.html": "{{range 1000000000000}}{{end}}",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	t.Setenv("SHALLOT_TEST", "yes")
	for _, tt := range []struct {
		name, src, target string
		status            int
		body              string
	}{
		{"defaults", "templates", "/a.html", 200, "&lt;b&gt;[[.Method]]}}"},
		{"defaults, text", "templates", "/a.txt", 200, "<b>"},
		{"defaults, another extension", "templates", "/a.xml", 418, ""},
		{"a path", "templates /sub", "/a.html", 418, ""},
		{"a path, below it", "templates /sub", "/sub/a.html", 200, "GET"},
		{"extensions", "templates / .xml .htm", "/a.xml", 200, "&lt;b&gt;"},
		{"extensions, another", "templates / .xml", "/a.html", 418, ""},
		{"a path in the block", "templates {\n path /sub\n}", "/a.html", 418, ""},
		{"extensions in the block", "templates {\n ext .xml .txt\n}", "/a.xml", 200, "&lt;b&gt;"},
		{"text", "templates {\n text\n}", "/a.html", 200, "<b>[[.Method]]}}"},
		{"text for some", "templates {\n ext .html .xml\n text .xml\n}", "/a.xml", 200, "<b>"},
		{"text for others", "templates {\n ext .html .xml\n text .xml\n}", "/a.html", 200, "&lt;b&gt;[[.Method]]}}"},
		{"other delimiters", "templates {\n between [[ ]]\n}", "/a.html", 200, `{{.Cookie "c"}}GET{{"}}"}}`},
		{"the environment", "templates {\n env SHALLOT_TEST\n}", "/env.html", 200, "yes"},
		{"no environment", "templates", "/env.html", 500, ""},
		{"the site's proxies", "templates", "/ip.html", 200, "198.51.100.1"},
		{"Markdown", "templates", "/md.html", 200, "<md><b></md>"},
		{"what the site hides", "templates", "/secret.html", 418, ""},
		{"a limit", "templates {\n limit 9\n}", "/large.html", 500, ""},
		{"a limit of time", "templates {\n limit 1KB 5ms\n}", "/loop.html", 500, ""},
		{"several lines, the first", "templates /sub\ntemplates / .txt", "/sub/a.html", 200, "GET"},
		{"several lines, the second", "templates /sub\ntemplates / .txt", "/a.txt", 200, "<b>"},
		{"several lines, neither", "templates /sub\ntemplates / .txt", "/a.html", 418, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			site.Root = middleware.NewRoot(dir)
			site.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			site.HideIf(func(name string, _ fs.FileInfo) bool { return name == "secret.html" })
			markdown := func(text []byte) (template.HTML, error) { return template.HTML("<md>" + string(text) + "</md>"), nil }
			d := templates.DirectiveWith(templates.Config{Pages: page.Config{Markdown: markdown}})
			mw, err := caddyfiletest.SetupIn(t, site, d, tt.src)
			require.NoError(t, err)
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", tt.target, nil)
			r.AddCookie(&http.Cookie{Name: "c", Value: "<b>"})
			r.Header.Set("X-Forwarded-For", "198.51.100.1")
			status, _ := mw(fell).ServeHTTP(w, r)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.body, w.Body.String())
		})
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"no path", "templates pages", `Caddyfile:1:11: templates: "pages" is not a path: a path begins with /`},
		{"no extension", "templates / html", `Caddyfile:1:13: templates: "html" is not an extension such as .html`},
		{"a name", "templates / index.html", `Caddyfile:1:13: templates: "index.html" is not an extension such as .html`},
		{"an extension twice", "templates / .html .HTML", `Caddyfile:1:19: templates: .html is there already`},
		{"two paths", "templates / {\n path /a\n}", `Caddyfile:2:2: templates: path: the path is there already, at Caddyfile:1:11`},
		{"extensions in two places", "templates / .a {\n ext .b\n}", `Caddyfile:2:2: templates: ext: there are extensions already, at Caddyfile:1:13`},
		{"one delimiter", "templates {\n between [[\n}", `Caddyfile:2:2: templates: between: the second delimiter is missing`},
		{"a delimiter of nothing", "templates {\n between \"\" ]]\n}", `Caddyfile:2:10: templates: between: "" cannot be told from the text of a page`},
		{"text that is no page", "templates {\n text .css\n}", `Caddyfile:2:7: templates: text: files with .css are no pages: name it in ext, too`},
		{"an unknown property", "templates {\n delims [[ ]]\n}", `Caddyfile:2:2: templates: unknown property "delims"`},
		{"no limit", "templates {\n limit 0 0s\n}", "Caddyfile:2:8: templates: limit: \"0\" is not a size such as 512B, 64KB or 10MB\nCaddyfile:2:10: templates: limit: \"0s\" is no time at all"},
		{"no variable", "templates {\n env\n}", `Caddyfile:2:2: templates: env: a variable is missing`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, templates.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
