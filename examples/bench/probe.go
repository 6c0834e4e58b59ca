package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

var bpftrace = pair.Program{Name: "bpftrace", Version: "--version"}

// probeRows are about what probes cost while nobody looks, and while somebody does.
func probeRows() []pair.Row {
	r := &probe.Request{ID: 1, Size: probe.RequestSize, Method: "GET", Host: "example.com", URI: "/", Remote: "192.0.2.1:1"}
	many := func(f func(*probe.Request)) pair.Op {
		return pair.Op{Do: func() { f(r) }, Many: func(n int) {
			for range n {
				f(r)
			}
		}}
	}
	return []pair.Row{{
		Name: "probe/unseen", Peer: "an empty function",
		Bounds: []pair.Bound{pair.MaxRatio(1.5), pair.MaxAllocs(0)},
		Setup: func(pair.TB) (ours, peer pair.Op) {
			return pair.Op{Do: func() { probe.RequestDone(1, 200, 10, 5, r) }, Many: func(n int) {
					for range n {
						probe.RequestDone(1, 200, 10, 5, r)
					}
				}}, pair.Op{Do: func() { hollow(1, 200, 10, 5, r) }, Many: func(n int) {
					for range n {
						hollow(1, 200, 10, 5, r)
					}
				}}
		},
	}, {
		Name:   "probe/unseen, 8 of a request",
		Bounds: []pair.Bound{pair.MaxTime(35 * time.Nanosecond), pair.MaxAllocs(0)},
		Setup:  func(pair.TB) (ours, peer pair.Op) { return many(ofRequest), pair.Op{} },
	}, {
		Name: "probe/counted by bpftrace", Peer: "a uprobe at any function of Go",
		Needs:  []pair.Program{bpftrace},
		Bounds: []pair.Bound{pair.MaxTime(time.Microsecond), pair.MaxRatio(0.1)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			p := startProbed(t)
			startTracer(t, p.uprobe(probeSymbol)+` { @ours = count(); } `+p.uprobe("main.ordinary")+` { @peer = count(); }`)
			return p.calls(t, "/probe"), p.calls(t, "/ordinary")
		},
	}, {
		Name:   "probe/every request counted, 20,000 a second",
		Needs:  []pair.Program{bpftrace},
		Bounds: []pair.Bound{pair.MaxTime(time.Second / 20_000)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			p := startProbed(t)
			l := loadOn(t, p.addr, bytesOf(t, get("/"), nil), 2)
			tr := startTracer(t, p.uprobe(probeSymbol)+` { @requests = count(); } interval:ms:20 { print(@requests); }`)
			var asked int
			var spent time.Duration
			op := pair.Op{Meter: elapsed(&spent), Many: func(n int) {
				began := time.Now()
				if err := l.run(n); err != nil {
					t.Fatal(err)
				}
				spent += time.Since(began)
				asked += n
				tr.await(t, fmt.Sprintf("@requests: %d", asked))
			}}
			op.Do = func() { op.Many(1) }
			return op, pair.Op{}
		},
	}}
}

const probeSymbol = "github.com/shallot-http/shallot/middleware/probe.RequestDone.abi0"

func elapsed(spent *time.Duration) pair.Meter {
	return pair.Counter("wall", "ns", func() int64 { return int64(*spent) })
}

// A probed is a process of this program that has symbols, which go test and go run
// leave out.
type probed struct {
	addr string
	pid  int
}

func startProbed(t pair.TB) probed {
	name := filepath.Join(t.TempDir(), "bench")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", name, ".").CombinedOutput(); err != nil {
		t.Fatal(err, ": ", string(out))
	}
	cmd := exec.CommandContext(t.Context(), name)
	cmd.Env = append(os.Environ(), roleVariable+"=probed:")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	t.Cleanup(func() { _ = cmd.Wait() }) // it was told to end, by a signal
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return probed{strings.TrimSpace(addr), cmd.Process.Pid}
}

func (p probed) uprobe(symbol string) string {
	return fmt.Sprintf("uprobe:/proc/%d/exe:%q", p.pid, symbol)
}

// calls is the operation of having p call a function, which it takes the time of.
func (p probed) calls(t pair.TB, path string) pair.Op {
	var spent time.Duration
	many := func(n int) {
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
	}
	return pair.Op{Do: func() { many(1) }, Many: many, Meter: elapsed(&spent)}
}

// hollow is as empty as a probe.
//
//go:noinline
func hollow(id uint64, status, bytes, ns int64, r *probe.Request) {}

// ofRequest calls the probes of a request of three layers, with what they are told
// while nobody looks.
func ofRequest(r *probe.Request) {
	probe.RequestStart(0, r.Method, r.URI, nil)
	for _, name := range [...]string{"accesslog", "gzip", "static"} {
		probe.LayerEnter(0, name)
		probe.LayerExit(0, name, 200, 0)
	}
	probe.RequestDone(0, 200, 10, 0, nil)
}

// ordinary is a function as most are: it has a stack, which has to be large enough.
//
//go:noinline
func ordinary(r *probe.Request) int {
	var room [64]byte
	return copy(room[:], unchanged(r.URI))
}

//go:noinline
func unchanged(s string) string { return s }

// probedServer is an edge of three layers, and calls what it is told to.
func probedServer() http.Handler {
	layer := func(next middleware.Handler) middleware.Handler { return &empty{next} }
	edge := middleware.Edge{}.Handler(middleware.Chain(layer, layer, layer)(middleware.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) (int, error) {
			w.Header()["Content-Length"] = []string{"2"}
			_, err := w.Write([]byte("ok"))
			return 0, err
		})))
	mux := http.NewServeMux()
	mux.Handle("/", edge)
	calls := func(path string, f func(*probe.Request)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			n, record, began := 0, new(probe.Request), time.Now()
			if _, err := fmt.Sscan(r.FormValue("n"), &n); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			for range n {
				f(record)
			}
			fmt.Fprintln(w, time.Since(began).Nanoseconds())
		})
	}
	calls("/probe", func(r *probe.Request) { probe.RequestDone(1, 200, 10, 5, r) })
	calls("/ordinary", func(r *probe.Request) { ordinary(r) })
	return mux
}

// A tracer is a bpftrace that runs.
type tracer struct{ lines chan string }

// startTracer returns one that has attached to all of script. Intervals are
// attached to before or after everything else, so that there has to be one of each.
func startTracer(t pair.TB, script string) *tracer {
	if os.Geteuid() != 0 {
		t.Skip("not root")
	}
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
	var last string
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-tr.lines:
			if line == want {
				return
			}
			if !ok {
				t.Fatal("bpftrace has ended, rather than print ", want)
			}
			if line != "" {
				last = line
			}
		case <-timeout:
			t.Fatal("bpftrace has not printed ", want, " but ", last)
		}
	}
}
