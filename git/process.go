package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
	"unicode"
)

// How long a process has to end by itself once it is told to, and then how long
// what it leaves behind may keep its output open. Both together are less than the
// second that Close may take.
const (
	patience  = 300 * time.Millisecond
	waitDelay = 600 * time.Millisecond
)

// newProcess returns a command that is the leader of a group of processes. When
// ctx is done the group is asked to end, and then made to.
func newProcess(ctx context.Context, dir string, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = waitDelay
	setGroup(cmd)
	return cmd
}

// run runs cmd and ends whatever of its group is still there after it.
func run(cmd *exec.Cmd) error {
	var kill *time.Timer
	cmd.Cancel = func() error {
		kill = time.AfterFunc(patience, func() { killGroup(cmd.Process) })
		return endGroup(cmd.Process)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	if kill != nil {
		kill.Stop()
	}
	killGroup(cmd.Process)
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it went well, and left something behind that had its output open
	}
	return err
}

// limited keeps the beginning of what is written to it.
type limited struct {
	bytes.Buffer
	max int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.max {
		return 0, fmt.Errorf("more than %d bytes", l.max)
	}
	return l.Buffer.Write(p)
}

// A tail keeps the end of what is written to it.
type tail struct {
	text []byte
	max  int
}

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if excess := len(t.text) - t.max; excess > 0 {
		t.text = append(t.text[:0], t.text[excess:]...)
	}
	return len(p), nil
}

// String returns the last lines as one, without what could confuse a terminal.
func (t *tail) String() string {
	var lines []string
	for line := range strings.Lines(string(t.text)) {
		if line = printable(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}

// printable returns a line as it may be logged.
func printable(line string) string {
	line = strings.ToValidUTF8(line, "\uFFFD")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c == '\t' {
			return ' '
		}
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, line))
}
