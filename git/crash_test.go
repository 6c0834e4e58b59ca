package git_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestMain makes a victim of this process if it was started as one.
func TestMain(m *testing.M) {
	if state := os.Getenv("VICTIM_STATE"); state != "" {
		victim(state, os.Getenv("VICTIM_URL"), os.Getenv("VICTIM_STEP"))
		return
	}
	os.Exit(m.Run())
}

// then is what victims make of the files.
var then = []git.Command{{Args: []string{"sh", "-c", "cat index.html index.html > twice.html"}}}

// victim syncs, and is killed at a step: when it is about to log that often.
func victim(state, url, step string) {
	n, err := strconv.Atoi(step)
	if err != nil {
		n = 1 << 20 // somebody else kills it
	}
	then := then
	if text := os.Getenv("VICTIM_THEN"); text != "" {
		then = []git.Command{shell(text)}
	}
	repo, err := git.Open(git.RepoConfig{URL: url, State: state, Then: then, Keep: 1, Log: slog.New(&killer{left: n})})
	if err == nil {
		_, err = repo.Sync(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A killer is a handler of logs that ends the process, as by kill -9.
type killer struct{ left int }

func (k *killer) Enabled(context.Context, slog.Level) bool { return true }
func (k *killer) WithAttrs([]slog.Attr) slog.Handler       { return k }
func (k *killer) WithGroup(string) slog.Handler            { return k }
func (k *killer) Handle(_ context.Context, r slog.Record) error {
	if k.left--; k.left < 0 {
		fmt.Fprintln(os.Stderr, "killed at:", r.Message)
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		select {} // until it is
	}
	return nil
}

// attempt has a victim sync, and returns whether it was killed.
func attempt(t *testing.T, state, url string, step int, after time.Duration) (killed bool) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "VICTIM_STATE="+state, "VICTIM_URL="+url)
	if after == 0 {
		cmd.Env = append(cmd.Env, "VICTIM_STEP="+strconv.Itoa(step))
	}
	cmd.Stderr = t.Output()
	require.NoError(t, cmd.Start())
	if after > 0 {
		time.AfterFunc(after, func() { cmd.Process.Kill() })
	}
	err = cmd.Wait()
	if err != nil {
		require.Equal(t, -1, cmd.ProcessState.ExitCode(), "it has failed by itself")
	}
	return err != nil
}

// TestKilled kills a sync at each of its steps: what is live then is whole, and the
// next sync does the rest.
func TestKilled(t *testing.T) {
	middlewaretest.Program(t, "sh")
	dir := t.TempDir()
	o := newOrigin(t, dir)
	older := o.push(map[string]string{"index.html": "older"})
	o.push(map[string]string{"index.html": "old"})
	newer := o.git("rev-parse", "HEAD")
	steps := 0
	for step := 0; ; step++ {
		state := filepath.Join(dir, "state"+strconv.Itoa(step))
		for _, hash := range []string{older + "^", older, newer} { // so that there is something to prune
			o.git("push", "--quiet", "--force", "origin", hash+":main")
			synced(t, o.open(t, git.RepoConfig{State: state, Then: then, Keep: 1}))
		}
		o.git("reset", "--quiet", "--hard", newer)
		hash := o.push(map[string]string{"index.html": "new"})
		killed := attempt(t, state, o.bare, step, 0)
		requireConverges(t, o, state, hash)
		if !killed {
			break
		}
		steps++
	}
	require.GreaterOrEqual(t, steps, 8)
}

// requireConverges checks that what a victim has left is of use, and that the next
// sync has all as it should be.
func requireConverges(t *testing.T, o *origin, state, hash string) {
	t.Helper()
	repo := o.open(t, git.RepoConfig{State: state, Then: then, Keep: 1})
	live, ok := repo.Current()
	require.True(t, ok)
	page, err := os.ReadFile(filepath.Join(live.Dir, "index.html"))
	require.NoError(t, err)
	twice, err := os.ReadFile(filepath.Join(live.Dir, "twice.html"))
	require.NoError(t, err)
	require.Contains(t, []string{"old", "new"}, string(page))
	require.Equal(t, string(page)+string(page), string(twice), "what is live is whole")

	require.Equal(t, hash, synced(t, repo).Hash)
	require.Equal(t, "newnew", served(t, repo, "twice.html"))
	entries, err := os.ReadDir(filepath.Join(state, "releases"))
	require.NoError(t, err)
	for _, e := range entries {
		t.Log(e.Name())
	}
	require.LessOrEqual(t, len(entries), 6, "folders, and what is known of them")
}

// TestKilledAnytime kills syncs without asking where they are, several in a row.
func TestKilledAnytime(t *testing.T) {
	middlewaretest.Program(t, "sh")
	dir := t.TempDir()
	o := newOrigin(t, dir)
	o.push(map[string]string{"index.html": "old"})
	state := filepath.Join(dir, "state")
	synced(t, o.open(t, git.RepoConfig{State: state, Then: then, Keep: 1}))
	hash := o.push(map[string]string{"index.html": "new"})
	for range 8 {
		attempt(t, state, o.bare, 0, time.Duration(1+rand.IntN(120))*time.Millisecond)
	}
	requireConverges(t, o, state, hash)
}

// TestOrphan has a command go on whose program was killed, and write to what it
// takes for its release, in both ways.
func TestOrphan(t *testing.T) {
	middlewaretest.Program(t, "sh")
	dir := t.TempDir()
	o := newOrigin(t, dir)
	o.push(map[string]string{"index.html": "old"})
	state := filepath.Join(dir, "state")
	synced(t, o.open(t, git.RepoConfig{State: state, Then: then, Keep: 1}))
	hash := o.push(map[string]string{"index.html": "new"})
	began, goOn, ended := filepath.Join(dir, "began"), filepath.Join(dir, "go-on"), filepath.Join(dir, "ended")

	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "VICTIM_STATE="+state, "VICTIM_URL="+o.bare, "VICTIM_THEN=exec 2>/dev/null; here=$PWD; touch "+began+
		"; until [ -e "+goOn+" ]; do sleep 0.01; done; echo evil > index.html; mkdir -p $here; echo evil > $here/index.html; touch "+ended)
	require.NoError(t, cmd.Start())
	exists := func(name string) func() bool {
		return func() bool { _, err := os.Stat(name); return err == nil }
	}
	middlewaretest.Eventually(t, exists(began))
	require.NoError(t, cmd.Process.Kill())
	cmd.Wait()

	repo := o.open(t, git.RepoConfig{State: state, Then: then, Keep: 1})
	require.Equal(t, hash, synced(t, repo).Hash)
	require.NoError(t, os.WriteFile(goOn, nil, 0o600))
	middlewaretest.Eventually(t, exists(ended))
	require.Equal(t, "new", served(t, repo, "index.html"))
	require.Equal(t, "newnew", served(t, repo, "twice.html"))
	o.push(map[string]string{"index.html": "new", "x": "x"})
	synced(t, repo) // which cleans up
	requireConverges(t, o, state, o.git("rev-parse", "HEAD"))
}

// TestDamagedStore has what git leaves behind that is killed, and worse.
func TestDamagedStore(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	for name, damage := range map[string]func(t *testing.T, store string){
		"a lock":            func(t *testing.T, store string) { touch(t, store, "shallow.lock") },
		"the lock of a ref": func(t *testing.T, store string) { touch(t, store, "refs/deploy/next.lock") },
		"the lock of an index": func(t *testing.T, store string) {
			touch(t, store, "index.lock")
		},
		"no objects":  func(t *testing.T, store string) { require.NoError(t, os.RemoveAll(filepath.Join(store, "objects"))) },
		"no store":    func(t *testing.T, store string) { require.NoError(t, os.RemoveAll(store)) },
		"half of one": func(t *testing.T, store string) { require.NoError(t, os.Remove(filepath.Join(store, "HEAD"))) },
		"nonsense": func(t *testing.T, store string) {
			require.NoError(t, os.WriteFile(filepath.Join(store, "config"), []byte("[x"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "state")
			repo := o.open(t, git.RepoConfig{URL: "file://" + filepath.ToSlash(o.bare), State: state})
			synced(t, repo)
			damage(t, filepath.Join(state, "store.git"))
			hash := o.push(map[string]string{"index.html": name})
			require.Equal(t, hash, synced(t, repo).Hash)
			require.Equal(t, name, served(t, repo, "index.html"))
		})
	}
}

func touch(t *testing.T, dir, name string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), nil, 0o600))
}
