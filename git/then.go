package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// A Command is a program to run in a release. There is no shell.
type Command struct {
	// Args are the program and its arguments. What it says is logged, up to 10,000
	// lines.
	Args []string

	// Timeout is how long it may take. Zero is 5 minutes for what a release waits
	// for, and no limit for what runs after its publication.
	Timeout time.Duration
}

func (c Command) check() error {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return errors.New("a command has no program")
	}
	for _, a := range c.Args {
		if strings.ContainsRune(a, 0) {
			return fmt.Errorf("%q: a command has a NUL in it", a)
		}
	}
	return nil
}

// run runs c in a folder. Its output goes to the log, line by line, and the end of
// it into the error.
func (c Command) run(ctx context.Context, dir string, log *slog.Logger) error {
	log = log.With("command", c.Args[0])
	last := &tail{max: 2 << 10}
	out := &lineLog{log: log, last: last}
	cmd := newProcess(ctx, dir, thenEnviron(dir), c.Args[0], c.Args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	start := time.Now()
	err := run(cmd)
	out.flush()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("%s: %w%s", c.Args[0], err, said(last.String()))
	}
	log.Info("git: command is done", "took", time.Since(start).Round(time.Millisecond))
	return nil
}

// said returns what a command said as the end of an error.
func said(text string) string {
	if text == "" {
		return ""
	}
	return " (" + clip(text) + ")"
}

// runThen runs what a release has to go through.
func (r *Repo) runThen(ctx context.Context, dir string) error {
	for _, c := range r.cfg.Then {
		limit := cmp.Or(c.Timeout, 5*time.Minute)
		limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took more than %v: %w", limit, context.DeadlineExceeded))
		err := c.run(limited, dir, r.log)
		cancel()
		if err != nil {
			return fmt.Errorf("then: %w", err)
		}
	}
	return nil
}

// A lineLog logs each line that is written to it.
type lineLog struct {
	log   *slog.Logger
	last  *tail
	rest  []byte
	lines int
}

const (
	longestLine = 4 << 10 // as much as is taken for one line
	mostLines   = 10_000  // of a command; one that never stops would fill the disk with its log
)

func (l *lineLog) Write(p []byte) (int, error) {
	l.last.Write(p)
	l.rest = append(l.rest, p...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 && len(l.rest) < longestLine {
			return len(p), nil
		}
		if i < 0 || i > longestLine {
			i = longestLine - 1
		}
		l.print(l.rest[:i+1])
		l.rest = l.rest[i+1:]
	}
}

func (l *lineLog) flush() { l.print(l.rest) }

func (l *lineLog) print(line []byte) {
	if l.lines > mostLines {
		return
	}
	text := printable(string(line))
	if text == "" {
		return
	}
	if l.lines++; l.lines > mostLines {
		l.log.Warn("git: command says more than is logged", "lines", mostLines)
		return
	}
	l.log.Info("git: command says", "output", text)
}
