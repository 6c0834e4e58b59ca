package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
)

func TestSync(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	repo := o.open(t, git.RepoConfig{})
	_, ok := repo.Acquire()
	require.False(t, ok, "there is nothing before the first sync")
	_, ok = repo.Current()
	require.False(t, ok)

	first := synced(t, repo)
	require.Equal(t, o.git("rev-parse", "HEAD"), first.Hash)
	require.Equal(t, "refs/heads/main", first.Ref)
	require.Equal(t, "first", served(t, repo, "index.html"))
	require.NoDirExists(t, filepath.Join(first.Dir, ".git"))
	require.Equal(t, first, synced(t, repo), "nothing has changed")

	hash := o.push(map[string]string{"index.html": "second", "a/b.txt": "b"})
	require.Equal(t, "first", served(t, repo, "index.html"))
	second := synced(t, repo)
	require.Equal(t, hash, second.Hash)
	require.Equal(t, "second", served(t, repo, "index.html"))
	require.Equal(t, "b", served(t, repo, "a/b.txt"))

	all, err := repo.Releases()
	require.NoError(t, err)
	first.Live = false
	require.Equal(t, []git.Release{second, first}, all)
}

// TestPoll looks at a remote that has nothing new, which starts one program.
func TestPoll(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	fake, file := spy(t, t.TempDir())
	repo := o.open(t, git.RepoConfig{Git: fake})
	synced(t, repo)
	require.NoError(t, os.Remove(file))
	synced(t, repo)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "variable PATH="))
	require.Contains(t, string(text), "argument <ls-remote>")

	pinned := o.open(t, git.RepoConfig{Git: fake, Ref: o.git("rev-parse", "HEAD")})
	synced(t, pinned)
	require.NoError(t, os.Remove(file))
	synced(t, pinned)
	require.NoFileExists(t, file, "a commit does not change")
}

// TestRefs deploys what the ref leads to, whatever became of it.
func TestRefs(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	first := o.git("rev-parse", "HEAD")
	o.git("tag", "v1.9.0")
	second := o.push(map[string]string{"index.html": "second"})
	o.git("tag", "--annotate", "--message=x", "v1.10.0")
	o.git("tag", "--annotate", "--message=x", "v2.0.0-rc.1", first)
	o.git("tag", "zzz", first)
	o.git("push", "--quiet", "origin", "--tags")
	o.git("push", "--quiet", "origin", first+":refs/heads/feature/x/y", first+":refs/heads/both", second+":refs/tags/both")

	for _, tt := range []struct{ name, ref, hash, found string }{
		{"the default branch", "", second, "refs/heads/main"},
		{"HEAD", "HEAD", second, "refs/heads/main"},
		{"a branch", "main", second, "refs/heads/main"},
		{"a branch with slashes", "feature/x/y", first, "refs/heads/feature/x/y"},
		{"a branch in full", "refs/heads/main", second, "refs/heads/main"},
		{"a tag", "v1.9.0", first, "refs/tags/v1.9.0"},
		{"an annotated tag", "v1.10.0", second, "refs/tags/v1.10.0"},
		{"a tag in full", "refs/tags/v1.10.0", second, "refs/tags/v1.10.0"},
		{"the latest tag", "{latest}", second, "refs/tags/v1.10.0"},
		{"a commit", first, first, first},
		{"a commit in capitals", strings.ToUpper(second), second, second},
		{"a branch and a tag of one name", "both", first, "refs/heads/both"},
		{"the tag of them", "refs/tags/both", second, "refs/tags/both"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			release := synced(t, o.open(t, git.RepoConfig{Ref: tt.ref}))
			require.Equal(t, tt.hash, release.Hash)
			require.Equal(t, tt.found, release.Ref)
		})
	}
	for _, tt := range []struct{ name, ref, err string }{
		{"no such branch", "main2", `the repository has neither a branch nor a tag called "main2"`},
		{"the end of a branch's name", "y", `the repository has neither a branch nor a tag called "y"`},
		{"no such commit", strings.Repeat("1", 40), "fetching: exit status 128"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := o.open(t, git.RepoConfig{Ref: tt.ref}).Sync(t.Context())
			require.ErrorContains(t, err, o.bare+": "+tt.err)
		})
	}
}

// TestRefMoves has a ref move in ways that cannot be merged.
func TestRefMoves(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	first := o.git("rev-parse", "HEAD")
	repo := o.open(t, git.RepoConfig{})
	state := filepath.Dir(filepath.Dir(synced(t, repo).Dir))
	o.push(map[string]string{"index.html": "second", "only-here": "x"})
	synced(t, repo)

	o.git("reset", "--quiet", "--hard", first)
	forced := o.push(map[string]string{"index.html": "third"})
	require.Equal(t, forced, synced(t, repo).Hash, "pushed by force")
	require.Equal(t, "missing", served(t, repo, "only-here"))

	o.git("push", "--quiet", "--force", "origin", first+":main")
	require.Equal(t, first, synced(t, repo).Hash, "rewound")
	require.Equal(t, "first", served(t, repo, "index.html"))

	o.git("checkout", "--quiet", "--orphan", "other")
	other := o.push(map[string]string{"index.html": "other"})
	moved := o.open(t, git.RepoConfig{State: state, Ref: "other"})
	require.Equal(t, other, synced(t, moved).Hash, "another branch in the same state")
	require.Equal(t, "other", served(t, moved, "index.html"))

	o.git("tag", "v1")
	o.git("push", "--quiet", "origin", "v1")
	tag := o.open(t, git.RepoConfig{Ref: "v1"})
	require.Equal(t, other, synced(t, tag).Hash)
	o.git("tag", "--force", "--annotate", "--message=x", "v1", first)
	o.git("push", "--quiet", "--force", "origin", "v1")
	require.Equal(t, first, synced(t, tag).Hash, "a tag that was moved")
}

func TestFolders(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	o.push(map[string]string{"docs/a.html": "a", "docs/deep/b.html": "b"})
	for _, tt := range []struct {
		name   string
		cfg    git.RepoConfig
		served map[string]string
	}{
		{"a folder of the repository", git.RepoConfig{Subdir: "docs/"}, map[string]string{"a.html": "a", "deep/b.html": "b", "index.html": "missing"}},
		{"a folder below it", git.RepoConfig{Subdir: "docs/deep"}, map[string]string{"b.html": "b"}},
		{"all of it elsewhere", git.RepoConfig{Under: "x/y"}, map[string]string{"x/y/index.html": "first", "index.html": "missing"}},
		{"one that is served", git.RepoConfig{Root: "docs"}, map[string]string{"a.html": "a", "../index.html": "missing"}},
		{"its own", git.RepoConfig{Subdir: ".", Root: "./"}, map[string]string{"index.html": "first"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			repo := o.open(t, tt.cfg)
			synced(t, repo)
			for name, text := range tt.served {
				require.Equal(t, text, served(t, repo, name), name)
			}
		})
	}
	_, err := o.open(t, git.RepoConfig{Subdir: "none"}).Sync(t.Context())
	require.ErrorContains(t, err, `has no folder "none"`)
	_, err = o.open(t, git.RepoConfig{Root: "none"}).Sync(t.Context())
	require.ErrorContains(t, err, `the site's root is to be the folder "none", which is neither in the commit`)
}

// TestDepth fetches as much as is asked for.
func TestDepth(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	for range 3 {
		o.push(nil)
	}
	for depth, want := range map[int]string{0: "1", 2: "2", -1: "4"} {
		state := filepath.Join(t.TempDir(), "state")
		// A path would be fetched from as a whole.
		release := synced(t, o.open(t, git.RepoConfig{URL: "file://" + filepath.ToSlash(o.bare), State: state, Depth: depth}))
		require.Equal(t, want, o.run(state, "--git-dir=store.git", "rev-list", "--count", release.Hash), depth)
	}
}

// TestPrune keeps as many releases as it is told to, and those that are read.
func TestPrune(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	repo := o.open(t, git.RepoConfig{Keep: 2})
	first := synced(t, repo)
	root, ok := repo.Acquire()
	require.True(t, ok)
	var hashes []string
	for range 5 {
		hashes = append(hashes, o.push(nil))
		synced(t, repo)
	}
	require.Equal(t, "first", readRoot(root, "index.html"), "it is still held")
	require.Equal(t, []string{hashes[4], hashes[3], hashes[2], first.Hash}, kept(t, repo))
	root.Release()
	hashes = append(hashes, o.push(nil))
	synced(t, repo)
	require.Equal(t, []string{hashes[5], hashes[4], hashes[3]}, kept(t, repo))
	entries, err := os.ReadDir(filepath.Dir(first.Dir))
	require.NoError(t, err)
	require.Len(t, entries, 6, "folders, and what is known of them")
}

func kept(t *testing.T, repo *git.Repo) (hashes []string) {
	t.Helper()
	all, err := repo.Releases()
	require.NoError(t, err)
	for _, release := range all {
		hashes = append(hashes, release.Hash)
	}
	return hashes
}

func TestRollbackAndPin(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	repo := o.open(t, git.RepoConfig{})
	first := synced(t, repo).Hash
	second := o.push(map[string]string{"index.html": "second"})
	synced(t, repo)

	require.NoError(t, repo.Rollback(t.Context(), first))
	require.Equal(t, "first", served(t, repo, "index.html"))
	require.Equal(t, first, synced(t, repo).Hash, "what was rolled back does not return by itself")
	third := o.push(map[string]string{"index.html": "third"})
	require.Equal(t, third, synced(t, repo).Hash, "but what is pushed next does come")

	require.NoError(t, repo.Pin(t.Context(), second))
	require.Equal(t, second, repo.Pinned())
	fourth := o.push(map[string]string{"index.html": "fourth"})
	require.Equal(t, second, synced(t, repo).Hash)
	require.Equal(t, "second", served(t, repo, "index.html"))
	require.NoError(t, repo.Unpin(t.Context()))
	require.Empty(t, repo.Pinned())
	require.Equal(t, fourth, synced(t, repo).Hash)

	require.ErrorIs(t, repo.Rollback(t.Context(), strings.Repeat("0", 40)), git.ErrNoRelease)
	require.ErrorIs(t, repo.Rollback(t.Context(), "../../etc"), git.ErrNoRelease)
	require.Equal(t, "fourth", served(t, repo, "index.html"))
}

// TestRestart finds what another run of the program has published.
func TestRestart(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	c := git.RepoConfig{State: filepath.Join(t.TempDir(), "state")}
	first := synced(t, o.open(t, c))
	again := o.open(t, c)
	release, ok := again.Current()
	require.True(t, ok)
	require.Equal(t, first, release)
	require.Equal(t, first, synced(t, again))

	c.Then = []git.Command{{Args: []string{"git", "--version"}}}
	other := synced(t, o.open(t, c))
	require.Equal(t, first.Hash, other.Hash)
	require.NotEqual(t, first.Dir, other.Dir, "it is made in another way")
}
