package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// memoryRows are about what a proxy allocates and how much memory it takes.
func memoryRows() []pair.Row {
	const one, many, large = 1 << 10, 64, 100 << 20
	return []pair.Row{{
		Name: "proxy/GET 1 KiB, with the server of net/http", Bounds: []pair.Bound{pair.MaxAllocs(42)},
		Setup: func(t pair.TB) (ours, _ pair.Op) {
			h, err := proxyServer(startOurs(t, "backend", strconv.Itoa(one)).addr)
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(h)
			t.Cleanup(srv.Close)
			return loadOn(t, srv.Listener.Addr().String(), bytesOf(t, get("/some/where?with=query"), nil), one).op(t, pair.CPU()), pair.Op{}
		},
	}, {
		Name: "proxy/64 GETs of 100 MiB at once", Bounds: []pair.Bound{pair.MaxCount(20<<20, "bytes of memory more")},
		Pairs: pair.MinPairs,
		Setup: func(t pair.TB) (ours, _ pair.Op) {
			addr := startOurs(t, "backend", strconv.Itoa(large)).addr
			request := bytesOf(t, get("/"), nil)
			var grown int64
			meter := pair.Counter("the most resident memory", "bytes of memory more", func() int64 { return grown })
			meter.Elsewhere = true
			return pair.Op{Meter: meter, Do: func() {
				cmd, front := launch(t, "proxy", addr)
				clients := make([]*client, many)
				for i := range clients {
					clients[i] = dial(t, front)
				}
				before := memory(t, cmd.Process.Pid, "VmRSS:")
				failed := make([]error, many)
				var wg sync.WaitGroup
				for i, c := range clients {
					wg.Go(func() { failed[i] = c.learn(request, large) })
				}
				wg.Wait()
				if err := errors.Join(failed...); err != nil {
					t.Fatal(err)
				}
				grown += memory(t, cmd.Process.Pid, "VmHWM:") - before
				for _, c := range clients {
					c.conn.Close()
				}
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // it was killed
			}}, pair.Op{}
		},
	}}
}

// memory returns how much memory a process has now, VmRSS, or has had at most, VmHWM,
// in bytes. See proc_pid_status(5).
func memory(t pair.TB, pid int, field string) int64 {
	if runtime.GOOS != "linux" {
		t.Skip("not on " + runtime.GOOS) // which the report says of the row
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte(field))
	value, _, _ := bytes.Cut(rest, []byte("kB"))
	kilo, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
	if err != nil {
		t.Fatalf("no %s in %q", field, text)
	}
	return kilo << 10
}
