package git_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func shell(text string) git.Command { return git.Command{Args: []string{"sh", "-c", text}} }

// TestThen runs what makes a site of the files, and what does not.
func TestThen(t *testing.T) {
	middlewaretest.Program(t, "sh")
	o := newOrigin(t, t.TempDir())
	state := filepath.Join(t.TempDir(), "state")
	var log journal
	then := func(commands ...git.Command) *git.Repo {
		return o.open(t, git.RepoConfig{State: state, Then: commands, Log: log.log()})
	}
	repo := then(shell("echo built > built.html; echo it says; echo and warns >&2; printf 'no end\x07'"), shell("cat built.html index.html > both.html"))
	first := synced(t, repo)
	require.Equal(t, "built\nfirst", served(t, repo, "both.html"))
	require.Contains(t, log.String(), `output="it says"`)
	require.Contains(t, log.String(), `output="and warns"`)
	require.Contains(t, log.String(), `output="no end"`)

	o.push(map[string]string{"index.html": "second"})
	for _, tt := range []struct {
		name string
		then git.Command
		want string
	}{
		{"fails", shell("echo half > half.html; echo what is wrong; exit 3"), "then: sh: exit status 3 (what is wrong)"},
		{"is killed", shell("kill -9 $$"), "then: sh: signal: killed"},
		{"takes too long", git.Command{Args: []string{"sleep", "1000"}, Timeout: 10 * time.Millisecond}, "then: sleep: it took more than 10ms: context deadline exceeded"},
		{"is not there", git.Command{Args: []string{"no-such-program", "x"}}, `then: no-such-program: exec: "no-such-program": executable file not found in $PATH`},
		{"is no shell", git.Command{Args: []string{"touch x; touch y"}}, `then: touch x; touch y: exec: "touch x; touch y": executable file not found in $PATH`},
		{"removes the release", shell("rm -r ../$(basename $PWD)"), "the site's root is to be the folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			repo := then(tt.then)
			release, err := repo.Sync(t.Context())
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, first, release, "the old one stays")
			require.Equal(t, "first", served(t, repo, "index.html"))
			entries, err := os.ReadDir(filepath.Dir(first.Dir))
			require.NoError(t, err)
			require.Len(t, entries, 2, "nothing is left of it")
		})
	}
	t.Run("later goes well", func(t *testing.T) {
		repo := then(shell("true"))
		synced(t, repo)
		require.Equal(t, "second", served(t, repo, "index.html"))
	})
}

// TestThenIsVerbose has a command that would fill the disk with what it says.
func TestThenIsVerbose(t *testing.T) {
	middlewaretest.Program(t, "sh")
	o := newOrigin(t, t.TempDir())
	var log journal
	_, err := o.open(t, git.RepoConfig{Then: []git.Command{shell("yes | head -n 50000; echo the end; exit 1")}, Log: log.log()}).Sync(t.Context())
	require.ErrorContains(t, err, "the end")
	require.Equal(t, 10_000, strings.Count(log.String(), `msg="command says"`))
	require.Equal(t, 1, strings.Count(log.String(), "more than is logged"))
}

// TestThenSees checks what commands are told of this program, and of git.
func TestThenSees(t *testing.T) {
	middlewaretest.Program(t, "env")
	o := newOrigin(t, t.TempDir())
	t.Setenv("GIT_DIR", "/somewhere")
	t.Setenv("GIT_CONFIG_COUNT", "nonsense")
	t.Setenv("OTHER", "thing")
	var log journal
	release := synced(t, o.open(t, git.RepoConfig{Then: []git.Command{{Args: []string{"env"}}}, Log: log.log()}))
	require.Contains(t, log.String(), "OTHER=thing")
	require.Contains(t, log.String(), "PWD="+release.Dir)
	require.NotContains(t, log.String(), "GIT_")
}

// TestThenLeavesNothingBehind has a command start another that would stay.
func TestThenLeavesNothingBehind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no kill")
	}
	middlewaretest.Program(t, "sh")
	o := newOrigin(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "pid")
	synced(t, o.open(t, git.RepoConfig{Then: []git.Command{shell("sleep 1000 & echo $! > " + file)}}))
	requireEnds(t, file)
}

// requireEnds waits for a process to end whose id a file has.
func requireEnds(t *testing.T, file string) {
	t.Helper()
	middlewaretest.Eventually(t, func() bool {
		pid, err := os.ReadFile(file)
		return err == nil && commandIn(t, t.TempDir(), "kill", "-0", strings.TrimSpace(string(pid))) != nil
	})
}

// TestHangingGit ends a git that hangs, with its children: when its time is up and
// when the service is closed.
func TestHangingGit(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no kill")
	}
	o := newOrigin(t, t.TempDir())
	dir := t.TempDir()
	file := filepath.Join(dir, "pid")
	fake := script(t, dir, "git", `case "$*" in *--version) exec git --version;; esac
		trap '' TERM
		sleep 1000 & echo $! > `+file+`
		wait; wait; sleep 1000`)
	repo := o.open(t, git.RepoConfig{Git: fake, Timeout: 50 * time.Millisecond})
	_, err := repo.Sync(t.Context())
	require.ErrorContains(t, err, "asking the remote: it took more than 50ms: context deadline exceeded")
	requireEnds(t, file)
	require.NoError(t, os.Remove(file))

	service := git.NewService(o.open(t, git.RepoConfig{Git: fake}), git.ServiceConfig{})
	started := make(chan error, 1)
	go func() { started <- service.Start(t.Context()) }()
	middlewaretest.Eventually(t, func() bool { _, err := os.Stat(file); return err == nil })
	require.NoError(t, service.Close())
	require.ErrorIs(t, <-started, git.ErrClosed)
	requireEnds(t, file)
}

// TestAfter runs what follows a publication, until the next.
func TestAfter(t *testing.T) {
	middlewaretest.Program(t, "sh")
	o := newOrigin(t, t.TempDir())
	dir := t.TempDir()
	var log journal
	service := git.NewService(o.open(t, git.RepoConfig{Log: log.log()}), git.ServiceConfig{Interval: -1,
		After: []git.Command{shell("cat index.html >> " + filepath.Join(dir, "ran")), shell("echo $$ > " + filepath.Join(dir, "pid") + "; sleep 1000")}})
	require.NoError(t, service.Start(t.Context()))
	ran := func(want string) {
		t.Helper()
		middlewaretest.Eventually(t, func() bool {
			text, _ := os.ReadFile(filepath.Join(dir, "ran"))
			pid, _ := os.ReadFile(filepath.Join(dir, "pid"))
			return string(text) == want && len(pid) > 0
		})
	}
	ran("first")
	require.NoError(t, os.Rename(filepath.Join(dir, "pid"), filepath.Join(dir, "first")))
	service.Trigger() // for nothing new
	middlewaretest.Eventually(t, func() bool { return service.Status().Syncs == 2 })
	o.push(map[string]string{"index.html": " second"})
	service.Trigger()
	ran("first second")
	requireEnds(t, filepath.Join(dir, "first"))
	require.NoError(t, service.Close())
	requireEnds(t, filepath.Join(dir, "pid"))
	require.NotContains(t, log.String(), "level=ERROR")
}
