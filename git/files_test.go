package git_test

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestSubmodules(t *testing.T) {
	dir := t.TempDir()
	part := newOrigin(t, mkdir(t, dir, "part"))
	part.push(map[string]string{"part.html": "part"})
	o := newOrigin(t, mkdir(t, dir, "whole"))
	o.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.bare, "vendor/part")
	o.push(nil)

	repo := o.open(t, git.RepoConfig{})
	synced(t, repo)
	require.Equal(t, "missing", served(t, repo, "vendor/part/part.html"), "unless asked for")

	repo = o.open(t, git.RepoConfig{Submodules: true})
	release := synced(t, repo)
	require.Equal(t, "part", served(t, repo, "vendor/part/part.html"))
	require.NoError(t, filepath.WalkDir(release.Dir, func(name string, d fs.DirEntry, err error) error {
		require.NotEqual(t, ".git", d.Name(), name)
		return err
	}))

	part.push(map[string]string{"part.html": "newer"})
	o.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--remote")
	o.push(nil)
	synced(t, repo)
	require.Equal(t, "newer", served(t, repo, "vendor/part/part.html"))

	other := newOrigin(t, mkdir(t, dir, "other"))
	other.push(map[string]string{"part.html": "elsewhere"})
	o.git("submodule", "set-url", "vendor/part", other.bare)
	o.git("config", "-f", ".gitmodules", "submodule.vendor/part.update", "none")
	o.git("-C", "vendor/part", "-c", "protocol.file.allow=always", "fetch", "--quiet", other.bare, "main")
	o.git("-C", "vendor/part", "checkout", "--quiet", "FETCH_HEAD")
	o.push(nil)
	synced(t, repo)
	require.Equal(t, "elsewhere", served(t, repo, "vendor/part/part.html"), "from where it has moved to")

	srv := httptest.NewServer(backend(t, filepath.Dir(o.bare)))
	defer srv.Close()
	_, err := open(t, git.RepoConfig{URL: srv.URL + "/site.git", Submodules: true}).Sync(t.Context())
	require.ErrorContains(t, err, "transport 'file' not allowed", "one of another machine must not reach into this one")

	_, err = git.Open(git.RepoConfig{URL: o.bare, State: dir, Submodules: true, Subdir: "x"})
	require.EqualError(t, err, "git: submodules are parts of the whole repository, not of a folder of it")
}

func TestLFS(t *testing.T) {
	middlewaretest.Program(t, "git-lfs")
	o := newOrigin(t, t.TempDir())
	o.git("lfs", "install", "--local")
	o.git("lfs", "track", "*.bin")
	o.push(map[string]string{"large.bin": "large"})
	url := "file://" + filepath.ToSlash(o.bare)

	repo := o.open(t, git.RepoConfig{URL: url})
	synced(t, repo)
	require.Contains(t, served(t, repo, "large.bin"), "https://git-lfs.github.com/spec/v1", "unless asked for")

	repo = o.open(t, git.RepoConfig{URL: url, LFS: true})
	synced(t, repo)
	require.Equal(t, "large", served(t, repo, "large.bin"))
	require.Equal(t, "first", served(t, repo, "index.html"))
}

// TestTimes checks that what has not changed keeps its time, whether it was pushed
// or made.
func TestTimes(t *testing.T) {
	middlewaretest.Program(t, "sh")
	o := newOrigin(t, t.TempDir())
	large := strings.Repeat("0123456789abcdef", 20_000)
	o.push(map[string]string{"same.html": "same", "size.html": "aaaa", "large.bin": large, "end.bin": large + "a", "gone.html": "x"})
	repo := o.open(t, git.RepoConfig{Then: []git.Command{shell("cat same.html > made.html; cat size.html > made2.html")}})
	times := func(release git.Release) map[string]time.Time {
		found := map[string]time.Time{}
		entries, err := os.ReadDir(release.Dir)
		require.NoError(t, err)
		for _, e := range entries {
			info, err := e.Info()
			require.NoError(t, err)
			found[e.Name()] = info.ModTime()
		}
		return found
	}
	before := times(synced(t, repo))
	o.push(map[string]string{"size.html": "bbbb", "end.bin": large + "b", "gone.html": "", "new.html": "x"})
	after := times(synced(t, repo))
	for _, name := range []string{"same.html", "large.bin", "made.html", "index.html"} {
		require.Equal(t, before[name], after[name], name)
	}
	for _, name := range []string{"size.html", "end.bin", "made2.html"} {
		require.True(t, after[name].After(before[name]), name)
	}
	require.NotContains(t, after, "gone.html")
}

// TestLinks checks that links are as they were pushed, and lead nowhere else.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside"), []byte("outside"), 0o600))
	middlewaretest.Symlink(t, filepath.Join(dir, "outside"), filepath.Join(o.work, "leaves"))
	require.NoError(t, os.Symlink("index.html", filepath.Join(o.work, "stays")))
	o.push(nil)
	repo := o.open(t, git.RepoConfig{})
	synced(t, repo)
	require.Equal(t, "first", served(t, repo, "stays"))
	require.Equal(t, "missing", served(t, repo, "leaves"))
}

// TestRootIsALink has a repository that says by a link what to serve.
func TestRootIsALink(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	repo := o.open(t, git.RepoConfig{Root: "public"})
	push := func(target string) {
		os.Remove(filepath.Join(o.work, "public"))
		middlewaretest.Symlink(t, target, filepath.Join(o.work, "public"))
		o.push(map[string]string{"www/index.html": "inside"})
	}
	push("www")
	release := synced(t, repo)
	require.Equal(t, "inside", served(t, repo, "index.html"))
	for _, target := range []string{dir, "../../store.git", ".."} {
		push(target)
		still, err := repo.Sync(t.Context())
		require.ErrorContains(t, err, `the site's root "public" is a link that leads out of the release`, target)
		require.Equal(t, release, still)
		require.Equal(t, "inside", served(t, repo, "index.html"))
	}
}

// TestHostileTree has what git itself does not let anybody commit.
func TestHostileTree(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	for _, name := range []string{".git", ".GIT", "git~1", ".git\u200c", ".."} {
		t.Run(name, func(t *testing.T) {
			blob := o.git("hash-object", "-w", "index.html")
			tree := o.pipe("100644 blob "+blob+"\t"+name+"\n", "mktree")
			commit := o.git("commit-tree", "-m", "x", tree)
			o.git("push", "--quiet", "--force", "origin", commit+":refs/heads/hostile")
			repo := o.open(t, git.RepoConfig{Ref: "hostile"})
			_, err := repo.Sync(t.Context())
			require.ErrorContains(t, err, "exporting: exit status 128")
			_, ok := repo.Current()
			require.False(t, ok)
		})
	}
}

func mkdir(t *testing.T, elements ...string) string {
	t.Helper()
	dir := filepath.Join(elements...)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	return dir
}
