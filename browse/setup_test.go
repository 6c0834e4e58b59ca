package browse_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestDirective sets up sites of a folder with a few files, and asks each for one
// thing that shows whether it was understood.
func TestDirective(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.png": "12345", "k.bin": strings.Repeat("x", 1000), "b.txt": "1", "c.bak": "", ".dot": "", "sub/x.txt": "", "README": "about", "page/default.htm": "<p>",
		"list.html": `{{range .Items}}[{{.Name}}]{{end}}`,
	})
	for _, tt := range []struct {
		name, src, path string
		has, hasNot     string
		status          int
	}{
		{"defaults", "browse", "/?format=text", "./sub/\n./a.png", "dot", 200},
		{"index pages as in Caddy 0.7.1", "browse", "/page/", "", "sandbox", 418},
		{"a path", "browse /sub", "/sub/", "x.txt", "", 200},
		{"another path", "browse /sub", "/", "", "", 418},
		{"several paths", "browse /sub\nbrowse /page", "/sub/", "x.txt", "", 200},
		{"the longest path", "browse /sub {\n page 1\n}\nbrowse {\n page 2\n}", "/?format=json", `"limit":2`, "", 200},
		{"the longest path, within", "browse /sub {\n page 1\n}\nbrowse {\n page 2\n}", "/sub/?format=json", `"limit":1,`, "", 200},
		{"the longest path, after another", "browse {\n page 2\n}\nbrowse /sub {\n page 1\n}", "/sub/?format=json", `"limit":1,`, "", 200},
		{"a search from further up", "browse {\n search 1s\n}\nbrowse /sub {\n unlist x.*\n}", "/?q=.txt&format=text", "./b.txt", "x.txt", 200},
		{"an archive from further up", "browse {\n archives tar\n}\nbrowse /sub {\n unlist x.*\n}", "/?archive=tar", "files/b.txt", "x.txt", 200},
		{"a template", "browse / list.html", "/", "[a.png]", "[list.html]", 200},
		{"a template in a block", "browse {\n template list.html\n}", "/", "[a.png]", "", 200},
		{"sort", "browse {\n sort size desc\n}", "/?format=json", `"sort":"size","order":"desc"`, "", 200},
		{"layout", "browse {\n layout grid\n}", "/", `class="tiles"`, "", 200},
		{"page", "browse {\n page 3\n}", "/?format=json", `"limit":3`, "", 200},
		{"unlist", "browse {\n unlist *.BAK\n unlist readme x?\n}", "/?format=text", "b.txt", "c.bak", 200},
		{"dotfiles", "browse {\n dotfiles\n}", "/?format=text", ".dot", "", 200},
		{"si", "browse {\n si\n}", "/", "1.0 kB", "KiB", 200},
		{"search", "browse {\n search\n}", "/?q=x.t&format=text", "./sub/x.txt", "", 200},
		{"search in a time", "browse {\n search 1s 1000\n}", "/?q=x.t&format=text", "./sub/x.txt", "", 200},
		{"no search", "browse", "/?q=x.t&format=text", "", "x.txt", 200},
		{"readme", "browse {\n readme\n}", "/", "<pre>about</pre>", "", 200},
		{"sandbox", "browse {\n sandbox\n}", "/page/", "sandbox;", "", 418},
		{"thumbnails", "browse {\n thumbnails 5B\n}", "/?layout=grid", "<img", "", 200},
		{"archives", "browse {\n archives zip tar.gz\n}", "/", "archive=tar.gz", "archive=tar\"", 200},
		{"an archive", "browse {\n archives tar\n}", "/?archive=tar", "ustar", "", 200},
		{"archive limit", "browse {\n archives tar\n archive_limit 10B 100\n}", "/?archive=tar", "", "", 403},
		{"archive limit of time", "browse {\n archives tar\n archive_limit 1GB 100 1ns\n}", "/?archive=tar", "", "", 504},
		{"archive limit of entries", "browse {\n archives tar\n archive_limit 1GB 2\n}", "/?archive=tar", "", "", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(dir)
			mw, err := caddyfiletest.SetupIn(t, directive.NewSite("localhost"), browse.Directive, tt.src)
			require.NoError(t, err)
			w := httptest.NewRecorder()
			status, _ := mw(middleware.Status(418)).ServeHTTP(w, httptest.NewRequest("GET", tt.path, nil))
			require.Equal(t, tt.status, status)
			got := w.Header().Get("Content-Security-Policy") + "\n" + w.Body.String()
			require.Contains(t, got, tt.has)
			if tt.hasNot != "" {
				require.NotContains(t, got, tt.hasNot)
			}
		})
	}
}

// TestDirectiveFollowsStatic checks that what the site's files are told counts
// here, although static is set up later.
func TestDirectiveFollowsStatic(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "", "b.bak": "", "log.txt": "", ".dot/x": ""})
	t.Chdir(dir)
	site := directive.NewSite("localhost")
	site.Hide("log.txt")
	mw, err := caddyfiletest.SetupIn(t, site, browse.Directive, "browse {\n dotfiles\n}")
	require.NoError(t, err)
	_, err = caddyfiletest.SetupIn(t, site, static.Directive, "static {\n hide *.bak\n dotfiles deny\n}")
	require.NoError(t, err)
	w := httptest.NewRecorder()
	_, err = mw(middleware.Status(418)).ServeHTTP(w, httptest.NewRequest("GET", "/?format=text", nil))
	require.NoError(t, err)
	require.Equal(t, "./a.txt\n", w.Body.String())
}

func TestDirectiveErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("broken.html", []byte("{{"), 0o600))
	require.NoError(t, os.WriteFile("none-such.html", []byte("{{.NoSuch}}"), 0o600))
	none := syscall.ENOENT.Error() // as this system has it
	for _, tt := range []struct{ name, src, want string }{
		{"three arguments", "browse / x.html y", `Caddyfile:1:10: browse: template "x.html": ` + none + "\n" + `Caddyfile:1:17: browse: unexpected "y"`},
		{"no path", "browse files", `Caddyfile:1:8: browse: "files" is not a path: a path begins with /`},
		{"a path twice", "browse /a\nbrowse /b\nbrowse /a", `Caddyfile:3:1: browse: /a is listed already, by the line at Caddyfile:1:1`},
		{"a path twice, in other words", "browse /a\nbrowse /a/\nbrowse /a*\nbrowse /a/*",
			"Caddyfile:2:1: browse: /a/ is listed already, by the line at Caddyfile:1:1\nCaddyfile:4:1: browse: /a/* is listed already, by the line at Caddyfile:1:1"},
		{"on", "browse on", `Caddyfile:1:8: browse: folders are listed wherever there is this line: leave "on" out`},
		{"off", "browse off", `Caddyfile:1:8: browse: no folder is listed unless there is this line: leave the line out`},
		{"a template that asks for what there is not", "browse / none-such.html",
			`Caddyfile:1:10: browse: template "none-such.html": template: none-such.html:1:2: executing "none-such.html" at <.NoSuch>: can't evaluate field NoSuch in type *browse.Page`},
		{"a template that is missing", "browse / none.html", `Caddyfile:1:10: browse: template "none.html": ` + none},
		{"a template with a mistake", "browse / broken.html", `Caddyfile:1:10: browse: template "broken.html": template: broken.html:1: unclosed action`},
		{"two templates", "browse / none.html {\n template x.html\n}",
			"Caddyfile:2:2: browse: template: there is a template already, at Caddyfile:1:10\n" + `Caddyfile:2:11: browse: template "x.html": ` + none},
		{"an unknown property", "browse {\n pages 3\n}", `Caddyfile:2:2: browse: unknown property "pages" (did you mean "page"?)`},
		{"an unknown order", "browse {\n sort colour\n}",
			`Caddyfile:2:7: browse: sort: unknown order "colour" (it is one of namedirfirst, name, size, time, ext)`},
		{"the order of other servers", "browse {\n sort date desc\n}", `Caddyfile:2:7: browse: sort: unknown order "date" (did you mean "time"?)`},
		{"links in Caddy 2", "browse {\n reveal_symlinks\n}", `Caddyfile:2:2: browse: reveal_symlinks: here it is called "targets"`},
		{"archives in Caddy 1", "browse {\n servearchive zip\n}", `Caddyfile:2:2: browse: servearchive: here it is called "archives"`},
		{"index pages in Caddy 1", "browse {\n ignore_indexes\n}",
			`Caddyfile:2:2: browse: ignore_indexes: a folder with an index page is not listed: name other index files with the directive index`},
		{"an unknown direction", "browse {\n sort size down\n}", `Caddyfile:2:12: browse: sort: unknown direction "down" (it is one of asc, desc)`},
		{"an unknown layout", "browse {\n layout table\n}", `Caddyfile:2:9: browse: layout: unknown layout "table" (it is one of list, grid, compact)`},
		{"a page of nothing", "browse {\n page 0\n}", `Caddyfile:2:7: browse: page: "0" is not a number from 1 to 10000`},
		{"a pattern that is none", "browse {\n unlist [ a/b\n}",
			"Caddyfile:2:9: browse: unlist: \"[\" is not a pattern such as *.bak\nCaddyfile:2:11: browse: unlist: \"a/b\" is not a pattern such as *.bak"},
		{"nothing to unlist", "browse {\n unlist\n}", `Caddyfile:2:2: browse: unlist: a pattern such as *.bak is missing`},
		{"a word too many", "browse {\n readme yes\n}", `Caddyfile:2:9: browse: readme: unexpected "yes"`},
		{"no time to search", "browse {\n search 0s\n}", `Caddyfile:2:9: browse: search: no time is no search: leave it out instead`},
		{"a time that is none", "browse {\n search 2\n}", `Caddyfile:2:9: browse: search: "2" is not a duration such as 10s or 1m30s (did you mean "2s"?)`},
		{"an archive that there is not", "browse {\n archives tar.gx\n}", `Caddyfile:2:11: browse: archives: unknown archive "tar.gx" (did you mean "tar.gz"?)`},
		{"an archive twice", "browse {\n archives zip zip\n}", `Caddyfile:2:15: browse: archives: zip is there already`},
		{"an archive in no time", "browse {\n archive_limit 1GB 1 0s\n}", `Caddyfile:2:22: browse: archive_limit: no time is no archive: leave archives out instead`},
		{"a time in place of entries", "browse {\n archive_limit 1GB 1h\n}", `Caddyfile:2:20: browse: archive_limit: "1h" is not a number from 1`},
		{"an archive limit too many", "browse {\n archive_limit 1GB 1 1h x\n}", `Caddyfile:2:25: browse: archive_limit: unexpected "x"`},
		{"a size that is none", "browse {\n thumbnails big\n}", `Caddyfile:2:13: browse: thumbnails: "big" is not a size such as 512B, 64KB or 10MB`},
		{"what is static's", "browse {\n hide *.bak\n}", `Caddyfile:2:2: browse: hide: is to be said in a block of static, and counts here, too`},
		{"a property twice", "browse {\n si\n si\n}", `Caddyfile:3:2: browse: si: already given at Caddyfile:2:2`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, browse.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}

// TestDirectiveWithNothing checks a program that offers no archives.
func TestDirectiveWithNothing(t *testing.T) {
	_, err := caddyfiletest.Setup(t, browse.DirectiveWith(browse.Config{}), "browse {\n archives zip\n}")
	require.EqualError(t, err, "Caddyfile:2:11: browse: archives: there are no archives in this program")
}
