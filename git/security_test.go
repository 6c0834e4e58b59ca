package git_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestVersion(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	const install = ": install it, with apt-get install git for example, or see https://git-scm.com/downloads"
	for _, tt := range []struct{ name, says, err string }{
		{"too old", "git version 2.29.3", "is version 2.29.3" + install},
		{"much too old", "git version 1.99", "is version 1.99" + install},
		{"something else", "hello", "is something else" + install},
		{"old enough", "git version 2.30.0.windows.1", ""},
		{"the next", "git version 3.0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := script(t, t.TempDir(), "git", `case "$*" in *--version) echo '`+tt.says+`';; *) exec git "$@";; esac`)
			service := git.NewService(o.open(t, git.RepoConfig{Git: fake}), git.ServiceConfig{Lazy: true})
			defer service.Close()
			err := service.Start(t.Context())
			if tt.err == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, o.bare+": git 2.30 or newer is needed, and "+fake+" "+tt.err)
		})
	}
	t.Run("none", func(t *testing.T) {
		repo := o.open(t, git.RepoConfig{})
		t.Setenv("PATH", t.TempDir())
		_, err := repo.Sync(t.Context())
		require.EqualError(t, err, o.bare+`: git 2.30 or newer is needed: exec: "git": executable file not found in $PATH`+install)
	})
}

// spy returns a git that writes its arguments and its environment to a file.
func spy(t *testing.T, dir string) (fake, file string) {
	t.Helper()
	middlewaretest.Program(t, "env")
	file = filepath.Join(dir, "spied")
	return script(t, dir, "git", `for a; do printf 'argument <%s>\n' "$a"; done >> `+file+`; env | sed 's/^/variable /' >> `+file+`; exec git "$@"`), file
}

// TestEnvironment checks what git is told.
func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	newOrigin(t, dir)
	srv := httptest.NewServer(backend(t, dir))
	defer srv.Close()
	fake, file := spy(t, t.TempDir())
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[core]\n\thooksPath = "+home+"\n[url \"ext::touch\"]\n\tinsteadOf = http\n"), 0o600))
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	for name, value := range map[string]string{
		"GIT_DIR": "/somewhere", "GIT_SSH_COMMAND": "touch x", "GIT_PROXY_COMMAND": "touch x", "GIT_EXTERNAL_DIFF": "touch x",
		"GIT_CONFIG_PARAMETERS": "'core.fsmonitor=touch x'", "GIT_ALLOW_PROTOCOL": "ext", "GIT_TRACE": "1", "LD_PRELOAD_NOT": "x", "EDITOR": "touch",
	} {
		t.Setenv(name, value)
	}
	repo := open(t, git.RepoConfig{URL: srv.URL + "/site.git", Git: fake,
		Token: func(context.Context) (string, string, error) { return "me", token, nil }})
	release, err := repo.Sync(t.Context())
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	allowed := map[string]bool{}
	for name := range strings.FieldsSeq(`GIT_CONFIG_NOSYSTEM GIT_CONFIG_SYSTEM GIT_CONFIG_GLOBAL GIT_ATTR_NOSYSTEM GIT_TERMINAL_PROMPT GIT_ALLOW_PROTOCOL
		GIT_PROTOCOL_FROM_USER GIT_SSH_COMMAND GIT_ASKPASS`) {
		allowed[name] = true
	}
	arguments := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if argument, ok := strings.CutPrefix(line, "argument "); ok {
			arguments++
			require.NotContains(t, argument, token)
			continue
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(line, "variable "), "=")
		if strings.HasPrefix(name, "GIT_") {
			require.True(t, allowed[name], line)
			require.NotContains(t, value, "touch")
		}
		require.NotContains(t, []string{"EDITOR", "LD_PRELOAD_NOT"}, name)
		if name == "HOME" {
			require.NotEqual(t, home, value)
		}
	}
	require.NotZero(t, arguments)
	require.Contains(t, string(text), "argument <--version>")
	for _, word := range []string{"ls-remote", "fetch"} { // and the address after --, in both
		require.Regexp(t, `(?s)argument <`+word+`>.*?argument <-->\nargument <`+srv.URL+`/site\.git>`, string(text))
	}
	require.Contains(t, string(text), "variable GIT_ALLOW_PROTOCOL=http:https\n")
	require.NotEmpty(t, release.Hash)
}

// TestInjections has names and addresses that run something elsewhere. None of them
// starts as much as a git.
func TestInjections(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	fake, file := spy(t, t.TempDir())
	for _, text := range injections {
		if !strings.HasPrefix(text, "/") {
			_, err := git.Open(git.RepoConfig{URL: text, State: dir, Git: fake, Key: "key"})
			require.Error(t, err, text)
		}
		if _, err := git.CheckRef(text); err == nil {
			continue // it is a name, however it looks
		}
		_, err := git.Open(git.RepoConfig{URL: o.bare, State: dir, Git: fake, Ref: text})
		require.Error(t, err, text)
	}
	for _, folder := range []string{"../x", "/etc", "a/../../b", "a\nb", "a\x00b"} {
		for _, c := range []git.RepoConfig{{Subdir: folder}, {Under: folder}, {Root: folder}} {
			c.URL, c.State = o.bare, dir
			_, err := git.Open(c)
			require.Error(t, err, folder)
		}
	}
	for _, name := range []string{`/home/x" -oProxyCommand=touch`, "/a'b", "/a%h", "/a$b", "/a\nb"} {
		_, err := git.Open(git.RepoConfig{URL: "git@host:x", State: dir, Key: name})
		require.ErrorContains(t, err, "cannot be given to ssh", name)
	}
	require.NoFileExists(t, file)
}

// TestHostileNames has a remote whose refs are called what they should not be.
func TestHostileNames(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	hash := o.git("rev-parse", "HEAD")
	for _, name := range []string{"v9.9.9;touch${IFS}x", "v9.9.8$(touch\u00a0x)", "--upload-pack=touch", "v9.9.9`x`"} {
		// As an attacker's server would have them, which git push does not let through.
		file := filepath.Join(o.bare, "refs", "tags", name)
		require.NoError(t, os.WriteFile(file, []byte(hash+"\n"), 0o600))
	}
	o.git("push", "--quiet", "origin", hash+":refs/tags/v1.0.0")
	release := synced(t, o.open(t, git.RepoConfig{Ref: "{latest}"}))
	require.Equal(t, "refs/tags/v1.0.0", release.Ref)
}

// TestNoHooks has a repository with hooks, and a state that somebody has put some
// into.
func TestNoHooks(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	state := filepath.Join(t.TempDir(), "state")
	repo := o.open(t, git.RepoConfig{State: state})
	release := synced(t, repo)
	ran := filepath.Join(t.TempDir(), "ran")
	hooks := mkdir(t, state, "store.git", "hooks")
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"} {
		script(t, hooks, hook, "touch "+ran)
	}
	o.push(map[string]string{"index.html": "second"})
	require.NotEqual(t, release.Hash, synced(t, repo).Hash)
	require.NoFileExists(t, ran)
}
