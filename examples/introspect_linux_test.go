package examples_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestIntrospect asks the pages of the example.
func TestIntrospect(t *testing.T) {
	p := start(t, t.TempDir(), "introspect", "-addr", "127.0.0.1:0")
	base := p.url(t)
	status, body, _ := get(t, base+"/?name=Anna&year=1990")
	require.Equal(t, 200, status)
	require.Regexp(t, `^Hello, Anna! 1990 began \d+ days ago, and the other site says 200\.\n$`, body)
	status, _, _ = get(t, base+"/?year=x")
	require.Equal(t, 400, status)
	for range 2 {
		_, body, _ = get(t, base+"/api/x?slow")
		require.Equal(t, "hello from a backend, for /api/x\n", body)
	}
	_, body, _ = get(t, base+"/debug/slow?path=/api")
	require.Contains(t, body, `"uri": "/api/x?…"`)
	require.Contains(t, body, `"layer": "slow"`)
	_, body, _ = get(t, base+"/debug/upstreams")
	require.Contains(t, body, `"name": "backends"`)

	req, err := http.NewRequest("PUT", base+"/debug/log?level=debug&for=60s", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
	get(t, base+"/?name=Bo&year=2000")
	p.expect(t, regexp.MustCompile(`level=DEBUG msg=parsed name=Bo year=2000$`))
	p.stop(t)
}

// TestIntrospectScripts has the kernel run each script of the example against it, and
// compares what it says with what was asked of the server.
func TestIntrospectScripts(t *testing.T) {
	lacks := ""
	if _, err := exec.LookPath("bpftrace"); err != nil {
		lacks = err.Error()
	} else if out, err := exec.Command("bpftrace", "-e", "BEGIN { exit(); }").CombinedOutput(); err != nil {
		lacks = string(out) // not root, or a kernel without BPF
	} else if runtime.GOARCH != "amd64" {
		lacks = "the scripts name registers of amd64"
	}
	if lacks != "" {
		middlewaretest.Lacks(t, "what the scripts of examples/introspect print is not verified: ", lacks)
	}
	dir := t.TempDir()
	run := func(env, name string, args ...string) {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), env)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	program, usdt, returns := filepath.Join(dir, "introspect"), filepath.Join(dir, "usdt"), filepath.Join(dir, "returns")
	run("CGO_ENABLED=0", "go", "build", "-o", program, "./introspect")
	run("", "go", "build", "-o", usdt, "../middleware/probe/usdt")
	run("", "go", "build", "-o", returns, "./introspect/returns")
	run("", usdt, program)
	header, err := exec.Command(usdt, "-header").Output()
	require.NoError(t, err)
	write(t, dir, map[string]string{"shallot.h": string(header)})
	scripts, err := filepath.Abs("introspect")
	require.NoError(t, err)

	cmd := exec.Command(program, "-addr", "127.0.0.1:0")
	cmd.Dir = dir
	var out output
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	defer func() {
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		require.NoError(t, cmd.Wait(), out.String())
	}()
	address := regexp.MustCompile(`http://\S+`)
	middlewaretest.Eventually(t, func() bool { return address.MatchString(out.String()) })
	base := address.FindString(out.String())
	pid := strconv.Itoa(cmd.Process.Pid)

	// ask has the server do all that scripts ask about.
	ask := func() {
		for _, target := range []string{"/?name=Anna&year=1990", "/?name=Bo&year=203", "/?year=none", "/api/x?slow", "/api/x", "/api/" + strings.Repeat("long", 500)} {
			req, err := http.NewRequest("GET", base+target, nil)
			require.NoError(t, err)
			req.Header.Set("Accept-Encoding", "gzip")
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			resp.Body.Close()
		}
	}
	times := 1
	trace := func(t *testing.T, want []string, name string, args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		tracer := exec.CommandContext(ctx, name, args...)
		tracer.Dir = dir
		var got output
		tracer.Stdout, tracer.Stderr = &got, &got
		require.NoError(t, tracer.Start())
		ended := make(chan error, 1)
		go func() { ended <- tracer.Wait() }()
		// It takes a moment to attach, and does not say when it has.
		for i, ready := 0, false; i < 600 && !ready; i++ {
			text := got.String()
			ready = strings.Contains(text, "Attaching") || strings.Contains(text, "measuring")
			select {
			case err := <-ended:
				require.Fail(t, "it has ended", "%v\n%s", err, text)
			case <-time.After(50 * time.Millisecond):
			}
		}
		for range 6 {
			for range times {
				ask()
			}
			select {
			case <-ctx.Done():
			case <-time.After(400 * time.Millisecond):
			}
		}
		for done := false; !done; { // on a busy machine it may have been attaching until now, and not have heard
			require.NoError(t, tracer.Process.Signal(os.Interrupt))
			select {
			case err := <-ended:
				require.NoError(t, err, got.String())
				done = true
			case <-time.After(5 * time.Second):
			}
		}
		for _, pattern := range want {
			require.Regexp(t, regexp.MustCompile(pattern), got.String())
		}
	}

	for _, tt := range []struct {
		script string
		args   []string // in place of -p PID
		want   []string
	}{
		// The eight that ask about requests.
		{"latency.bt", nil, []string{`@us\[200\]:`, `@us\[400\]:`, `@requests\[127\.0\.0\.1:\d+, 200\]: \d`}},
		{"slow.bt", []string{"40"}, []string{`\d+ ms 200 GET 127\.0\.0\.1:\d+/api/x\?slow`}},
		{"layers.bt", nil, []string{`@us\[slow\]:`, `@total_ms\[slow\]: \d\d`}},
		{"upstreams.bt", nil, []string{`@us\[127\.0\.0\.1:\d+\]:`, `@status\[127\.0\.0\.1:\d+, 200\]: \d`}},
		{"compression.bt", nil, []string{`@in\[gzip\]: \d{4,}`, `@out\[gzip\]: \d`}},
		{"inflight.bt", nil, []string{`@flight: \d`}},
		{"tail.bt", nil, []string{`\d+ 127\.0\.0\.1:\d+ GET 127\.0\.0\.1:\d+/\?name=Anna&year=1990 200 \d+ bytes \d+ us`}},
		{"log.bt", nil, []string{`-4 parsed name=Anna year=1990`}},

		// And those that ask about Go.
		{"functions.bt", nil, []string{`main\.parse\n(?s:.*)main\.check\n(?s:.*)main\.prepareAnswer\n`}},
		{"arguments.bt", nil, []string{`name=Anna year=1990 status=200\n`, `name=Bo year=203 status=200\n`}},
		{"goroutines.bt", nil, []string{`main\.answers\.ServeHTTP\.gowrap1 started by main\.answers\.ServeHTTP\n`}},
		{"calltree.bt", nil, []string{`(?m)^(\d+) GET /api/x\?slow\n\d+ -> live\n\d+   -> gzip\n\d+     -> errorpages\n\d+       -> slow\n\d+         -> proxy\n\d+         <- proxy \d+\n\d+       <- slow \d{5,}\n`}},
		{"runqueue.bt", []string{}, []string{`@threads_us:`, `@goroutines_us:`}},
		{"memory.bt", []string{}, []string{`@faults: \d+`, `@collections: [1-9]`}},
		{"origin.bt", []string{"20"}, []string{`\d+ 127\.0\.0\.1:\d+ took [3-9]\d ms, for 127\.0\.0\.1:\d+ /api/`}},
	} {
		t.Run(tt.script, func(t *testing.T) {
			args := []string{"--include", filepath.Join(dir, "shallot.h")}
			if tt.args == nil || len(tt.args) > 0 {
				args = append(args, "-p", pid)
			}
			if times = 1; tt.script == "memory.bt" {
				times = 10 // so that there is something to collect
			}
			trace(t, tt.want, "bpftrace", append(append(args, filepath.Join(scripts, tt.script)), tt.args...)...)
		})
	}

	times = 1
	const row = `(?m)^%s +\d+ +\d+ +\d+ +\d+$`
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"duration", []string{program, "main.prepareAnswer"}, []string{`(?m)^- +\d+ `}},
		{"by an argument", []string{"-by", "cx", program, "main.prepareAnswer"}, []string{fmt.Sprintf(row, "1990"), fmt.Sprintf(row, "203")}},
		{"by a string", []string{"-by", "r8,r9", program, "net.(*Resolver).lookupIPAddr"}, []string{fmt.Sprintf(row, "localhost")}},
	} {
		t.Run("returns: "+tt.name, func(t *testing.T) { trace(t, tt.want, returns, tt.args...) })
	}
	for _, tt := range []struct {
		script string
		want   []string
	}{
		{"duration.bt", []string{`@us: *\n\[`}},
		{"by-argument.bt", []string{`@us\[1900\]: count [1-9]`, `@us\[200\]: count [1-9]`}},
		{"dns.bt", []string{`@us\[localhost\]: *\n\[`}},
	} {
		t.Run(tt.script, func(t *testing.T) {
			trace(t, tt.want, returns, "-bt", filepath.Join(scripts, tt.script))
		})
	}
	get(t, base+"/api/x") // after all that it is still there
}

// TestIntrospectScriptsAreThoseOfUSDT checks that the example's scripts are those
// that command usdt prints.
func TestIntrospectScriptsAreThoseOfUSDT(t *testing.T) {
	names, err := filepath.Glob("../middleware/probe/script/*.bt")
	require.NoError(t, err)
	require.Len(t, names, 8)
	for _, name := range names {
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join("introspect", filepath.Base(name)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}

// Output is what a process writes while a test reads it.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
