package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware/probe"
)

// A probed is a process of the program of that name.
type probed struct {
	process
	exe string // its file, which is of no other process: a tracer attaches to all that there are
}

// startProbed builds the program and starts it.
func startProbed(t pair.TB) probed { return launchProbed(t, buildProbed(t)) }

// buildProbed builds the program, with tags or, if it has probes, their notes.
func buildProbed(t pair.TB, tags ...string) (file string) {
	file = filepath.Join(t.TempDir(), "probed")
	run := func(args ...string) {
		if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
			t.Fatal(err, ": ", string(out))
		}
	}
	run("build", "-tags", strings.Join(tags, ","), "-o", file, "./probed")
	if len(tags) == 0 {
		run("run", "github.com/shallot-http/shallot/middleware/probe/usdt", file)
	}
	return file
}

// launchProbed starts it, on one core as handlerRows has servers.
func launchProbed(t pair.TB, file string) probed {
	cmd := exec.CommandContext(t.Context(), file)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	t.Cleanup(func() { _ = cmd.Wait() }) // it was told to end, by a signal
	addr, pid := listens(t, cmd), cmd.Process.Pid
	return probed{process{addr, pair.Tree(pid)}, fmt.Sprintf("/proc/%d/exe", pid)}
}

// loadOnSome returns the operation of having one of some processes of a file answer
// requests, by turns: where one of them has its memory is worth some percent, too.
func loadOnSome(t pair.TB, file string) pair.Op {
	var ops []pair.Op
	for range 5 {
		ops = append(ops, launchProbed(t, file).load(t))
	}
	next := 0
	op := many(func(n int) {
		ops[next].Many(n)
		next = (next + 1) % len(ops)
	})
	op.Meter = ops[0].Meter
	op.Meter.Read = func() (sum int64, err error) {
		for _, op := range ops {
			spent, err := op.Meter.Read()
			if err != nil {
				return 0, err
			}
			sum += spent
		}
		return sum, nil
	}
	return op
}

// load returns the operation of having it answer requests of clients on all sides.
func (p probed) load(t pair.TB) pair.Op { return p.clients(t).op(t, p.meter) }

func (p probed) clients(t pair.TB) *load { return loadOn(t, p.addr, bytesOf(t, get("/"), nil), 2) }

// calls is the operation of having p call a function, which it takes the time of.
func (p probed) calls(t pair.TB, path string) pair.Op {
	var spent time.Duration
	op := many(func(n int) {
		res, err := http.Get(fmt.Sprintf("http://%s%s?n=%d", p.addr, path, n))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var ns int64
		if _, err := fmt.Fscan(res.Body, &ns); err != nil {
			t.Fatal(err)
		}
		spent += time.Duration(ns)
	})
	op.Meter = elapsed(&spent)
	return op
}

// exactly is the operation of having p answer requests, which it takes the time of, and
// of check to find in what a tracer prints all of them, and no other.
func (p probed) exactly(t pair.TB, script string, check func(tr *tracer, n int)) pair.Op {
	l := p.clients(t) // who ask once, before they are traced
	tr := p.trace(t, script)
	var spent time.Duration
	op := many(func(n int) {
		began := time.Now()
		if err := l.run(n); err != nil {
			t.Fatal(err)
		}
		spent += time.Since(began)
		check(tr, n)
	})
	op.Meter = elapsed(&spent)
	return op
}

func elapsed(spent *time.Duration) pair.Meter {
	return pair.Counter("wall", "ns", func() int64 { return int64(*spent) })
}

var bpftrace = pair.Program{Name: "bpftrace", Version: "--version"}

// A tracer is a bpftrace that runs.
type tracer struct{ lines chan string }

// trace returns one that has attached to all of script, in which PROBE: stands for what
// comes before the name of a probe, and FUNCTION: before that of a function. Intervals
// are attached to before or after everything else, so that there has to be one of each.
func (p probed) trace(t pair.TB, script string) *tracer {
	if os.Geteuid() != 0 {
		t.Skip("not root") // who alone may trace: the report says so of the row
	}
	script = strings.NewReplacer("PROBE:", "usdt:"+p.exe+":"+probe.Provider+":", "FUNCTION:", "uprobe:"+p.exe+":").Replace(script)
	cmd := exec.CommandContext(t.Context(), bpftrace.Name, "-B", "line", "-e",
		`interval:ms:50 /@first == 0/ { printf("first\n"); @first = 1; } `+script+` interval:ms:50 /@last == 0/ { printf("last\n"); @last = 1; }`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	tr := &tracer{make(chan string)}
	go func() {
		defer close(tr.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			select {
			case tr.lines <- lines.Text():
			case <-t.Context().Done():
			}
		}
	}()
	t.Cleanup(func() { _ = cmd.Wait() }) // it was killed
	tr.await(t, "first")
	tr.await(t, "last")
	return tr
}

// await waits for it to print a line.
func (tr *tracer) await(t pair.TB, want string) {
	timeout := time.After(patience)
	for tr.next(t, timeout) != want {
	}
}

// each waits for n lines, which say text of an id each: those of n requests after the
// last, in whatever order. It returns the last of them.
func (tr *tracer) each(t pair.TB, last uint64, n int, text string) uint64 {
	timeout, ids := time.After(patience), make([]uint64, n)
	for i := range ids {
		line := tr.next(t, timeout)
		id, said, _ := strings.Cut(line, " ")
		if _, err := fmt.Sscan(id, &ids[i]); err != nil || said != text {
			t.Fatalf("%q is not of a request", line)
		}
	}
	slices.Sort(ids)
	for i, id := range ids {
		if id != last+uint64(i)+1 {
			t.Fatalf("%d follows %d", id, last+uint64(i))
		}
	}
	return last + uint64(n)
}

// patience is how long a tracer may take to print what it should.
const patience = 20 * time.Second

// next returns the next line.
func (tr *tracer) next(t pair.TB, timeout <-chan time.Time) string {
	select {
	case line, ok := <-tr.lines:
		if !ok {
			t.Fatal("bpftrace has ended")
		}
		return line
	case <-timeout:
		t.Fatal("bpftrace has not printed what it should")
	}
	panic("unreachable")
}
