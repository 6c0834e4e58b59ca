package live

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/shallot-http/shallot/middleware"
)

// A tap passes on requests that are over to whoever listens. Without readers that
// costs a request one look.
type tap struct {
	readers atomic.Pointer[[]*Reader] // nil is none
	mu      sync.Mutex                // held while replacing them
	closed  bool
}

// Limits of a tap.
const (
	maxReaders = 16
	queued     = 256 // requests that wait for a reader
)

// Errors of [Recorder.Tap].
var (
	ErrReaders = errors.New("live: too many readers")
	ErrClosed  = errors.New("live: recorder is closed")
)

// A Reader is told of requests as they end. It has a queue; requests do not wait for
// it, and what has no room in it is lost, and counted.
type Reader struct {
	tap    *tap
	filter Filter
	queue  chan *Request
	lost   atomic.Uint64
	ended  chan struct{}
}

// Next returns the next request. If some were lost before it, or while there is
// none, it returns nil and how many. It fails with the cause of ctx, or with ErrClosed
// once the recorder is closed.
func (r *Reader) Next(ctx context.Context) (*Request, uint64, error) { return r.next(ctx, nil) }

func (r *Reader) next(ctx context.Context, drain <-chan struct{}) (*Request, uint64, error) {
	if n := r.lost.Swap(0); n > 0 {
		return nil, n, nil
	}
	select {
	case q := <-r.queue:
		return q, 0, nil
	case <-ctx.Done():
		return nil, 0, context.Cause(ctx)
	case <-r.ended:
	case <-drain:
	}
	return nil, 0, ErrClosed
}

// Waiting reports whether Next would return at once.
func (r *Reader) Waiting() bool { return len(r.queue) > 0 || r.lost.Load() > 0 }

// Close has the reader told of nothing more.
func (r *Reader) Close() { r.tap.remove(r) }

func (t *tap) add(f Filter) (*Reader, error) {
	r := &Reader{tap: t, filter: f, queue: make(chan *Request, queued), ended: make(chan struct{})}
	t.mu.Lock()
	defer t.mu.Unlock()
	readers := t.now()
	switch {
	case t.closed:
		return nil, ErrClosed
	case len(readers) == maxReaders:
		return nil, ErrReaders
	}
	readers = append(slices.Clip(readers), r)
	t.readers.Store(&readers)
	return r, nil
}

func (t *tap) now() []*Reader {
	if p := t.readers.Load(); p != nil {
		return *p
	}
	return nil
}

func (t *tap) remove(r *Reader) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(t.now()), func(other *Reader) bool { return other == r })
	if len(left) == 0 {
		t.readers.Store(nil)
		return
	}
	t.readers.Store(&left)
}

func (t *tap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	for _, r := range t.now() {
		close(r.ended)
	}
	t.readers.Store(nil)
}

// tell passes f on to those it is meant for, none of which it waits for.
func tell(readers []*Reader, f *flight, o *middleware.Outcome) {
	var made *Request
	for _, r := range readers {
		if made == nil {
			if q := f.request(0, o); !r.filter.match(&q) {
				continue
			} else if len(r.queue) < cap(r.queue) {
				made = q.kept()
			}
		} else if !r.filter.match(made) {
			continue
		}
		if made == nil {
			r.lost.Add(1)
			continue
		}
		select {
		case r.queue <- made:
		default:
			r.lost.Add(1)
		}
	}
}
