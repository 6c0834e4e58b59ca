package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"time"
)

// A Command is a program to run.
type Command struct {
	Args []string     // the program and its arguments; there is no shell
	Dir  string       // to run it in; "" is the working directory
	Env  []string     // as in exec.Cmd; nil is that of this program
	Log  *slog.Logger // told of each line it prints, see [Output]; nil is slog.Default()
}

// Check reports what keeps c from being run, whatever programs there are.
func (c Command) Check() error {
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

// Run runs c until it ends by itself, or is made to because ctx is done. The error
// names the program, and has the end of what it printed.
func (c Command) Run(ctx context.Context) error {
	if err := c.Check(); err != nil {
		return err
	}
	out := c.output()
	cmd := New(ctx, c.Dir, c.Env, c.Args[0], c.Args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	return c.explain(ctx, Run(cmd), out)
}

// Start has c run until the function it returns is called, or it ends by itself,
// which is logged. The error is that it could not be started.
func (c Command) Start() (stop func(), err error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	out := c.output()
	cmd := New(ctx, c.Dir, c.Env, c.Args[0], c.Args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	p, err := Start(cmd)
	if err != nil {
		defer cancel()
		return nil, c.explain(ctx, err, out)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		switch err := c.explain(ctx, p.Wait(), out); {
		case ctx.Err() != nil: // that is how it was to end
		case err != nil:
			c.log().Error("command has ended", "error", err)
		default:
			c.log().Info("command has ended", "command", c.Args[0])
		}
	}()
	return func() { cancel(); <-ended }, nil
}

// Leave starts c and leaves it to itself, so that it may outlive this program: what
// it prints is lost.
func (c Command) Leave() error {
	if err := c.Check(); err != nil {
		return err
	}
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	setGroup(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", c.Args[0], err)
	}
	go func() { _ = cmd.Wait() }() // how it ends is its own affair, but it is not to stay a zombie
	return nil
}

func (c Command) log() *slog.Logger { return cmp.Or(c.Log, slog.Default()) }

func (c Command) output() *Output {
	return &Output{Log: c.log().With("command", c.Args[0])}
}

// explain makes an error of how c has ended.
func (c Command) explain(ctx context.Context, err error, out *Output) error {
	out.Flush()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	switch said := out.String(); {
	case err == nil:
		return nil
	case said == "":
		return fmt.Errorf("%s: %w", c.Args[0], err)
	default:
		const enough = 200
		if len(said) > enough {
			said = strings.ToValidUTF8(said[:enough], "") + "…"
		}
		return fmt.Errorf("%s: %w (%s)", c.Args[0], err, said)
	}
}

// How long a process has to end by itself once it is told to, and then how long
// what it leaves behind may keep its output open: together less than a second.
const (
	patience  = 300 * time.Millisecond
	waitDelay = 600 * time.Millisecond
)

// New returns a command that is the leader of a group of processes. When ctx is
// done the group is asked to end, and then made to. It is to be run by [Run].
func New(ctx context.Context, dir string, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = waitDelay
	setGroup(cmd)
	return cmd
}

// Run runs cmd, which is of [New], and ends whatever of its group is still there
// after it.
func Run(cmd *exec.Cmd) error {
	p, err := Start(cmd)
	if err != nil {
		return err
	}
	return p.Wait()
}

// A Process is a command that has been started.
type Process struct {
	cmd  *exec.Cmd
	kill *time.Timer // what has been told to end
}

// Start starts cmd, which is of [New]. Wait has to be called of what it returns.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd}
	cmd.Cancel = func() error {
		p.kill = time.AfterFunc(patience, func() { killGroup(cmd.Process) })
		return endGroup(cmd.Process)
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return p, nil
}

// Wait waits for p's end, and ends whatever of its group is still there after it.
func (p *Process) Wait() error {
	err := p.cmd.Wait()
	if p.kill != nil {
		p.kill.Stop()
	}
	killGroup(p.cmd.Process)
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it went well, and left something behind that had its output open
	}
	return err
}
