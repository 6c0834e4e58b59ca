package main

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/trace"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
)

// liveRows are about what it costs to have requests seen from inside the program. A
// recorder that is open makes every edge of the process tell more, so each batch has
// its own.
func liveRows() []pair.Row {
	const rest = "two looks at the clock are 54 ns of it, see the row below; most of what is left is for 176 bytes of memory more, and what the garbage collector makes of them: " +
		"with GOGC=1000 it is 150 to 200 ns in all. The figure grows with what else the machine does"
	return []pair.Row{{
		Name: "live/a recorder that is closed", Peer: "none",
		Bounds: []pair.Bound{pair.MaxExtra(6 * time.Nanosecond), pair.MaxExtraAllocs(0)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			recorder := live.Open()
			recorder.Close()
			return serve(t, middleware.AppHandler(live.NewHandler(middleware.Status(0), live.Config{Recorder: recorder}).ServeHTTP), get("/"), 0),
				serve(t, middleware.AppHandler((&empty{middleware.Status(0)}).ServeHTTP), get("/"), 0)
		},
	}, {
		Name: "live/a recorder", Peer: "none",
		Gap:    rest,
		Bounds: []pair.Bound{pair.MaxExtra(120 * time.Nanosecond).Until(450), pair.MaxExtraAllocs(1)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			return recorded(t, nil), serve(t, middleware.AppHandler((&empty{middleware.Status(0)}).ServeHTTP), get("/"), 0)
		},
	}, {
		Name: "live/two looks at the clock, for scale",
		Setup: func(pair.TB) (ours, peer pair.Op) {
			return pair.Op{Do: func() { middleware.Clock(); middleware.Clock() }}, pair.Op{}
		},
	}, {
		Name: "live/a recorder", Peer: "x/net/trace: New, LazyPrintf, Finish",
		Bounds: []pair.Bound{pair.MaxRatio(0.5), pair.MaxExtraAllocs(0)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			return recorded(t, nil), serve(t, middleware.AppHandler(traced), get("/"), 0)
		},
	}, {
		Name: "live/a tap whose reader stalls", Peer: "a recorder without one",
		Bounds: []pair.Bound{pair.MaxExtra(200 * time.Nanosecond)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			return recorded(t, func(recorder *live.Recorder) {
				if _, err := recorder.Tap(live.Filter{}); err != nil {
					t.Fatal(err)
				}
			}), recorded(t, nil)
		},
	}, {
		Name:   "live/10,000 in flight listed",
		Bounds: []pair.Bound{pair.MaxTime(5 * time.Millisecond)},
		Setup: func(t pair.TB) (ours, peer pair.Op) {
			const n = 10_000
			recorder := crowded(t, n)
			return pair.Op{Do: func() {
				if oldest, all := recorder.InFlight(live.Filter{}, n); all != n || len(oldest) != n {
					t.Fatalf("%d of %d", len(oldest), all)
				}
			}}, pair.Op{}
		},
	}}
}

// recorded is the operation of having an edge answer that has a recorder, which with
// gets ready.
func recorded(t pair.TB, with func(*live.Recorder)) pair.Op {
	many := func(n int) {
		recorder := live.Open()
		defer recorder.Close()
		if with != nil {
			with(recorder)
		}
		h := live.NewHandler(middleware.Status(0), live.Config{Recorder: recorder})
		op := serve(t, middleware.AppHandler(h.ServeHTTP), get("/"), 0)
		for range n {
			op.Do()
		}
		var seen uint64
		for _, l := range recorder.Latency() {
			seen += l.Count
		}
		if seen != uint64(n) {
			t.Fatalf("%d requests were seen, of %d", seen, n)
		}
	}
	return pair.Op{Do: func() { many(1) }, Many: many}
}

// traced answers as the examples of package trace have it.
func traced(_ http.ResponseWriter, r *http.Request) (int, error) {
	tr := trace.New("live", r.URL.Path)
	defer tr.Finish()
	tr.LazyPrintf("%s %s from %s", r.Method, r.Host, r.RemoteAddr)
	return 0, nil
}

// crowded returns a recorder of n requests that stay until the row is over.
func crowded(t pair.TB, n int) *live.Recorder {
	recorder := live.Open()
	var arrived, left sync.WaitGroup
	leave := make(chan struct{})
	h := middleware.AppHandler(live.NewHandler(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		arrived.Done()
		<-leave
		return 0, nil
	}), live.Config{Recorder: recorder}).ServeHTTP)
	arrived.Add(n)
	for i := range n {
		left.Go(func() { h.ServeHTTP(newSink(), get(fmt.Sprint("/", i))) })
	}
	arrived.Wait()
	t.Cleanup(func() {
		close(leave)
		left.Wait()
		recorder.Close()
	})
	return recorder
}
