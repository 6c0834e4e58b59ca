package git_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestChoiceWhileBuilding goes back while the next release is being made, which
// nobody has to wait for.
func TestChoiceWhileBuilding(t *testing.T) {
	middlewaretest.Program(t, "sh")
	for _, tt := range []struct {
		name   string
		choose func(repo *git.Repo, hash string) error
		want   string // once it has been made
	}{
		{"a rollback holds until there is another", func(r *git.Repo, hash string) error { return r.Rollback(t.Context(), hash) }, "third"},
		{"a pin holds", func(r *git.Repo, hash string) error { return r.Pin(t.Context(), hash) }, "first"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			o := newOrigin(t, dir)
			began, goOn := filepath.Join(dir, "began"), filepath.Join(dir, "go-on")
			repo := o.open(t, git.RepoConfig{Then: []git.Command{shell("if grep -q third index.html; then touch " + began + "; until [ -e " + goOn + " ]; do sleep 0.01; done; fi")}})
			first := synced(t, repo).Hash
			o.push(map[string]string{"index.html": "second"})
			synced(t, repo)
			o.push(map[string]string{"index.html": "third"})
			done := make(chan error, 1)
			go func() { _, err := repo.Sync(t.Context()); done <- err }()
			middlewaretest.Eventually(t, func() bool { _, err := os.Stat(began); return err == nil })
			require.NoError(t, tt.choose(repo, first))
			require.Equal(t, "first", served(t, repo, "index.html"))
			require.NoError(t, os.WriteFile(goOn, nil, 0o600))
			require.NoError(t, <-done)
			require.Equal(t, tt.want, served(t, repo, "index.html"))
			synced(t, repo)
			require.Equal(t, tt.want, served(t, repo, "index.html"))
		})
	}
}

// TestChoiceSurvives has another run of the program know what was chosen, and
// finish what was not done.
func TestChoiceSurvives(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	state := filepath.Join(t.TempDir(), "state")
	repo := o.open(t, git.RepoConfig{State: state})
	first := synced(t, repo).Hash
	o.push(map[string]string{"index.html": "second"})
	second := synced(t, repo).Hash

	require.NoError(t, repo.Rollback(t.Context(), first))
	again := o.open(t, git.RepoConfig{State: state})
	require.Equal(t, first, synced(t, again).Hash)

	// As if it had ended in between.
	text := `{"hash":"` + second + `","pinned":true}`
	require.NoError(t, os.WriteFile(filepath.Join(state, "choice.json"), []byte(text), 0o600))
	require.Equal(t, second, synced(t, o.open(t, git.RepoConfig{State: state})).Hash)

	require.NoError(t, os.WriteFile(filepath.Join(state, "choice.json"), []byte("x"), 0o600))
	_, err := again.Sync(t.Context())
	require.ErrorContains(t, err, "invalid character")
}

// TestOneAtATime has many work with one state, as several programs would.
func TestOneAtATime(t *testing.T) {
	middlewaretest.Program(t, "sh")
	dir := t.TempDir()
	o := newOrigin(t, dir)
	ran := filepath.Join(dir, "ran")
	c := git.RepoConfig{State: filepath.Join(dir, "state"), Then: []git.Command{shell("echo x >> " + ran)}}
	var all sync.WaitGroup
	for range 8 {
		repo := o.open(t, c)
		all.Go(func() {
			for range 2 {
				if _, err := repo.Sync(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if root, ok := repo.Acquire(); ok {
				defer root.Release()
				if text := readRoot(root, "index.html"); text != "first" {
					t.Error(text)
				}
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(ran)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "x"), "it was made once")
}

// A trap is called with each message that is logged.
type trap func(message string)

func (trap) Enabled(context.Context, slog.Level) bool        { return true }
func (f trap) Handle(_ context.Context, r slog.Record) error { f(r.Message); return nil }
func (f trap) WithAttrs([]slog.Attr) slog.Handler            { return f }
func (f trap) WithGroup(string) slog.Handler                 { return f }

// TestEndsBetweenCommands has the end come while nothing is run that could be told
// of it: a large site is compared with the one before, and written to the disk.
func TestEndsBetweenCommands(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	state := filepath.Join(t.TempDir(), "state")
	for _, at := range []string{"git: exported", "git: syncing"} {
		for _, page := range []string{"second", "third"} {
			ctx, cancel := context.WithCancel(t.Context())
			repo := o.open(t, git.RepoConfig{State: state, Log: slog.New(trap(func(message string) {
				if message == at {
					cancel()
				}
			}))})
			before, _ := repo.Current()
			hash := o.push(map[string]string{"index.html": at + page})
			_, err := repo.Sync(ctx)
			require.ErrorIs(t, err, context.Canceled, at)
			after, _ := repo.Current()
			require.Equal(t, before, after)
			require.Equal(t, hash, synced(t, o.open(t, git.RepoConfig{State: state})).Hash)
		}
	}
}
