package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/gzip"
)

// readerRows are about many clients that take their time. As much as they have not
// read is held for each of them, and an encoder.
func readerRows() []pair.Row {
	readers, p := 1000, payloads()[3]
	if testing.Testing() {
		readers = 50 // each of which takes ten times as much under the race detector
	}
	return []pair.Row{{
		Name: "gzip memory/1,000 slow readers of " + p.name, Peer: "gzhttp", Pairs: pair.MinPairs,
		Bounds: []pair.Bound{pair.MaxRatio(1.1)},
		Setup: func(t pair.TB) (o, theirs pair.Op) {
			return holds(t, ours(gzip.Config{}), p, readers), holds(t, peers()[0].encoder, p, readers)
		},
	}}
}

// holds is the operation of holding responses that are not read but for a byte.
// What it takes is the heap meanwhile, of which the clients have a little.
func holds(t pair.TB, e encoder, p payload, readers int) pair.Op {
	var taken int64
	do := func() {
		l := newPipes()
		srv := &http.Server{Handler: e(p)}
		var serving sync.WaitGroup
		serving.Go(func() { srv.Serve(l) })
		before := heap()
		conns := make([]net.Conn, readers)
		var begun sync.WaitGroup
		errs := make([]error, readers)
		for i := range conns {
			begun.Go(func() { conns[i], errs[i] = l.begin() })
		}
		begun.Wait()
		taken += max(heap()-before, 0)
		srv.Close()
		serving.Wait()
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	return pair.Op{Do: do, Meter: pair.Counter("heap", "B", func() int64 { return taken })}
}

// heap returns how much of it is used.
func heap() int64 {
	runtime.GC() // which empties pools the second time
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// pipes are a listener whose connections buffer nothing, so that a server waits
// for every byte to be read.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	close    sync.Once
}

func newPipes() *pipes { return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})} }

// begin asks for a response and reads the first byte of it.
func (l *pipes) begin() (net.Conn, error) {
	client, server := net.Pipe()
	l.accepted <- server
	if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: "+browsers+"\r\n\r\n"); err != nil {
		return client, err
	}
	_, err := io.ReadFull(client, make([]byte, 1))
	return client, err
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepted:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.close.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }
