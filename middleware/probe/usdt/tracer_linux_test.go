package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/probe"
)

// A server is one that runs.
type server struct {
	t   testing.TB
	cmd *exec.Cmd
	url string
}

// start starts a stripped server that has its notes.
func start(t testing.TB, args ...string) *server {
	name := buildStripped(t)
	usdt(t, name)
	return startProgram(t, name, args...)
}

func startProgram(t testing.TB, name string, args ...string) *server {
	s := &server{t: t, cmd: exec.Command(name, args...)}
	s.cmd.Stderr = t.Output()
	stdin, err := s.cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	t.Cleanup(func() {
		stdin.Close()
		if err := s.cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	s.url = "http://" + strings.TrimSpace(line)
	return s
}

func (s *server) get(path string) (string, error) {
	res, err := http.Get(s.url + path)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func (s *server) mustGet(path string) string {
	s.t.Helper()
	body, err := s.get(path)
	require.NoError(s.t, err)
	return body
}

// attached waits until the count of each probe is n: the kernel counts all tracers
// as one.
func (s *server) attached(n int, probes ...string) {
	s.t.Helper()
	require.EventuallyWithT(s.t, func(t *assert.CollectT) {
		body := s.mustGet("/attached")
		for _, p := range probes {
			require.Contains(t, body, fmt.Sprintf("%s %d\n", p, n))
		}
	}, 30*time.Second, 20*time.Millisecond)
}

// need skips the test if it lacks a program, or root; with CI=true it fails.
func need(t testing.TB, root bool, program, unverified string) {
	t.Helper()
	lacks := ""
	if _, err := exec.LookPath(program); err != nil {
		lacks = program + " is not installed"
	} else if root && os.Geteuid() != 0 {
		lacks = "not root"
	} else if runtime.GOARCH != "amd64" {
		lacks = "the server is built for amd64"
	}
	if lacks == "" {
		return
	}
	middlewaretest.Lacks(t, lacks, ": ", unverified, " is not verified")
}

// A tracer is a bpftrace that runs.
type tracer struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	wait func() error
}

// trace runs a script, in which PROBE: stands for what comes before the name of a
// probe, and which may use the records.
func (s *server) trace(script string) *tracer {
	s.t.Helper()
	header := filepath.Join(s.t.TempDir(), "shallot.h")
	records, err := os.Create(header)
	require.NoError(s.t, err)
	require.NoError(s.t, run([]string{"-header"}, records))
	require.NoError(s.t, records.Close())
	script = strings.ReplaceAll(script, "PROBE:", "usdt:"+s.cmd.Path+":shallot:")
	tr := &tracer{cmd: exec.Command("bpftrace", "--include", header, "-e", script)}
	tr.cmd.Stdout, tr.cmd.Stderr = &tr.out, &tr.out
	require.NoError(s.t, tr.cmd.Start())
	tr.wait = sync.OnceValue(tr.cmd.Wait)
	s.t.Cleanup(func() {
		_ = tr.cmd.Process.Kill()
		_ = tr.wait()
	})
	return tr
}

// stop detaches it as a user does, and returns what it has printed.
func (tr *tracer) stop(t testing.TB) string {
	t.Helper()
	require.NoError(t, tr.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, tr.wait(), "%s", &tr.out)
	return tr.out.String()
}

// TestBpftrace has the kernel count events, of a server without symbols.
func TestBpftrace(t *testing.T) {
	need(t, true, "bpftrace", "what the kernel sees of events")
	s := start(t)
	s.mustGet("/nf") // seen by nobody
	tr := s.trace(`
		PROBE:request__start { @start[str(arg3, arg4)] = count(); }
		PROBE:layer__enter { @enter[str(arg1, arg2)] = count(); }
		PROBE:layer__exit /arg4 > 0/ { @timed[str(arg1, arg2)] = count(); }
		PROBE:error { @error[str(arg1, arg2), str(arg3, arg4)] = count(); }
		PROBE:upstream__start { @ask[arg1, str(arg2, arg3)] = count(); }
		PROBE:upstream__done { $u = (struct shallot_upstream *)arg5; @asked[$u->attempt, str($u->addr.p, $u->addr.n), arg1, arg2, arg3, arg4] = count(); }
		PROBE:compress__done { @coded[str(arg1, arg2), arg3, arg4, arg5] = count(); }
		PROBE:fastcgi__stderr { @said[str(arg1, arg2), str(arg3, arg4)] = count(); }
		PROBE:fastcgi__done { @app[str(arg1, arg2), arg3, arg4, arg5] = count(); }
		PROBE:git__pull { @git[arg0, arg1, str(arg2, arg3), str(arg4, arg5)] = count(); }
		PROBE:health__change { @health[arg0, str(arg1, arg2), str(arg3, arg4)] = count(); }
		PROBE:reload { @reload[arg0, arg1, str(arg2, arg3)] = count(); }
		PROBE:log__record { @log[(int64)arg0, str(arg1, arg2), str(arg3, arg4)] = count(); }
		PROBE:request__header { @header[str(arg1, arg2)] = count(); }
		PROBE:request__done { $r = (struct shallot_request *)arg4; @done[arg1, arg2, str($r->uri.p, $r->uri.n)] = count();
			if (arg3 == 0 || arg0 != $r->id || $r->size != ` + strconv.Itoa(int(probe.RequestSize)) + `) { @bad = count(); } }`)
	var names []string
	for _, p := range probe.List() {
		names = append(names, p.Name)
	}
	s.attached(1, names...)
	const n = 500
	for i := range n {
		s.mustGet("/nf")
		s.mustGet("/fine?n=1")
		if i%100 == 0 {
			s.mustGet("/fail")
			s.mustGet("/all")
		}
	}
	out := tr.stop(t)
	for _, want := range []string{
		"@start[/nf]: 500", "@start[/fine?n=1]: 500", "@done[404, 3, /nf]: 500", "@done[200, 6, /fine?n=1]: 500",
		"@done[502, 16, /fail]: 5", "@error[inner, nobody answers]: 5", "@ask[1, 10.0.0.1:80]: 5",
		"@asked[1, 10.0.0.1:80, 200, 3000, 2000, 1000]: 5", "@coded[br, 1000, 100, 5]: 5",
		"@said[php, PHP Notice]: 5", "@app[php, 1, 0, 7]: 5", "@git[9, 0, site, abc123]: 5",
		"@health[0, 10.0.0.1:80, refused]: 5", "@reload[11, 0, Caddyfile]: 5", "@log[-4, debugged,  a=b]: 5",
		"@header[User-Agent]: ",
	} {
		require.Contains(t, out, want)
	}
	require.Contains(t, out, "@bad: 0\n", "times, ids and sizes")
	for _, layer := range []string{"outer", "inner"} {
		require.Contains(t, out, "@enter["+layer+"]: 1010\n")
		require.Contains(t, out, "@timed["+layer+"]: 1010\n")
	}
	s.attached(0, names...)
}

// TestScripts runs each script that the command prints.
func TestScripts(t *testing.T) {
	need(t, true, "bpftrace", "that scripts are what bpftrace understands")
	s := start(t)
	dir := t.TempDir()
	for name := range strings.FieldsSeq(usdt(t, "-script")) {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, name+".bt")
			require.NoError(t, os.WriteFile(file, []byte(usdt(t, "-script", name)), 0o600))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			// It is compiled, and compared with the probes there are.
			out, err := exec.CommandContext(ctx, "bpftrace", "-p", strconv.Itoa(s.cmd.Process.Pid), "-d", file, "0").CombinedOutput()
			require.NoError(t, err, string(out))
			require.NotContains(t, strings.ReplaceAll(string(out), "RLIMIT_MEMLOCK", ""), "stdin:")
		})
	}
}

// TestKilled checks that a tracer that is killed is no longer counted, and that the code
// is what it was.
func TestKilled(t *testing.T) {
	need(t, true, "bpftrace", "that the kernel takes back its counts")
	s := start(t)
	untouched := archs[elf.EM_X86_64].code
	require.Equal(t, untouched, s.code("log__record"))
	tr := s.trace(`PROBE:layer__exit { @ = count(); } PROBE:log__record { @ = count(); }`)
	s.attached(1, "layer__exit", "log__record")
	s.attached(0, "layer__enter", "request__done")
	second := s.trace(`PROBE:layer__exit { @ = count(); } PROBE:reload { @ = count(); }`)
	s.attached(1, "reload")
	require.NotEqual(t, untouched, s.code("log__record"))
	require.Equal(t, untouched, s.code("layer__enter"))
	require.NoError(t, tr.cmd.Process.Kill())
	s.attached(0, "log__record")
	s.attached(1, "layer__exit")
	middlewaretest.Eventually(t, func() bool { return bytes.Equal(untouched, s.code("log__record")) })
	require.NotEqual(t, untouched, s.code("layer__exit"))
	second.stop(t)
	s.attached(0, "layer__exit", "reload")
	middlewaretest.Eventually(t, func() bool { return bytes.Equal(untouched, s.code("layer__exit")) })
}

// code returns what a probe is in memory.
func (s *server) code(name string) []byte {
	s.t.Helper()
	p, err := open(s.cmd.Path)
	require.NoError(s.t, err)
	i := slices.IndexFunc(p.sites, func(at site) bool { return at.info.Name == name })
	require.GreaterOrEqual(s.t, i, 0)
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", s.cmd.Process.Pid))
	require.NoError(s.t, err)
	defer memory.Close()
	code := make([]byte, len(p.arch.code))
	_, err = memory.ReadAt(code, int64(p.sites[i].addr)) // it is no PIE
	require.NoError(s.t, err)
	return code
}
