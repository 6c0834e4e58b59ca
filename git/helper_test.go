package git_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// An origin is a repository that is pushed to, and a clone to push from.
type origin struct {
	t    testing.TB
	bare string // the path of the one
	work string // and of the other
}

// newOrigin returns one that has a commit with a file called index.html.
func newOrigin(t testing.TB, dir string) *origin {
	t.Helper()
	middlewaretest.Program(t, "git")
	o := &origin{t, filepath.Join(dir, "site.git"), filepath.Join(dir, "work")}
	o.run(dir, "init", "--quiet", "--bare", "--initial-branch=main", o.bare)
	o.run(dir, "init", "--quiet", "--initial-branch=main", o.work)
	o.git("remote", "add", "origin", o.bare)
	o.commit(map[string]string{"index.html": "first"})
	o.git("push", "--quiet", "origin", "main")
	return o
}

func (o *origin) git(args ...string) string {
	o.t.Helper()
	return o.run(o.work, args...)
}

// pipe is git with a text to read.
func (o *origin) pipe(text string, args ...string) string {
	o.t.Helper()
	return o.exec(o.work, text, args...)
}

func (o *origin) run(dir string, args ...string) string {
	o.t.Helper()
	return o.exec(dir, "", args...)
}

func (o *origin) exec(dir, text string, args ...string) string {
	o.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	require.NoError(o.t, err, "git %s: %s", args, out)
	return strings.TrimSpace(string(out))
}

// commit commits files and returns the hash. An empty text removes one.
func (o *origin) commit(files map[string]string) string {
	o.t.Helper()
	for name, text := range files {
		name = filepath.Join(o.work, filepath.FromSlash(name))
		if text == "" {
			require.NoError(o.t, os.Remove(name))
			continue
		}
		require.NoError(o.t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(o.t, os.WriteFile(name, []byte(text), 0o644))
	}
	o.git("add", "--all")
	o.git("commit", "--quiet", "--allow-empty", "--message=a commit")
	return o.git("rev-parse", "HEAD")
}

// push commits files, pushes them, and returns the hash.
func (o *origin) push(files map[string]string) string {
	o.t.Helper()
	hash := o.commit(files)
	o.git("push", "--quiet", "--force", "origin", "HEAD")
	return hash
}

// open returns a Repo of o, which is closed when the test ends.
func (o *origin) open(t testing.TB, c git.RepoConfig) *git.Repo {
	t.Helper()
	if c.URL == "" {
		c.URL = o.bare
	}
	return open(t, c)
}

func open(t testing.TB, c git.RepoConfig) *git.Repo {
	t.Helper()
	if c.State == "" {
		c.State = filepath.Join(t.TempDir(), "state")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	repo, err := git.Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, repo.Close()) })
	return repo
}

// synced has the repo sync, which must succeed.
func synced(t testing.TB, repo *git.Repo) git.Release {
	t.Helper()
	release, err := repo.Sync(t.Context())
	require.NoError(t, err)
	require.True(t, release.Live)
	return release
}

// served returns what a request would see of a file just now.
func served(t testing.TB, repo *git.Repo, name string) string {
	t.Helper()
	root, ok := repo.Acquire()
	require.True(t, ok, "there is no release")
	defer root.Release()
	return readRoot(root, name)
}

func readRoot(root *middleware.Root, name string) string {
	text, err := root.FS.ReadFile(name)
	if err != nil {
		return "missing"
	}
	return string(text)
}

// A journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Writer(j), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// script writes a program of a shell and returns its path.
func script(t testing.TB, dir, name, text string) string {
	t.Helper()
	middlewaretest.Program(t, "sh")
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\n%s\n", text), 0o755))
	return path
}

// commandIn runs a program in a folder.
func commandIn(t testing.TB, dir, name string, args ...string) error {
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	return cmd.Run()
}
