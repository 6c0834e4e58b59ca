package extensions_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/extensions"
)

func TestDirective(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.html", "a.txt", "b.txt", "hidden.html"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	for _, tt := range []struct{ name, src, url, want string }{
		{"one", "ext .html", "/a", "/a.html"},
		{"two", "ext .txt .html", "/a", "/a.txt"},
		{"two, of which the first is not there", "ext .html .txt", "/b", "/b.txt"},
		{"on several lines", "ext .html\next .txt", "/b", "/b.txt"},
		{"a hidden file", "ext .html", "/hidden", "/hidden"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			site.Root = middleware.NewRoot(dir)
			site.Hide(filepath.Join(dir, "hidden.html"))
			mw, err := caddyfiletest.SetupIn(t, site, extensions.Directive, tt.src)
			require.NoError(t, err)
			require.Equal(t, tt.want, seen(mw, httptest.NewRequest("GET", tt.url, nil)))
		})
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "ext", "Caddyfile:1:1: ext: an extension such as .html is missing"},
		{"no dot", "ext html", `Caddyfile:1:5: ext: "html" is not an extension such as .html`},
		{"a dot alone", "ext .", `Caddyfile:1:5: ext: "." is not an extension such as .html`},
		{"a path", "ext ./html", `Caddyfile:1:5: ext: "./html" is not an extension such as .html`},
		{"twice", "ext .html\next .htm .html", `Caddyfile:2:10: ext: .html is there already`},
		{"a block", "ext .html {\n}", `Caddyfile:1:1: ext: takes no block`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, extensions.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
