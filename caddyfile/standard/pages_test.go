package standard_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPages serves a site with templates, Markdown and a listing, whose README is
// anybody's text.
func TestPages(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"index.html":       `{{.Markdown "text.md"}}{{.Include "/inc/foot.html" .Host}}`,
		"inc/foot.html":    `<p>{{index .Args 0}}</p>`,
		"text.md":          "*text*",
		"missing.html":     `half {{.Include "none.html"}}`,
		"broken.md":        "---\n[\n---\ntext",
		"files/README.md":  "# Read\n\n**this** <script>alert(1)</script> [x](javascript:alert(1))",
		"files/a.txt":      "{{.Host}}",
		"500.html":         "our fault",
		"styled/a.md":      "text",
		"styled/page.tmpl": "<main>{{.markdown}}</main>",
		"Caddyfile": `localhost:0 {
	errors {
		log error.log
		500 500.html
	}
	templates / .html
	markdown /text.md
	markdown /broken.md
	markdown /styled {
		template styled/page.tmpl
	}
	browse /files {
		readme
	}
}`,
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	addr, stop := serve(t, "Caddyfile")
	for path, want := range map[string]string{
		"/":             "<p><em>text</em></p>\n<p>localhost</p>",
		"/missing.html": "our fault",
		"/broken.md":    "our fault",
		"/styled/a.md":  "<main><p>text</p>\n</main>",
		"/files/a.txt":  "{{.Host}}",
	} {
		status, body := request{host: "localhost", path: path}.send(t, addr)
		require.Equal(t, want, body, path)
		require.Equal(t, want == "our fault", status == http.StatusInternalServerError)
	}
	status, listing := request{host: "localhost", path: "/files/"}.send(t, addr)
	require.Equal(t, 200, status)
	require.Contains(t, listing, "<p><strong>this</strong> <!-- raw HTML omitted -->alert(1)<!-- raw HTML omitted --> <a href=\"\">x</a></p>")
	resp := request{host: "localhost", path: "/files/"}.do(t, addr)
	resp.Body.Close()
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	stop()
	log, err := os.ReadFile("error.log")
	require.NoError(t, err)
	require.Contains(t, string(log), "none.html")
	require.Contains(t, string(log), "broken.md: front matter: YAML")
}
