package proxy

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// A gate is a request's body that can be closed to net/http, which may otherwise
// read it for longer than the exchange lasts. It remembers why the body could not be
// read: net/http does not tell that from a failure of the backend.
type gate struct {
	io.ReadCloser
	mu     sync.Mutex // held while reading
	shut   atomic.Bool
	failed atomic.Pointer[error]
}

func (g *gate) Read(p []byte) (n int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, &bodyPanic{v}
		}
		if err != nil && err != io.EOF && !g.shut.Load() {
			g.failed.CompareAndSwap(nil, &err)
		}
	}()
	return g.ReadCloser.Read(p)
}

// why returns why the body could not be read, if that is so.
func (g *gate) why() error {
	if g == nil || g.failed.Load() == nil {
		return nil
	}
	return *g.failed.Load()
}

// close returns once nothing reads any more. It interrupts what does; if it cannot,
// it does nothing.
func (g *gate) close(interrupt func()) {
	if g == nil || interrupt == nil || g.shut.Swap(true) {
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
	address   string
	interrupt func()
}

func (b gated) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.gate.why() != nil {
		err = &Error{Op: OpUpload, Address: b.address, Sent: true, Answered: true, Err: b.gate.why()}
	}
	return n, err
}

func (b gated) Close() error {
	err := b.ReadCloser.Close()
	b.gate.close(b.interrupt)
	return err
}

// A bodyPanic is what the body of a request has panicked with on a goroutine where
// nobody would recover from it.
type bodyPanic struct{ value any }

func (p *bodyPanic) Error() string { return fmt.Sprint("panic: ", p.value) }

// rethrow panics with what a body has panicked with, on the goroutine of the request.
func rethrow(err error) {
	if p, ok := errors.AsType[*bodyPanic](err); ok {
		panic(p.value)
	}
}
