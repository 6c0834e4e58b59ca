package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/probe"
)

// TestGDB has a debugger read arguments where the notes say they are.
func TestGDB(t *testing.T) {
	need(t, false, "gdb", "what a debugger reads of arguments")
	s := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var asking sync.WaitGroup
	asking.Go(func() {
		for ctx.Err() == nil {
			if _, err := s.get("/nf"); err != nil {
				return
			}
		}
	})
	cmd := exec.CommandContext(ctx, "gdb", "-nx", "-batch", "-p", strconv.Itoa(s.cmd.Process.Pid),
		"-ex", "handle SIGURG nostop noprint pass",
		"-ex", "info probes stap shallot",
		"-ex", "break -probe-stap shallot:request__done",
		"-ex", "continue",
		"-ex", `printf "ARGS %d %d %s %d\n", $_probe_arg1, $_probe_arg2, *(char**)($_probe_arg4+48), *(long*)($_probe_arg4+56)`,
		"-ex", "detach")
	out, err := cmd.CombinedOutput()
	cancel()
	asking.Wait()
	require.NoError(t, err, string(out))
	for _, p := range probe.List() {
		require.Contains(t, string(out), p.Name)
	}
	// Its string ends where C's do.
	require.Regexp(t, `(?m)^ARGS 404 3 /nf.* 3$`, string(out))
	s.attached(0, "request__done")
}

const tracing = "/sys/kernel/tracing/"

// needEvents is need for what makes events of the kernel's.
func needEvents(t *testing.T, program, unverified string) {
	t.Helper()
	need(t, true, program, unverified)
	if _, err := os.Stat(tracing + "uprobe_events"); err != nil {
		middlewaretest.Lacks(t, err, ": ", unverified, " is not verified")
	}
}

// TestTracefs checks the lines that the command prints against the kernel, without
// BPF.
func TestTracefs(t *testing.T) {
	needEvents(t, "true", "what the kernel makes of lines for uprobe_events")
	s := start(t)
	group := "shallot_test_" + strconv.Itoa(os.Getpid())
	lines := strings.ReplaceAll(usdt(t, "-tracefs", s.cmd.Path), "p:shallot/", "p:"+group+"/")
	write := func(name, text string) error {
		f, err := os.OpenFile(tracing+name, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		return errors.Join(err, f.Close())
	}
	own := "instances/" + group + "/"
	require.NoError(t, os.Mkdir(tracing+own, 0o700))
	t.Cleanup(func() {
		_ = write(own+"events/"+group+"/enable", "0")
		if err := os.Remove(tracing + own); err != nil {
			t.Error(err)
		}
		for _, p := range probe.List() {
			if err := write("uprobe_events", "-:"+group+"/"+p.Name+"\n"); err != nil {
				t.Error(err)
			}
		}
	})
	for line := range strings.Lines(lines) {
		require.NoError(t, write("uprobe_events", line), line)
	}
	require.NoError(t, write(own+"events/"+group+"/request__done/enable", "1"))
	s.attached(1, "request__done")
	s.mustGet("/nf")
	require.NoError(t, write(own+"events/"+group+"/request__done/enable", "0"))
	s.attached(0, "request__done")
	trace, err := os.ReadFile(tracing + own + "trace")
	require.NoError(t, err)
	require.Regexp(t, `request__done: \(0x[0-9a-f]+\) id=\d+ status=404 bytes=3 ns=\d+ r=0x`, string(trace))
}

// TestPerf has perf find a probe by its notes, and record its arguments.
func TestPerf(t *testing.T) {
	needEvents(t, "perf", "what perf records of arguments")
	s := start(t)
	dir := t.TempDir()
	perf := func(args ...string) *exec.Cmd {
		return exec.Command("perf", append([]string{"--buildid-dir", filepath.Join(dir, "cache")}, args...)...)
	}
	run := func(args ...string) string {
		out, err := perf(args...).CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	run("buildid-cache", "--add", s.cmd.Path)
	added := regexp.MustCompile(`sdt_shallot:request__done\S*`).FindAllString(run("probe", "--force", "sdt_shallot:request__done"), -1)
	require.NotEmpty(t, added)
	event := added[len(added)-1] // it has a number at its end if somebody else has one
	t.Cleanup(func() { run("probe", "--del", event) })

	// It records while the command runs that it is given.
	data := filepath.Join(dir, "data")
	record := perf("record", "-o", data, "-e", event, "-p", strconv.Itoa(s.cmd.Process.Pid), "sh", "-c", "echo recording; cat")
	stdin, err := record.StdinPipe()
	require.NoError(t, err)
	stdout, err := record.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, record.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "recording\n", line)
	s.attached(1, "request__done")
	const n = 100
	for range n {
		s.mustGet("/nf")
	}
	require.NoError(t, stdin.Close())
	require.NoError(t, record.Wait())
	s.attached(0, "request__done")
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`request__done: \([0-9a-f]+\) arg1=(\d+) arg2=404 arg3=3 arg4=[1-9]\d* `).FindAllStringSubmatch(run("script", "-i", data), -1) {
		require.False(t, ids[m[1]], "%s ended twice", m[1])
		ids[m[1]] = true
	}
	require.Len(t, ids, n)
}
