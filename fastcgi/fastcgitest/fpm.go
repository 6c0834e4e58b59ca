// Package fastcgitest starts PHP's FPM for tests, examples and benchmarks.
package fastcgitest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// A Config says how to run FPM. The zero Config is four processes behind a Unix
// socket.
type Config struct {
	Network     string   // "unix", or "tcp" for a free port of 127.0.0.1; "" is unix
	Children    int      // processes; 0 is 4
	MaxRequests int      // each serves before another takes its place; 0 is any number
	Global      []string // further lines of the section of that name, such as "log_level = debug"
	Pool        []string // further lines of the pool's, such as "php_admin_value[memory_limit] = 8M"
}

// An FPM is a running one. Its processes answer PingPath and StatusPath.
type FPM struct {
	Target upstream.Target // where it listens
	Log    string          // the file it logs to

	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // then
}

// The paths that are no scripts.
const (
	PingPath   = "/fpm-ping"
	StatusPath = "/fpm-status"
)

// ErrNotInstalled is that there is no php-fpm.
var ErrNotInstalled = errors.New("php-fpm is not installed")

// Run starts FPM for a test, and stops it with that. Without php-fpm the test is
// skipped, or fails if CI is true.
func Run(t testing.TB, c Config) *FPM {
	t.Helper()
	f, err := Start(t.Context(), c)
	if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			if text, err := os.ReadFile(f.Log); err == nil {
				t.Logf("the log of php-fpm:\n%s", text)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// Start starts FPM and returns when it takes connections. It is for Close to end
// it: ctx ends only the wait.
func Start(ctx context.Context, c Config) (*FPM, error) {
	program, err := find()
	if err != nil {
		return nil, err
	}
	var last error
	for range 3 { // somebody else may take a port that was free
		f, err := start(ctx, program, c)
		if err == nil {
			return f, nil
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// find returns a php-fpm. Debian puts its version behind the name, and it where
// not everybody looks.
func find() (string, error) {
	if program, err := exec.LookPath("php-fpm"); err == nil {
		return program, nil
	}
	found, err := filepath.Glob("/usr/sbin/php-fpm*")
	if err != nil || len(found) == 0 {
		return "", ErrNotInstalled
	}
	return slices.Max(found), nil
}

func start(ctx context.Context, program string, c Config) (*FPM, error) {
	dir, err := os.MkdirTemp("", "fpm") // short, as the name of a socket has to be
	if err != nil {
		return nil, err
	}
	f := &FPM{dir: dir, Log: filepath.Join(dir, "log"), done: make(chan struct{})}
	if err := f.launch(ctx, program, c); err != nil {
		text, _ := os.ReadFile(f.Log)
		os.RemoveAll(dir)
		return nil, fmt.Errorf("php-fpm: %w\n%s", err, text)
	}
	return f, nil
}

func (f *FPM) launch(ctx context.Context, program string, c Config) error {
	f.Target = upstream.Target{Network: "unix", Addr: filepath.Join(f.dir, "sock")}
	if c.Network == "tcp" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		f.Target = upstream.Target{Network: "tcp", Addr: l.Addr().String()}
		if err := l.Close(); err != nil {
			return err
		}
	}
	conf := filepath.Join(f.dir, "conf")
	if err := os.WriteFile(conf, []byte(f.config(c)), 0o600); err != nil {
		return err
	}
	f.cmd = exec.Command(program, "--nodaemonize", "--allow-to-run-as-root", "--fpm-config", conf)
	if err := f.cmd.Start(); err != nil {
		return err
	}
	go func() {
		f.err = f.cmd.Wait()
		close(f.done)
	}()
	if err := f.await(ctx); err != nil {
		f.stop()
		return err
	}
	return nil
}

func (f *FPM) config(c Config) string {
	lines := []string{
		"[global]",
		"error_log = " + f.Log,
		"process_control_timeout = 10s",
	}
	lines = append(lines, c.Global...)
	lines = append(lines, "[www]", "listen = "+f.Target.Addr, "listen.mode = 0600")
	if os.Getuid() == 0 {
		lines = append(lines, "user = root", "group = root")
	}
	lines = append(lines,
		"pm = static",
		fmt.Sprintf("pm.max_children = %d", cmp.Or(c.Children, 4)),
		fmt.Sprintf("pm.max_requests = %d", c.MaxRequests),
		"ping.path = "+PingPath,
		"pm.status_path = "+StatusPath,
		"php_admin_flag[log_errors] = on",
	)
	return strings.Join(append(lines, c.Pool...), "\n") + "\n"
}

// await returns when a connection can be had.
func (f *FPM) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := new(net.Dialer).DialContext(ctx, f.Target.Network, f.Target.Addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-tick.C:
		case <-f.done:
			return cmp.Or(f.err, errors.New("it has ended"))
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// Pid returns the process id of FPM's master, whose children answer.
func (f *FPM) Pid() int { return f.cmd.Process.Pid }

// Signal sends a signal to FPM, such as SIGUSR2 to have it start anew.
func (f *FPM) Signal(s os.Signal) error { return f.cmd.Process.Signal(s) }

// Close stops FPM.
func (f *FPM) Close() error {
	f.stop()
	return os.RemoveAll(f.dir)
}

// stop waits for FPM to have stopped its processes, which it cannot if it is
// killed.
func (f *FPM) stop() {
	if f.Signal(os.Interrupt) == nil {
		timer := time.NewTimer(15 * time.Second)
		defer timer.Stop()
		select {
		case <-f.done:
			return
		case <-timer.C:
		}
	}
	_ = f.cmd.Process.Kill()
	<-f.done
}
