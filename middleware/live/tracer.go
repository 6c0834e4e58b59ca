package live

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// A tracer keeps the last seconds of the program's execution, and puts them by when a
// request was slow.
type tracer struct {
	mu     sync.Mutex
	flight *trace.FlightRecorder // nil while there is none
	wanted chan *Request         // likewise
	ended  chan struct{}         // closed when nobody writes any more what was wanted
	last   *Snapshot

	running atomic.Bool
	next    atomic.Int64 // when the next may be put by, in Unix time and nanoseconds
	writing sync.Mutex   // for there can be but one at a time; never held for a client
	sending sync.Mutex   // held while a client is sent the trace up to now
}

// A Snapshot is the execution of the program up to the end of a request that was
// slow.
type Snapshot struct {
	At      time.Time
	Request *Request // not to be changed
	Data    []byte   // for "go tool trace"; not to be changed
}

const (
	tracedTime  = 5 * time.Second
	tracedBytes = 8 << 20
	traceEvery  = time.Minute
)

// TraceExecution has the last five seconds of the program's execution, as far as they
// fit into 8 MiB, put by when a request was as slow as [Config.Trace] says: the last
// such trace, and at most one a minute. Until stop is called, or the Recorder closed,
// the program is traced all the time, which costs some ten percent of the CPU. It fails
// if somebody does so already.
func (r *Recorder) TraceExecution() (stop func(), err error) {
	return r.tracer.start()
}

func (t *tracer) start() (stop func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.flight != nil {
		return nil, errors.New("live: the program is being traced already")
	}
	flight := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: tracedTime, MaxBytes: tracedBytes})
	if err := flight.Start(); err != nil {
		return nil, fmt.Errorf("live: tracing the program: %w", err)
	}
	t.flight, t.wanted, t.ended = flight, make(chan *Request, 1), make(chan struct{})
	t.running.Store(true)
	wanted, ended := t.wanted, t.ended
	go func() {
		defer close(ended)
		for q := range wanted {
			t.keep(flight, q)
		}
	}()
	return sync.OnceFunc(func() { t.close(flight) }), nil
}

// close ends what was started, if it is that.
func (t *tracer) close(flight *trace.FlightRecorder) {
	t.mu.Lock()
	wanted, ended := t.wanted, t.ended
	if flight == nil || t.flight != flight {
		t.mu.Unlock()
		return
	}
	t.flight, t.wanted = nil, nil
	t.running.Store(false)
	t.mu.Unlock()
	close(wanted) // nobody sends without holding the mutex
	<-ended
	flight.Stop()
}

// saw has a trace put by because of f, unless that was done in the last minute.
func (t *tracer) saw(f *flight, o *middleware.Outcome) {
	now, next := time.Now(), t.next.Load()
	if !t.running.Load() || now.UnixNano() < next || !t.next.CompareAndSwap(next, now.Add(traceEvery).UnixNano()) {
		return
	}
	q := f.request(0, o).kept()
	q.Layers = f.layers()
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case t.wanted <- q:
	default: // there is none any more, or the last one is still being written
	}
}

func (t *tracer) keep(flight *trace.FlightRecorder, q *Request) {
	at := time.Now()
	data, err := t.write(flight)
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = &Snapshot{at, q, data}
}

// write returns the trace up to now.
func (t *tracer) write(flight *trace.FlightRecorder) ([]byte, error) {
	t.writing.Lock()
	defer t.writing.Unlock()
	var out bytes.Buffer
	_, err := flight.WriteTo(&out)
	return out.Bytes(), err
}

// Trace returns the last trace that was put by, or nil.
func (r *Recorder) Trace() *Snapshot {
	r.tracer.mu.Lock()
	defer r.tracer.mu.Unlock()
	return r.tracer.last
}

// now returns the trace up to now, or nil if there is none.
func (t *tracer) now() ([]byte, error) {
	flight := t.current()
	if flight == nil {
		return nil, nil
	}
	return t.write(flight)
}

func (t *tracer) current() *trace.FlightRecorder {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.flight
}
