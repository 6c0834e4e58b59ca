package caddyfile_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// watching watches a Caddyfile in the working directory, and returns what comes of
// it.
func watching(t *testing.T, c caddyfile.Config) (*caddyfile.Server, <-chan result) {
	t.Helper()
	server, err := caddyfile.Load("Caddyfile", c)
	require.NoError(t, err)
	require.NoError(t, server.Open(t.Context()))
	results := make(chan result)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Watch(ctx, caddyfile.WatchConfig{Interval: time.Millisecond, Reloaded: func(r caddyfile.ReloadReport, err error) {
			select {
			case results <- result{r, err}:
			case <-ctx.Done():
			}
		}})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		require.NoError(t, server.Close())
	})
	return server, results
}

type result struct {
	caddyfile.ReloadReport
	err error
}

// write puts a file in its place at once, and nothing else beside it, which a pattern
// might match.
func write(t *testing.T, name, text string) {
	t.Helper()
	elsewhere := filepath.Join(t.TempDir(), "new")
	require.NoError(t, os.WriteFile(elsewhere, []byte(text), 0o600))
	require.NoError(t, os.Rename(elsewhere, name))
}

// TestWatch checks what makes a Caddyfile be read again: a change of it or of what it
// imports, a file more or less of a pattern; and that what is wrong is not tried twice.
func TestWatch(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("sites", 0o700))
	write(t, "sites/a", "a {\n answer 1\n}")
	write(t, "Caddyfile", "import sites/*")
	server, results := watching(t, caddyfile.Config{Vocabulary: vocabulary()})
	h := server.Handler()
	require.Equal(t, "1", ask(h, "a"))

	write(t, "sites/a", "a {\n answer 2\n}")
	require.Equal(t, []string{"a"}, (<-results).Changed)
	require.Equal(t, "2", ask(h, "a"))

	write(t, "sites/b", "b {\n answer b\n}")
	require.Equal(t, []string{"b"}, (<-results).Added)
	require.Equal(t, "b", ask(h, "b"))

	require.NoError(t, os.Remove("sites/b"))
	require.Equal(t, []string{"b"}, (<-results).Removed)

	write(t, "Caddyfile", "import sites/*\nimport more")
	require.EqualError(t, (<-results).err, "Caddyfile:2:8: there is neither a snippet nor a file \"more\"\n\timport more\n\t       ^")
	require.Equal(t, "2", ask(h, "a"))
	write(t, "more", "more {\n answer more\n}")
	require.Equal(t, []string{"more"}, (<-results).Added)

	write(t, "sites/a", "a {\n answre 2\n}")
	require.ErrorContains(t, (<-results).err, "did you mean")
	require.NoError(t, os.Remove("Caddyfile"))
	require.ErrorIs(t, (<-results).err, os.ErrNotExist)
	require.Equal(t, "2", ask(h, "a"))
	write(t, "Caddyfile", "a {\n answer 3\n}")
	require.NoError(t, (<-results).err)
	require.Equal(t, "3", ask(h, "a"))
}

// TestWatchOfDependencies checks that a site is set up again if a file is another
// that it was made of, and only that site.
func TestWatchOfDependencies(t *testing.T) {
	t.Chdir(t.TempDir())
	v := append(vocabulary(), directive.Directive{Name: "answer_file", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		line := c.Once()
		name := line.Arg()
		c.Site().DependsOn(name.Text)
		text, err := os.ReadFile(name.Text)
		if err != nil {
			line.Errorf(name, "%w", err)
		}
		return answering(string(text)), c.Err()
	}})
	write(t, "text", "old")
	write(t, "Caddyfile", "a {\n answer_file text\n}\nb {\n answer b\n}")
	server, results := watching(t, caddyfile.Config{Vocabulary: v})
	h := server.Handler()
	require.Equal(t, "old", ask(h, "a"))
	write(t, "text", "new")
	r := <-results
	require.NoError(t, r.err)
	require.Equal(t, []string{"a"}, r.Changed)
	require.Equal(t, 1, r.Kept)
	require.Equal(t, "new", ask(h, "a"))
	require.NoError(t, os.Remove("text"))
	require.ErrorIs(t, (<-results).err, os.ErrNotExist)
	require.Equal(t, "new", ask(h, "a"))
	write(t, "text", "newest")
	require.NoError(t, (<-results).err)
	require.Equal(t, "newest", ask(h, "a"))
}

// TestWatchLogs checks what is logged by default, and that Watch ends with its
// server.
func TestWatchLogs(t *testing.T) {
	files := fstest.MapFS{"Caddyfile": {Data: []byte("a")}}
	logged := make(lines, 10)
	server, err := caddyfile.Load("Caddyfile", caddyfile.Config{
		Vocabulary: vocabulary(), Parse: caddyfile.ParseConfig{FS: files},
		Log: slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "took" {
				return slog.Attr{}
			}
			return a
		}})),
	})
	require.NoError(t, err)
	files["Caddyfile"] = &fstest.MapFile{Data: []byte("b {\n answer b\n}\nc, cc {\n}"), ModTime: time.Unix(1, 0)}
	done := make(chan struct{})
	go func() {
		server.Watch(t.Context(), caddyfile.WatchConfig{Interval: time.Millisecond})
		close(done)
	}()
	require.Equal(t, "level=INFO msg=reloaded report.kept=0 report.added=\"b c\" report.removed=a\n", <-logged)
	require.NoError(t, server.Close())
	<-done
}

type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestReloadFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "Caddyfile", "a {\n answer 1\n}")
	name, err := filepath.Abs("Caddyfile")
	require.NoError(t, err)
	server, err := caddyfile.Load(name, caddyfile.Config{Vocabulary: vocabulary()})
	require.NoError(t, err)
	defer server.Close()
	report, err := server.ReloadFile(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, report.Kept)
	write(t, "Caddyfile", "a {\n answer 2")
	_, err = server.ReloadFile(t.Context())
	require.ErrorContains(t, err, name+":1:3: ")
	write(t, "Caddyfile", "a {\n answer 2\n}")
	_, err = server.ReloadFile(t.Context())
	require.NoError(t, err)
	require.Equal(t, "2", ask(server.Handler(), "a"))
}
