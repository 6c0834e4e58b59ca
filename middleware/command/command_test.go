package command_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/command"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// A journal is a log that can be read while it is written.
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

func (j *journal) log() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// shell returns a command for what takes a shell to say.
func shell(t testing.TB, text string) command.Command {
	middlewaretest.Program(t, "sh")
	return command.Command{Args: []string{"sh", "-c", text}, Log: slog.New(slog.DiscardHandler)}
}

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name, script, err string
	}{
		{"goes well", "echo fine", ""},
		{"fails and says why", "echo one; echo two >&2; exit 3", "sh: exit status 3 (one; two)"},
		{"says nothing", "exit 3", "sh: exit status 3"},
		{"says what a terminal would obey", `printf 'a\033[2Jb\007\n'; exit 1`, "sh: exit status 1 (a[2Jb)"},
		{"is killed", "kill -9 $$", "sh: signal: killed"},
		{"says more than an error has", "printf 'x%.0s' $(seq 300); exit 1", "sh: exit status 1 (" + strings.Repeat("x", 200) + "…)"},
		{"says a lot", "for i in 1 2 3 4 5 6; do echo $i; done; exit 1", "sh: exit status 1 (2; 3; 4; 5; 6)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := shell(t, tt.script).Run(t.Context()); tt.err == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tt.err)
			}
		})
	}
	require.EqualError(t, command.Command{}.Run(t.Context()), "a command has no program")
	require.EqualError(t, command.Command{Args: []string{"a\x00b"}}.Run(t.Context()), `"a\x00b": a command has a NUL in it`)
	require.ErrorIs(t, command.Command{Args: []string{"no-such-program"}}.Run(t.Context()), exec.ErrNotFound)
}

// TestRunEndsTheGroup has a program start another, and neither heed SIGTERM.
func TestRunEndsTheGroup(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no groups of processes on Windows")
	}
	middlewaretest.NoLeaks(t)
	pids := filepath.Join(t.TempDir(), "pids")
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	ended := make(chan error)
	go func() {
		ended <- shell(t, "trap '' TERM; sh -c \"trap '' TERM; echo inner; sleep 1000\" & echo $$ $! > "+pids+"; wait; sleep 1000").Run(ctx)
	}()
	var text []byte
	middlewaretest.Eventually(t, func() bool {
		text, _ = os.ReadFile(pids)
		return bytes.HasSuffix(text, []byte("\n"))
	})
	cancel(enough)
	require.ErrorIs(t, <-ended, enough)
	for pid := range strings.FieldsSeq(string(text)) {
		middlewaretest.Eventually(t, func() bool {
			state, err := os.ReadFile("/proc/" + pid + "/stat") // a zombie, until init has taken notice
			return err != nil || bytes.Contains(state, []byte(") Z "))
		})
	}
}

// TestRunLeavesNothingBehind has a program end that has started another.
func TestRunLeavesNothingBehind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no groups of processes on Windows")
	}
	file := filepath.Join(t.TempDir(), "pid")
	require.NoError(t, shell(t, "sleep 1000 >/dev/null 2>&1 & echo $! > "+file).Run(t.Context()))
	pid, err := os.ReadFile(file)
	require.NoError(t, err)
	middlewaretest.Eventually(t, func() bool {
		state, err := os.ReadFile("/proc/" + string(bytes.TrimSpace(pid)) + "/stat")
		return err != nil || bytes.Contains(state, []byte(") Z "))
	})
}

func TestStart(t *testing.T) {
	middlewaretest.NoLeaks(t)
	var log journal
	c := shell(t, "echo ready; sleep 1000")
	c.Log = log.log()
	stop, err := c.Start()
	require.NoError(t, err)
	middlewaretest.Eventually(t, func() bool { return strings.Contains(log.String(), "output=ready") })
	stop()
	stop()
	require.NotContains(t, log.String(), "ended", "it was to end")

	c = shell(t, "echo no; exit 4")
	c.Log = log.log()
	stop, err = c.Start()
	require.NoError(t, err)
	middlewaretest.Eventually(t, func() bool {
		return strings.Contains(log.String(), `level=ERROR msg="command has ended" error="sh: exit status 4 (no)"`)
	})
	stop()

	_, err = command.Command{Args: []string{"no-such-program"}}.Start()
	require.ErrorIs(t, err, exec.ErrNotFound)
}

// TestLeave sees that a command goes on although nobody holds it.
func TestLeave(t *testing.T) {
	middlewaretest.NoLeaks(t)
	file := filepath.Join(t.TempDir(), "done")
	require.NoError(t, shell(t, "echo lost; echo done > "+file).Leave())
	middlewaretest.Eventually(t, func() bool { _, err := os.Stat(file); return err == nil })
	require.ErrorIs(t, command.Command{Args: []string{"no-such-program"}}.Leave(), exec.ErrNotFound)
}

func TestOutputIsBounded(t *testing.T) {
	var log journal
	o := command.Output{Log: log.log()}
	for range 30_000 {
		o.Write([]byte("y\n"))
	}
	o.Write([]byte("the end"))
	o.Flush()
	require.Equal(t, 10_000, strings.Count(log.String(), `msg="command says"`))
	require.Equal(t, 1, strings.Count(log.String(), `msg="command says more than is logged" lines=10000`))
	require.Equal(t, "y; y; y; y; the end", o.String())

	log.text.Reset()
	o = command.Output{Log: log.log()}
	o.Write(bytes.Repeat([]byte("x"), 10_000))
	o.Flush()
	require.Equal(t, 3, strings.Count(log.String(), `msg="command says"`), "a long line is several")
	o.Write(append(bytes.Repeat([]byte("x"), 10_000), '\n'))
	require.Equal(t, 6, strings.Count(log.String(), `msg="command says"`), "as is one with its end")
}

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		line string
		want []string
		err  string
	}{
		{line: "cat", want: []string{"cat"}},
		{line: `php "a b.php"  'c d' e\ f ""`, want: []string{"php", "a b.php", "c d", "e f", ""}},
		{line: "cat # as it is", want: []string{"cat"}},
		{line: "echo $HOME `id`", want: []string{"echo", "$HOME", "`id`"}},
		{line: "cat a; rm b", err: "; & | < and > are for a shell, and there is none: have a line for each command, or a script"},
		{line: "cat a > b", err: "; & | < and > are for a shell, and there is none: have a line for each command, or a script"},
		{line: "cat 'a", err: "it has a quote or a parenthesis that does not match"},
		{line: "  ", err: "there is no program in it"},
		{line: "''", err: "there is no program in it"},
		{line: "cat\x00", err: "there is a NUL in it"},
		{line: "cat \xf0", err: "it is not in UTF-8"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			words, err := command.Split(tt.line)
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, words)
		})
	}
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"cat", `php "a b" 'c' d\ e`, "a;b", "$(id)", "`id`", "a # b", "\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := command.Split(line)
		if err != nil {
			require.Nil(t, words)
			return
		}
		require.NoError(t, command.Command{Args: words}.Check())
		require.LessOrEqual(t, len(strings.Join(words, "")), len(line), "nothing is expanded")
	})
}
