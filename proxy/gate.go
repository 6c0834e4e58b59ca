package proxy

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// A gate is a request's body that can be closed to net/http, which may otherwise
// read it for longer than the exchange lasts.
type gate struct {
	io.ReadCloser
	mu   sync.Mutex // held while reading
	shut atomic.Bool
}

func (g *gate) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	return g.ReadCloser.Read(p)
}

// close returns once nothing reads any more. It interrupts what does.
func (g *gate) close(interrupt func()) {
	if g.shut.Swap(true) {
		return
	}
	if !g.mu.TryLock() {
		interrupt()
		g.mu.Lock()
	}
	g.mu.Unlock()
}

// A gated body closes the gate when it is closed.
type gated struct {
	io.ReadCloser
	gate      *gate
	interrupt func()
}

func (b gated) Close() error {
	err := b.ReadCloser.Close()
	b.gate.close(b.interrupt)
	return err
}
