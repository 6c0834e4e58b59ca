package fastcgi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
)

// site makes a folder of files, each of which holds its own name. What ends in a
// slash is a folder.
func site(t testing.TB, names ...string) *middleware.Root {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(full, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte(name), 0o644))
	}
	root, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return root
}

// asking returns a GET of a path, decoded, which is not cleaned.
func asking(path string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.URL.Path = path
	r.RequestURI = r.URL.RequestURI()
	return r
}

// TestWordPress checks where the URLs of a WordPress lead, with files of themes and
// uploads, its admin's folder, and a static page beside it.
func TestWordPress(t *testing.T) {
	root := site(t, "index.php", "wp-login.php", "wp-admin/index.php", "wp-admin/admin-ajax.php", "wp-admin/css/login.css",
		"wp-content/themes/a/style.css", "wp-content/uploads/up.jpg", "wp-content/uploads/2026/", "wp-includes/", "readme.html",
		"docs/index.html", "shop.php/index.php", "shop.php/about.php", ".htaccess", ".git/config.php", ".well-known/x.txt", "robots.txt")
	cfg := fastcgi.PHP()
	cfg.Root, cfg.StaticIndex = root, []string{"index.html"}
	for _, tt := range []struct{ name, path, want string }{
		{"the front page", "/", "/index.php "},
		{"the front controller by its name", "/index.php", "/index.php "},
		{"an article", "/2026/11/hello-world/", "/index.php "},
		{"an article without its slash", "/2026/11/hello-world", "/index.php "},
		{"an article behind the front controller", "/index.php/2026/hello", "/index.php /2026/hello"},
		{"another script", "/wp-login.php", "/wp-login.php "},
		{"a folder with a script of its own", "/wp-admin/", "/wp-admin/index.php "},
		{"the same without its slash", "/wp-admin", "308"},
		{"a script in a folder", "/wp-admin/admin-ajax.php", "/wp-admin/admin-ajax.php "},
		{"a file of the admin's", "/wp-admin/css/login.css", "next"},
		{"a file of a theme", "/wp-content/themes/a/style.css", "next"},
		{"an upload", "/wp-content/uploads/up.jpg", "next"},
		{"a file that is not there", "/wp-content/uploads/no.jpg", "/index.php "},
		{"a folder without pages", "/wp-content/uploads/2026/", "/index.php "},
		{"a folder with a static page", "/docs/", "next"},
		{"the same without its slash, which is for the next handler to add", "/docs", "next"},
		{"a file at the top", "/robots.txt", "next"},
		{"a folder that is called like a script", "/shop.php/", "/shop.php/index.php "},
		{"the same without its slash", "/shop.php", "308"},
		{"a script in it", "/shop.php/about.php/x", "/shop.php/about.php /x"},
		{"what is asked for by others", "/.well-known/x.txt", "next"},
		{"what others ask for and is not a file", "/.well-known/webfinger", "/index.php "},
		{"a file that begins with a dot", "/.htaccess", "next"},
		{"a script where nobody is to look", "/.git/config.php", "404"},
		{"a script that is not there", "/wp-old.php", "/index.php "},
		{"the front controller in other letters", "/INDEX.PHP.txt", "/index.php "},
		{"doubled slashes", "//wp-admin///admin-ajax.php", "/wp-admin/admin-ajax.php "},
		{"a path with dots", "/wp-content/../wp-login.php", "/wp-login.php "},
		{"a path that leads out", "/../../etc/passwd", "/index.php "},
		{"a path behind a script, with doubled slashes", "/index.php/a//b/", "/index.php /a//b/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, fastcgi.RouteOf(cfg, asking(tt.path)))
		})
	}
}

// TestLaravel checks the public folder of a Laravel.
func TestLaravel(t *testing.T) {
	root := site(t, "index.php", "build/app.js", "favicon.ico", "images/", "storage/a.pdf")
	cfg := fastcgi.PHP()
	cfg.Root = root
	for _, tt := range []struct{ name, path, want string }{
		{"a route", "/users/1", "/index.php "},
		{"a route with a dot", "/users/a.b", "/index.php "},
		{"a route that is called like a folder", "/images", "/index.php "},
		{"a route that looks like a script", "/legacy/page.php", "/index.php "},
		{"a built file", "/build/app.js", "next"},
		{"a built file that is not there", "/build/no.js", "/index.php "},
		{"an upload", "/storage/a.pdf", "next"},
		{"an icon", "/favicon.ico", "next"},
		{"its configuration", "/.env", "next"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, fastcgi.RouteOf(cfg, asking(tt.path)))
		})
	}
}

// TestAttacks checks the ways in which a file, or a source, was had from others.
func TestAttacks(t *testing.T) {
	root := site(t, "index.html", "up.jpg", "ok.php", "d/x.php", "ȺȺȺȺshell.php.txt.php/", "shell.txt", "test.php.bak", "pi.phpx", ".php", "a/.php", "ok.PHP.gz", "ok.ｐｈｐ",
		"dir/.user.php")
	cfg := fastcgi.PHP()
	cfg.Root = root
	for _, tt := range []struct{ name, path, want string }{
		{"an upload with a script behind it", "/up.jpg/x.php", "404"},
		{"an upload with nothing but an extension behind it", "/up.jpg/.php", "404"},
		{"a file that is named by the extension alone", "/.php", "404"},
		{"the same in a folder", "/a/.php", "404"},
		{"a script whose name begins with a dot", "/dir/.user.php", "404"},
		{"an extension in the midst of a name", "/test.php.bak", "next"},
		{"a longer extension", "/pi.phpx", "next"},
		{"letters that grow in lower case, CVE-2026-27590", "/ȺȺȺȺshell.php.txt.php", "404"},
		{"fullwidth letters, CVE-2026-45135", "/ok.ｐｈｐ", "next"},
		{"fullwidth letters of no file", "/shell.ｐｈｐ/x", "next"},
		{"circled letters", "/shell.ⓟⓗⓟ", "next"},
		{"mathematical letters", "/shell.𝗽𝗵𝗽", "next"},
		{"a fullwidth dot", "/ok．php", "next"},
		{"a letter with an accent", "/ok.pհp", "next"},
		{"a line feed, CVE-2019-11043", "/ok.php/a\nb", "400"},
		{"a NUL, caddy#4574", "/up.jpg\x00.php", "400"},
		{"a blank and a NUL, CVE-2013-4547", "/up.jpg \x00.php", "400"},
		{"a blank at the end, which Windows drops", "/ok.php ", "404"},
		{"a dot at the end, which Windows drops", "/ok.php.", "404"},
		{"dots and blanks", "/ok.php. . .", "404"},
		{"a stream, of Windows", "/ok.php::$DATA", "404"},
		{"the source in capital letters", "/ok.PHP", "404"},
		{"the source as a folder", "/ok.php/", "/ok.php /"},
		{"a folder that is not there", "/no.php/x.php", "404"},
		{"DEL", "/ok.php\x7f", "400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if fold := fastcgi.IgnoresCase; fold && tt.path == "/ok.PHP" {
				t.Skip("it is the script itself")
			}
			require.Equal(t, tt.want, fastcgi.RouteOf(cfg, asking(tt.path)))
		})
	}
}

// TestTry checks lists of names other than the usual.
func TestTry(t *testing.T) {
	root := site(t, "app.php", "index.php", "blog/index.php", "blog/entry.php", "page.html.php", "static.txt", "folder/", "down.php")
	php := func(tries ...string) fastcgi.Config {
		cfg := fastcgi.PHP()
		cfg.Root, cfg.Try = root, tries
		return cfg
	}
	for _, tt := range []struct {
		name string
		cfg  fastcgi.Config
		path string
		want string
	}{
		{"everything to one script", php("/app.php"), "/static.txt", "/app.php "},
		{"that, for the root", php("/app.php"), "/", "/app.php "},
		{"a name without its slash", php("{path}", "app.php"), "/no/such", "/app.php "},
		{"a name with dots", php("/x/../app.php"), "/no/such", "/app.php "},
		{"files first", php("{path}", "/app.php"), "/static.txt", "next"},
		{"another script first, while it is there", php("/down.php", "{path}"), "/app.php", "/down.php "},
		{"the path behind a script", php("{path}", "/app.php{path}"), "/a/b", "/app.php /a/b"},
		{"the path in the query", php("{path}", "/app.php?q={path}&{query}"), "/a b?c=d", "/app.php  ?q=%2Fa%20b&c=d"},
		{"the path in the query, with what would add to it", php("/app.php?q={path}"), "/a&b=c", "/app.php  ?q=%2Fa%26b%3Dc"},
		{"an extension that is not asked for", php("{path}.php", "=404"), "/app", "/app.php "},
		{"a folder is left to others", php("{path}", "{path}/", "/app.php"), "/folder/", "next"},
		{"a status at the end", php("{path}", "=410"), "/missing", "410"},
		{"nothing at the end", php("{path}"), "/missing", "next"},
		{"an empty list", fastcgi.Config{Root: root, Ext: []string{".php"}, Try: []string{}}, "/app.php", "404"},
		{"a placeholder", php("/{host}.php"), "/", "next"},
		{"a placeholder that leads nowhere", php("/../{path}.php"), "/app", "/app.php "},
		{"the front controller of a part", fastcgi.Config{Root: root, From: "/blog", Ext: []string{".php"}, Index: []string{"index.php"}}, "/blog/2026/x", "/blog/index.php "},
		{"the root's, where the part has none", fastcgi.Config{Root: root, From: "/folder", Ext: []string{".php"}, Index: []string{"index.php"}}, "/folder/x", "/index.php "},
		{"outside of the part", fastcgi.Config{Root: root, From: "/blog", Ext: []string{".php"}}, "/app.php", "next"},
		{"what is excepted", fastcgi.Config{Root: root, Except: []middleware.Path{"/app"}, Ext: []string{".php"}}, "/app.php", "next"},
		{"what lies in the part only once it is resolved", fastcgi.Config{Root: root, From: "/blog", Ext: []string{".php"}}, "/x/../blog/entry.php", "400"},
		{"two indexes", fastcgi.Config{Root: root, Ext: []string{".php"}, Index: []string{"app.php", "index.php"}}, "/blog/", "/blog/index.php "},
		{"without an index", fastcgi.Config{Root: root, Ext: []string{".php"}}, "/blog/", "next"},
		{"all files are the application's", fastcgi.Config{Root: root, Split: []string{".php"}, Index: []string{"index.php"}}, "/static.txt", "/index.php "},
		{"several extensions", fastcgi.Config{Root: root, Ext: []string{".html", ".php"}}, "/page.html.php", "/page.html.php "},
		{"an application that is no file", fastcgi.Config{}, "/a/b", " /a/b"},
		{"an application that is no file, for a part", fastcgi.Config{From: "/app"}, "/app/b", "/app /b"},
		{"an application that is no file, by its name", fastcgi.Config{From: "/app/"}, "/app/", "/app /"},
		{"an application that is no file, for a longer name", fastcgi.Config{From: "/app"}, "/apple", " /apple"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, fastcgi.RouteOf(tt.cfg, asking(tt.path)))
		})
	}
}

// TestExceptions checks what is excepted where files have names in any letters.
func TestExceptions(t *testing.T) {
	cfg := fastcgi.Config{Except: []middleware.Path{"/uploads"}}
	require.True(t, fastcgi.Excepts(cfg, asking("/uploads/evil.php"), false))
	require.False(t, fastcgi.Excepts(cfg, asking("/Uploads/evil.php"), false))
	require.True(t, fastcgi.Excepts(cfg, asking("/Uploads/evil.php"), true))
}

// TestNoRoot checks a site whose folder is not there.
func TestNoRoot(t *testing.T) {
	cfg := fastcgi.PHP()
	require.Equal(t, "404", fastcgi.RouteOf(cfg, asking("/index.php")))
	cfg.Root = middleware.NewRoot(filepath.Join(t.TempDir(), "missing"))
	require.Equal(t, "404", fastcgi.RouteOf(cfg, asking("/index.php")))
	require.Equal(t, "next", fastcgi.RouteOf(cfg, asking("/")))
	status, err := fastcgi.NewHandler(middleware.Status(404), cfg).ServeHTTP(httptest.NewRecorder(), asking("/index.php"))
	require.Equal(t, 404, status)
	require.EqualError(t, err, fmt.Sprintf("fastcgi: there is no folder %q to look for scripts in", cfg.Root.Dir))
	cfg.Root = nil
	_, err = fastcgi.NewHandler(middleware.Status(404), cfg).ServeHTTP(httptest.NewRecorder(), asking("/index.php"))
	require.EqualError(t, err, `fastcgi: there is no folder "" to look for scripts in`)
}

// TestSlash checks where a folder is redirected to.
func TestSlash(t *testing.T) {
	cfg := fastcgi.PHP()
	cfg.Root = site(t, "a b/index.php", "a/index.php")
	for _, tt := range []struct{ name, target, want string }{
		{"a folder", "/a", "/a/"},
		{"with a query", "/a?x=1&y=%2F", "/a/?x=1&y=%2F"},
		{"with a blank", "/a%20b", "/a%20b/"},
		{"that looks like another site", "//a", "/a/"},
		{"that looks like another site, with dots", "//example.com/../a", "/a/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("POST", "/", nil)
			r.RequestURI = tt.target
			u, err := r.URL.Parse("http://x" + tt.target)
			require.NoError(t, err)
			r.URL.Path, r.URL.RawQuery = u.Path, u.RawQuery
			status, err := fastcgi.NewHandler(middleware.Status(404), cfg).ServeHTTP(w, r)
			require.NoError(t, err)
			require.Equal(t, 308, status)
			require.Equal(t, tt.want, w.Header().Get("Location"))
		})
	}
}

// TestSlashOfOthers checks that a folder is answered for where it was not asked for
// by that name.
func TestSlashOfOthers(t *testing.T) {
	cfg := fastcgi.PHP()
	cfg.Root = site(t, "a/index.php")
	r := httptest.NewRequest("GET", "/other", nil)
	r.URL.Path = "/a"
	require.Equal(t, "/a/index.php ", fastcgi.RouteOf(cfg, r))
	r = httptest.NewRequest("GET", "/prefix/a", nil)
	r.URL.Path = "/a"
	require.Equal(t, "308", fastcgi.RouteOf(cfg, r))
}

// TestHide checks what other layers are not to show.
func TestHide(t *testing.T) {
	cfg := fastcgi.PHP()
	cfg.From = "/app"
	for name, want := range map[string]bool{
		"app/index.php": true, "app/x/INDEX.PHP": true, "app/index.php.": true, "APP/index.php": true, "app/index.php::$DATA": true,
		"app/index.html": false, "other/index.php": false, "app/php": false,
	} {
		require.Equal(t, want, cfg.Hide(name, nil), name)
	}
}

func TestPlainOnWindows(t *testing.T) {
	for name, want := range map[string]bool{
		"/index.php": true, "/a/b~c.php": true, "/index.php.": false, "/index.php ": false, "/a./index.php": false,
		"/index.php::$DATA": false, `/a\index.php`: false, "/INDEX~1.PHP": false,
	} {
		require.Equal(t, want, fastcgi.PlainOnWindows(name), name)
	}
}
