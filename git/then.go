package git

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/shallot-http/shallot/middleware/command"
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

func (c Command) check() error { return command.Command{Args: c.Args}.Check() }

// run runs c in a folder.
func (c Command) run(ctx context.Context, dir string, log *slog.Logger) error {
	start := time.Now()
	if err := (command.Command{Args: c.Args, Dir: dir, Env: thenEnviron(dir), Log: log}).Run(ctx); err != nil {
		return err
	}
	log.Info("git: command is done", "command", c.Args[0], "took", time.Since(start).Round(time.Millisecond))
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
