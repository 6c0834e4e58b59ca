package static_test

import (
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
)

func TestDirective(t *testing.T) {
	dir := folder(t, map[string]string{
		"index.html": "home", "htm/index.htm": "htm", "page.html": "page", "page.html.br": "br", "page.html.gz": "gz",
		".other": "other", ".env": "env", "a.bak": "bak", "dir/A.BAK": "bak", "drafts/x/page.html": "draft", "dir/drafts/page.html": "other draft",
		"access.log": "log",
	})
	for _, tt := range []struct {
		name string
		src  string
		want map[string]string // by path
	}{
		{"no line", "", map[string]string{
			"/": "home", "/htm/": "htm", "/page.html": "br", "/.other": "other", "/.env": "404", "/a.bak": "bak", "/access.log": "404",
		}},
		{"a bare line", "static", map[string]string{"/": "home", "/page.html": "br", "/access.log": "404"}},
		{"siblings off", "static {\n siblings off\n}", map[string]string{"/page.html": "page"}},
		{"siblings in another order", "static {\n siblings gzip br\n}", map[string]string{"/page.html": "gz"}},
		{"all dotfiles", "static {\n dotfiles allow\n}", map[string]string{"/.env": "env", "/.other": "other"}},
		{"no dotfiles", "static {\n dotfiles deny\n}", map[string]string{"/.env": "404", "/.other": "404", "/": "home"}},
		{"guarded dotfiles", "static {\n dotfiles guard\n}", map[string]string{"/.env": "404", "/.other": "other"}},
		{"a pattern hides wherever it matches", "static {\n hide *.bak\n}", map[string]string{
			"/a.bak": "404", "/dir/A.BAK": "404", "/page.html": "br", "/access.log": "404",
		}},
		{"a pattern hides folders", "static {\n hide DRAFTS\n}", map[string]string{
			"/drafts/x/page.html": "404", "/dir/drafts/page.html": "404",
		}},
		{"a pattern with a slash hides one place", "static {\n hide /drafts\n}", map[string]string{
			"/drafts/x/page.html": "404", "/dir/drafts/page.html": "other draft",
		}},
		{"a pattern with a slash in it", "static {\n hide drafts/*\n}", map[string]string{
			"/drafts/x/page.html": "404", "/dir/drafts/page.html": "other draft",
		}},
		{"several patterns", "static {\n hide *.br index.html\n hide *.bak\n}", map[string]string{
			"/page.html": "gz", "/": "404", "/htm/": "htm", "/a.bak": "404",
		}},
		{"everything", "static { symlinks follow }", map[string]string{"/": "home"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite("localhost")
			site.Root = middleware.NewRoot(dir)
			site.Hide(filepath.Join(dir, "access.log"))
			mw, err := caddyfiletest.SetupIn(t, site, static.Directive, tt.src)
			require.NoError(t, err)
			s := serveHandler(t, mw(middleware.Status(404)))
			for path, want := range tt.want {
				require.Equal(t, want, result(s.get(path, "Accept-Encoding: br, gzip")), path)
			}
		})
	}
	require.True(t, static.Directive.Always)
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"an argument", "static public", `Caddyfile:1:8: static: unexpected "public"`},
		{"an unknown property", "static {\n symlink deny\n}",
			`Caddyfile:2:2: static: unknown property "symlink" (did you mean "symlinks"?)`},
		{"an unknown policy for links", "static {\n symlinks folow\n}",
			`Caddyfile:2:11: static: symlinks: unknown policy "folow" (did you mean "follow"?)`},
		{"an unknown policy for dotfiles", "static {\n dotfiles hide\n}",
			`Caddyfile:2:11: static: dotfiles: unknown policy "hide" (it is one of guard, deny, allow)`},
		{"no policy", "static {\n symlinks\n}", `Caddyfile:2:2: static: symlinks: the policy, one of inside, deny, follow, is missing`},
		{"two policies", "static {\n symlinks deny follow\n}", `Caddyfile:2:16: static: symlinks: unexpected "follow"`},
		{"a policy given twice", "static {\n symlinks deny\n symlinks deny\n}",
			`Caddyfile:3:2: static: symlinks: already given at Caddyfile:2:2`},
		{"no pattern", "static {\n hide\n}", `Caddyfile:2:2: static: hide: a pattern such as *.bak is missing`},
		{"a bad pattern", "static {\n hide *.bak [a\n}",
			`Caddyfile:2:13: static: hide: "[a" is not a pattern such as *.bak or /drafts/*`},
		{"an empty pattern", "static {\n hide \"\"\n}",
			`Caddyfile:2:7: static: hide: "" is not a pattern such as *.bak or /drafts/*`},
		{"a pattern of nothing", "static {\n hide /\n}",
			`Caddyfile:2:7: static: hide: "/" is not a pattern such as *.bak or /drafts/*`},
		{"a pattern with dots", "static {\n hide ./drafts\n}",
			`Caddyfile:2:7: static: hide: "./drafts" is not a pattern such as *.bak or /drafts/*`},
		{"a pattern of what is outside", "static {\n hide ../drafts\n}",
			`Caddyfile:2:7: static: hide: "../drafts" is not a pattern such as *.bak or /drafts/*`},
		{"a pattern with slashes doubled", "static {\n hide drafts//*\n}",
			`Caddyfile:2:7: static: hide: "drafts//*" is not a pattern such as *.bak or /drafts/*`},
		{"an unknown coding", "static {\n siblings brotli\n}",
			`Caddyfile:2:11: static: siblings: unknown coding "brotli" (it is one of br, zstd, gzip)`},
		{"a coding given twice", "static {\n siblings br gzip br\n}",
			`Caddyfile:2:19: static: siblings: br is there already`},
		{"off among others", "static {\n siblings br off\n}", `Caddyfile:2:14: static: siblings: off stands alone`},
		{"a block of a property", "static {\n symlinks deny {\n  x\n }\n}", `Caddyfile:2:2: static: symlinks: takes no block`},
		{"given twice", "static\nstatic", `Caddyfile:2:1: static: already given at Caddyfile:1:1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, static.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}

// TestSiblingsOfTheSite checks that other directives can have a say in what is
// looked for, but not both they and a line of this one.
func TestSiblingsOfTheSite(t *testing.T) {
	dir := folder(t, map[string]string{"a.js": "plain", "a.js.br": "br"})
	for _, tt := range []struct {
		name     string
		siblings []string
		src      string
		want     string
	}{
		{"nobody has said anything", nil, "static", "br"},
		{"another directive wants none", []string{}, "static", ""},
		{"another directive wants others", []string{"gzip"}, "static", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			site.Root, site.Siblings = pinned(t, dir), tt.siblings
			mw, err := caddyfiletest.SetupIn(t, site, static.Directive, tt.src)
			require.NoError(t, err)
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/a.js", nil)
			r.Header.Set("Accept-Encoding", "br")
			mw(middleware.Status(404)).ServeHTTP(w, r)
			require.Equal(t, tt.want, w.Header().Get("Content-Encoding"))
		})
	}

	site := directive.NewSite()
	site.Siblings = []string{}
	_, err := caddyfiletest.SetupIn(t, site, static.Directive, "static {\n siblings br\n}")
	require.EqualError(t, err, "Caddyfile:2:2: static: siblings: precompressed says already which")
}
