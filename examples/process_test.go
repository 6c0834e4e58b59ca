package examples_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A process is an example that runs.
type process struct {
	cmd   *exec.Cmd
	lines chan string // what it writes
	seen  []string
	done  chan error
}

// start starts the example called name in dir. It is killed, unless it has ended
// by then, when the test ends.
func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), build(t, name), args...)
	cmd.Dir = dir
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = w, w
	require.NoError(t, cmd.Start())
	w.Close()
	p := &process{cmd: cmd, lines: make(chan string, 1000), done: make(chan error, 1)}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			p.lines <- s.Text()
		}
		p.done <- cmd.Wait()
	}()
	t.Cleanup(func() { cmd.Process.Kill() })
	return p
}

// expect waits for a line that matches.
func (p *process) expect(t *testing.T, match *regexp.Regexp) []string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				require.Fail(t, "it has ended", strings.Join(p.seen, "\n"))
			}
			p.seen = append(p.seen, line)
			if m := match.FindStringSubmatch(line); m != nil {
				return m
			}
		case <-timeout:
			require.Fail(t, "no line matches "+match.String(), strings.Join(p.seen, "\n"))
		}
	}
}

// url waits for the address that the example says it can be reached at.
func (p *process) url(t *testing.T) string {
	t.Helper()
	return p.expect(t, regexp.MustCompile(`(http://[^/\s]+)`))[1]
}

// stop has the example end by itself.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		p.cmd.Process.Kill() // which knows no better
		<-p.done
		return
	}
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	for line := range p.lines {
		p.seen = append(p.seen, line)
	}
	require.NoError(t, <-p.done, strings.Join(p.seen, "\n"))
}

var builds sync.Map // of func() (string, error), by the name of the example

// build returns the path of the example's program.
func build(t *testing.T, name string) string {
	t.Helper()
	once, _ := builds.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		out := filepath.Join(binDir, name)
		if runtime.GOOS == "windows" {
			out += ".exe"
		}
		text, err := exec.Command("go", "build", "-o", out, "./"+name).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%w\n%s", err, text)
		}
		return out, nil
	}))
	path, err := once.(func() (string, error))()
	require.NoError(t, err)
	return path
}

var binDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "examples")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binDir = dir
		return m.Run()
	}())
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

func get(t *testing.T, url string) (int, string, http.Header) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body), resp.Header
}
