package git_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// sited sets up a site whose root is a folder of its own, and returns what a request
// for a path would be served from: the text of the file, or the status.
func sited(t *testing.T, root, src string) func(path string) string {
	t.Helper()
	site := directive.NewSite("localhost")
	site.AllowExec = true
	site.Root = middleware.NewRoot(root)
	m, err := caddyfiletest.SetupIn(t, site, git.Directive, src)
	require.NoError(t, err)
	h := middleware.AppHandler(m(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		text, err := middleware.RootOf(r, site.Root).FS.ReadFile(strings.TrimPrefix(r.URL.Path, "/"))
		if err == nil {
			w.Write(text)
		}
		return 0, err
	})).ServeHTTP)
	return func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Body.String()
	}
}

func TestSetup(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	o.push(map[string]string{"public/index.html": "public", "docs/a.html": "docs"})
	build := script(t, dir, "build", `mkdir -p "$1" && cat > "$1/made.html" < "$2"`)
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for _, tt := range []struct {
		name string
		root string // below dir
		src  string
		want map[string]string
	}{
		{"the root", "site1", "git " + o.bare, map[string]string{"/index.html": "first", "/public/index.html": "public", "/own.html": "404 Not Found\n"}},
		{"above the root", "site2/public", "git " + o.bare + " ../", map[string]string{"/index.html": "public", "/docs/a.html": "404 Not Found\n"}},
		{"above the root, in a block", "site3/public", "git {\n repo " + o.bare + "\n path ../\n branch main\n interval 10\n}", map[string]string{"/index.html": "public"}},
		{"below the root", "site4", "git " + o.bare + " part/of/it", map[string]string{"/part/of/it/index.html": "first", "/own.html": "own", "/part/of/it/own.html": "404 Not Found\n"}},
		{"below the root, as in Caddy 0.7.1", "site5", "git " + o.bare + " /part", map[string]string{"/part/index.html": "first", "/own.html": "own"}},
		{"several", "site6", "git " + o.bare + "\ngit " + o.bare + " x {\n subdir docs\n}", map[string]string{"/index.html": "first", "/x/a.html": "docs"}},
		{"built", "site7/www", "git " + o.bare + " .. {\n then " + build + " www index.html\n then " + build + " www/b docs/a.html\n}",
			map[string]string{"/made.html": "first", "/b/made.html": "docs", "/index.html": "404 Not Found\n"}},
		{"built to where the site is", "site8", "git " + o.bare + " {\n then " + build + " " + filepath.Join(dir, "site8", "www") + " index.html\n}",
			map[string]string{"/www/made.html": "first", "/own.html": "own", "/index.html": "404 Not Found\n"}},
		{"with a state of its own", "site9", "git file://" + filepath.ToSlash(o.bare) + " {\n state " + filepath.Join(dir, "elsewhere") + "\n keep 2\n depth 1\n interval off\n timeout 1m\n}",
			map[string]string{"/index.html": "first"}},
		{"lazy", "site10", "git " + filepath.Join(dir, "missing") + " {\n lazy\n}", map[string]string{"/own.html": "503 Service Unavailable\n"}},
		{"as deep as it goes", "site11", "git " + o.bare + " {\n depth full\n branch refs/heads/main\n}", map[string]string{"/index.html": "first"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(tt.root+"/own.html", "own")
			ask := sited(t, filepath.Join(dir, tt.root), tt.src)
			for path, want := range tt.want {
				require.Equal(t, want, ask(path), path)
			}
			text, err := os.ReadFile(filepath.Join(dir, tt.root, "own.html"))
			require.NoError(t, err)
			require.Equal(t, "own", string(text), "what is there stays")
		})
	}
	require.DirExists(t, filepath.Join(dir, ".site1.releases"))
	require.DirExists(t, filepath.Join(dir, ".site2.releases"))
	require.DirExists(t, filepath.Join(dir, ".site4-part-of-it.releases"))
	require.DirExists(t, filepath.Join(dir, "elsewhere", "releases"))
}

func TestSetupFails(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "git", "Caddyfile:1:1: git: there is no repository"},
		{"an empty block", "git {\n}", "Caddyfile:1:1: git: there is no repository"},
		{"too much", "git a/b c d", `Caddyfile:1:11: git: unexpected "d"`},
		{"twice the repository", "git a/b {\n repo c/d\n}", "Caddyfile:2:7: git: repo: the repository is given already, at Caddyfile:1:5"},
		{"twice the path", "git a/b c {\n path d\n}", "Caddyfile:2:7: git: path: the path is given already, at Caddyfile:1:9"},
		{"twice the folder", "git a/b\ngit a/c", "Caddyfile:2:5: git: another line has its releases in " + filepath.Join(filepath.Dir(root), ".site.releases") +
			", too: give one of them another state, or have them say the same"},
		{"a typo", "git a/b {\n brunch x\n}", `Caddyfile:2:2: git: unknown property "brunch" (did you mean "branch"?)`},
		{"a branch that is none", "git a/b {\n branch --upload-pack=x\n}", `Caddyfile:2:9: git: branch: "--upload-pack=x" is not the name of a branch or a tag: it begins with a dash`},
		{"an option for a repository", "git --upload-pack=x", `Caddyfile:1:5: git: "--upload-pack=x" is not the address of a repository: it begins with a dash`},
		{"a protocol that runs programs", "git ext::sh", `Caddyfile:1:5: git: "ext::sh" is not the address of a repository: there is no such protocol here`},
		{"a password", "git https://user:secret@host/x", `Caddyfile:1:5: git: "https://…@host/x" is not the address of a repository: it has credentials, which would be seen by whoever sees it; use a token`},
		{"ssh without a key", "git ssh://git@host/x", "Caddyfile:1:5: git: ssh needs a key"},
		{"a key for nothing", "git /srv/x {\n key k\n}", "Caddyfile:1:5: git: a key and known hosts are for ssh, not for file"},
		{"known hosts for nothing", "git a/b {\n known_hosts k\n}", "Caddyfile:1:5: git: a key and known hosts are for ssh, not for https"},
		{"a token in the open", "git http://host/x {\n token_file f\n}", "Caddyfile:1:5: git: a token is for https: by http everybody on the way can read it"},
		{"a token for ssh", "git ssh://git@host/x {\n key k\n token_file f\n}", "Caddyfile:1:5: git: a token is for https, not for ssh"},
		{"no interval", "git a/b {\n interval 0\n}", `Caddyfile:2:11: git: interval: "0" is not an interval: it is at least a second, or off`},
		{"a negative interval", "git a/b {\n interval -5\n}", `Caddyfile:2:11: git: interval: "-5" is not a duration such as 10s or 1m30s`},
		{"an interval in words", "git a/b {\n interval hourly\n}", `Caddyfile:2:11: git: interval: "hourly" is not a duration such as 10s or 1m30s`},
		{"nothing to run", "git a/b {\n then\n}", "Caddyfile:2:2: git: then: a command is missing"},
		{"a line for a shell", "git a/b {\n then make && touch x\n}", `Caddyfile:2:12: git: then: "&&" is for a shell, and there is none: have a line for each command, or a script; in quotes it is taken as it is`},
		{"a hook without a secret", "git a/b {\n hook /x\n}", "Caddyfile:2:7: git: hook: there is no secret: without one anybody could call it"},
		{"a hook with an empty secret", "git a/b {\n hook /x \"\"\n}", "Caddyfile:2:10: git: hook: the secret is empty: anybody could call the hook"},
		{"a hook the wrong way round", "git a/b {\n hook y /x\n}", "Caddyfile:2:7: git: hook: the path comes first, then the secret"},
		{"a password after a typo", "git https//user:secret@host/x", `Caddyfile:1:5: git: "https://…@host/x.git" is not the address of a repository: its path looks like credentials`},
		{"a hook that is no path", "git a/b {\n hook x y\n}", `Caddyfile:2:7: git: hook: "x" is not a path: a path begins with /`},
		{"a hook everywhere", "git a/b {\n hook / y\n}", `Caddyfile:2:7: git: hook: "/" is not the path of a hook alone`},
		{"two hooks at one path", "git a/b {\n hook /x y\n hook /x z\n}", "Caddyfile:3:7: git: hook: there is a hook at /x already"},
		{"a secret that Caddy 2 would look up", "git a/b {\n hook /x {env.SECRET}\n}", "Caddyfile:2:10: git: hook: {env.SECRET} stands for nothing here; a variable of the environment is written {$NAME}"},
		{"a signing token that is none", "git a/b {\n hook /x whsec_!\n}", "Caddyfile:2:10: git: hook: a secret that begins with whsec_ is base64 after it"},
		{"nobody's hook", "git a/b {\n hook /x y\n hook_type travis\n}", `Caddyfile:3:12: git: hook_type: unknown provider "travis" (it is one of github, gitlab, gitea, forgejo, gogs, bitbucket)`},
		{"the type of no hook", "git a/b {\n hook_type github\n}", "Caddyfile:2:2: git: hook_type: there is no hook"},
		{"a path beside the root", "git a/b ../x", "Caddyfile:1:9: git: path: " + filepath.Join(filepath.Dir(root), "x") + " is neither the site's root " + root + ", nor above it, nor below it"},
		{"a path that is everything", "git a/b " + strings.Repeat("../", 40), "Caddyfile:1:9: git: path: / has no folder beside it for the state, and is no place for a site"},
		{"a state in the site", "git a/b {\n state " + filepath.Join(root, "x") + "\n}", "Caddyfile:1:5: git: state: " + filepath.Join(root, "x") + " lies in the site, which is not to serve it"},
		{"a folder outside", "git a/b {\n subdir ../x\n}", `Caddyfile:2:9: git: subdir: "../x" is not a folder of the repository`},
		{"no depth", "git a/b {\n depth 0\n}", `Caddyfile:2:8: git: depth: "0" is not a number from 1 to 2147483647`},
		{"an argument for a switch", "git a/b {\n lazy yes\n}", `Caddyfile:2:7: git: lazy: unexpected "yes"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite("localhost")
			site.AllowExec = true
			site.Root = middleware.NewRoot(root)
			_, err := caddyfiletest.SetupIn(t, site, git.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}

// TestRemotes checks what the short forms of Caddy 0.7.1 mean.
func TestRemotes(t *testing.T) {
	for _, tt := range []struct {
		repo string
		key  bool
		want string
	}{
		{"github.com/user/site", false, "https://github.com/user/site.git"},
		{"github.com/user/site.git/", false, "https://github.com/user/site.git"},
		{"https://github.com/user/site", false, "https://github.com/user/site"},
		{"git@github.com:user/site", false, "https://github.com/user/site.git"},
		{"git@github.com:user/site", true, "git@github.com:user/site"},
		{"github.com/user/site", true, "ssh://git@github.com/user/site.git"},
		{"https://github.com/user/site", true, "ssh://git@github.com/user/site.git"},
		{"https://github.com:8443/user/site", true, "ssh://git@github.com/user/site.git"},
		{"ssh://me@host:2222/site", true, "ssh://me@host:2222/site"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			got, err := git.RemoteOf(tt.repo, tt.key)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

// TestSharedState has two sites of one root, which have one service if they say the
// same.
func TestSharedState(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	pool := new(directive.Pool)
	set := func(src string) error {
		site := directive.NewSite("localhost")
		site.AllowExec = true
		site.Root, site.Shared = middleware.NewRoot(filepath.Join(dir, "site")), pool
		c := directive.NewController(site, "git", caddyfiletest.Parse(t, src)...)
		t.Cleanup(func() { require.NoError(t, c.Stop()) })
		_, err := git.Directive.Setup(c)
		return err
	}
	require.NoError(t, set("git "+o.bare))
	require.NoError(t, set("git "+o.bare))
	services := 0
	pool.Each(func(r directive.Resource) {
		if _, ok := r.(*git.Service); ok {
			services++
		}
	})
	require.Equal(t, 1, services)
	require.ErrorContains(t, set("git "+o.bare+" {\n branch main\n}"), "another line has its releases in")
}
