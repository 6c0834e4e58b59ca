package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware/probe"
)

// probeRows are about what probes cost while nobody looks, and while somebody does.
func probeRows() []pair.Row { return slices.Concat(unseenRows(), tracedRows()) }

func unseenRows() []pair.Row {
	r := &probe.Request{ID: 1, Size: probe.RequestSize, Method: "GET", Host: "example.com", URI: "/", Remote: "192.0.2.1:1"}
	return []pair.Row{{
		Name: "probe/unseen", Peer: "an empty function",
		Bounds: []pair.Bound{pair.MaxRatio(1.5), pair.MaxTime(3 * time.Nanosecond), pair.MaxAllocs(0)},
		Setup: func(pair.TB) (ours, peer pair.Op) {
			return many(func(n int) {
					for range n {
						probe.RequestDone(1, 200, 10, 5, r)
					}
				}), many(func(n int) {
					for range n {
						hollow(1, 200, 10, 5, r)
					}
				})
		},
	}, {
		Name:   "probe/unseen, of a layer",
		Bounds: []pair.Bound{pair.MaxTime(2 * time.Nanosecond), pair.MaxAllocs(0)},
		Setup: func(pair.TB) (ours, peer pair.Op) {
			return many(func(n int) {
				for range n {
					probe.LayerExit(1, "gzip", 200, 0)
				}
			}), pair.Op{}
		},
	}, {
		Name:   "probe/unseen, 8 of a request",
		Bounds: []pair.Bound{pair.MaxTime(35 * time.Nanosecond), pair.MaxAllocs(0)},
		Setup: func(pair.TB) (ours, peer pair.Op) {
			return many(func(n int) {
				for range n {
					ofRequest(r)
				}
			}), pair.Op{}
		},
	}, {
		Name:   "probe/whether somebody looks",
		Bounds: []pair.Bound{pair.MaxCount(1.5, "ns")},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			return many(func(n int) {
				for range n {
					if probe.LayerEnabled() {
						t.Fatal("somebody does")
					}
				}
			}), pair.Op{}
		},
	}, {
		Name: "probe/a server", Peer: "built with the tag noprobe",
		Bounds: []pair.Bound{pair.MaxRatio(1.01).Until(1.1)},
		Gap: "on a busy machine of two cores it was from 0.83 to 1.06, which is not known to a percent; " +
			"the calls themselves are the row of 8 of a request: a thousandth of what it takes to answer one",
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			return loadOnSome(t, buildProbed(t)), loadOnSome(t, buildProbed(t, "noprobe"))
		},
	}}
}

// tracedRows are about a server that bpftrace has attached to.
func tracedRows() []pair.Row {
	return []pair.Row{{
		Name: "probe/counted by bpftrace", Peer: "a uprobe at any function of Go",
		Needs:  []pair.Program{bpftrace},
		Bounds: []pair.Bound{pair.MaxTime(time.Microsecond), pair.MaxRatio(0.1)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			p := startProbed(t)
			p.trace(t, `FUNCTION:"github.com/shallot-http/shallot/middleware/probe.RequestDone.abi0" { @ours = count(); } FUNCTION:main.ordinary { @peer = count(); }`)
			return p.calls(t, "/probe"), p.calls(t, "/ordinary")
		},
	},
		tracedRow("the end of a request counted", `PROBE:request__done { @ = count(); }`, fewer(15)),
		tracedRow("6 events of a request counted", `
			PROBE:request__start { @start = count(); } PROBE:layer__enter { @enter = count(); }
			PROBE:layer__exit { @exit = count(); } PROBE:request__done { @done = count(); }`, fewer(40)),
		tracedRow("a uprobe at net/http, for comparison", `FUNCTION:"net/http.serverHandler.ServeHTTP" { @ = count(); }`),
		{
			Name:   "probe/every request counted, 20,000 a second",
			Needs:  []pair.Program{bpftrace},
			Bounds: []pair.Bound{pair.MaxTime(time.Second / 20_000)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				p, asked := startProbed(t), 0
				return p.exactly(t, `PROBE:request__done { @requests = count(); } interval:ms:20 { print(@requests); }`, func(tr *tracer, n int) {
					asked += n
					tr.await(t, fmt.Sprintf("@requests: %d", asked))
				}), pair.Op{}
			},
		}, {
			Name:   "probe/every request printed, 10,000 a second",
			Needs:  []pair.Program{bpftrace},
			Bounds: []pair.Bound{pair.MaxTime(time.Second / 10_000)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				p, last := startProbed(t), uint64(0)
				return p.exactly(t, `PROBE:request__start { printf("%lu %s %s.\n", arg0, str(arg1, arg2), str(arg3, arg4)); }`, func(tr *tracer, n int) {
					last = tr.each(t, last, n, "GET /.")
				}), pair.Op{}
			},
		},
	}
}

// tracedRow compares a server that is traced by script with one that is not.
func tracedRow(name, script string, bounds ...pair.Bound) pair.Row {
	return pair.Row{
		Name: "probe/" + name, Peer: "nobody who looks", Needs: []pair.Program{bpftrace}, Bounds: bounds,
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			p := startProbed(t)
			p.trace(t, script)
			return p.load(t), startProbed(t).load(t)
		},
	}
}

// fewer bounds how many requests, in percent, a server answers fewer in the same time.
func fewer(most float64) pair.Bound {
	of := func(ratio float64) float64 { return 100 - 100/ratio }
	return pair.Bound{Max: most, Unit: "% fewer requests", Relative: true, Of: func(r pair.Result) pair.Estimate {
		return pair.Estimate{Median: of(r.Ratio.Median), Low: of(r.Ratio.Low), High: of(r.Ratio.High)}
	}}
}

// many is the operation of which f does n.
func many(f func(n int)) pair.Op { return pair.Op{Do: func() { f(1) }, Many: f} }

// hollow is as empty as a probe.
//
//go:noinline
func hollow(id uint64, status, bytes, ns int64, r *probe.Request) {}

// ofRequest calls the probes of a request of three layers, with what they are told
// while nobody looks.
//
//go:noinline
func ofRequest(r *probe.Request) {
	probe.RequestStart(0, r.Method, r.URI, nil)
	for _, name := range [...]string{"accesslog", "gzip", "static"} {
		probe.LayerEnter(0, name)
		probe.LayerExit(0, name, 200, 0)
	}
	probe.RequestDone(0, 200, 10, 0, nil)
}
