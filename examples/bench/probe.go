package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
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
			self := fmt.Sprintf("uprobe:/proc/%d/exe:", os.Getpid())
			startTracer(t, self+`"github.com/shallot-http/shallot/middleware/probe.RequestDone.abi0" { @ours = count(); }
				`+self+`"main.ordinary" { @peer = count(); }`)
			return many(func(r *probe.Request) { probe.RequestDone(1, 200, 10, 5, r) }), many(func(r *probe.Request) { ordinary(r) })
		},
	}, {
		Name:   "probe/every request counted, 20,000 a second",
		Needs:  []pair.Program{bpftrace},
		Bounds: []pair.Bound{pair.MaxTime(time.Second / 20_000)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			cmd, addr := launch(t, "probed", "")
			t.Cleanup(func() { _ = cmd.Wait() })
			l := loadOn(t, addr, bytesOf(t, get("/"), nil), 2)
			tr := startTracer(t, fmt.Sprintf(`uprobe:/proc/%d/exe:"github.com/shallot-http/shallot/middleware/probe.RequestDone.abi0" { @requests = count(); }
				interval:ms:20 { print(@requests); }`, cmd.Process.Pid))
			var asked int
			var spent time.Duration
			op := pair.Op{Meter: pair.Counter("wall", "ns", func() int64 { return int64(spent) }), Many: func(n int) {
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

// probedServer is an edge of three layers.
func probedServer() http.Handler {
	layer := func(next middleware.Handler) middleware.Handler { return &empty{next} }
	return middleware.Edge{}.Handler(middleware.Chain(layer, layer, layer)(middleware.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) (int, error) {
			w.Header()["Content-Length"] = []string{"2"}
			_, err := w.Write([]byte("ok"))
			return 0, err
		})))
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
