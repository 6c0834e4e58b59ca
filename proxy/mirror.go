package proxy

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// MirrorConfig says what is copied, and to whom. All but Upstreams has a default.
type MirrorConfig struct {
	// Upstreams are whom copies are sent to: one of them, once, whatever comes of it.
	// The group is opened, and closed, by whoever made it. Nil is none.
	Upstreams *upstream.Group

	// Transport reaches them. Nil is one with defaults.
	Transport *Transport

	// Percent of requests that are copied. 0 is 100.
	Percent float64

	// MaxBody is up to how many bytes of body requests are copied. It is no more than
	// the 64 KiB that are kept of a body, and of which the length must be known; 0 is
	// that, negative is requests without a body.
	MaxBody int

	// MaxActive is how many copies may be under way. What would exceed that is not
	// sent. 0 is 64.
	MaxActive int

	// Timeout is for how long one may be. 0 is 30 seconds.
	Timeout time.Duration

	// Rand returns random numbers, to several goroutines at once, for tests to foresee.
	// Nil is rand.Uint64.
	Rand func() uint64
}

// A Mirror sends copies of requests to backends whose responses nobody waits for, as
// those of a version that is to be tried out. Clients do not notice: a request is
// neither held up nor changed for it. Requests to upgrade a connection are not
// copied.
//
// A copy is what the backend gets, but for a Host that is the mirror's own unless
// PreserveHost is set, methods that are not safe included: what the
// mirror does with it must be of no consequence. One Mirror may serve several
// Handlers.
type Mirror struct {
	cfg MirrorConfig
	own bool // the Transport

	ctx    context.Context // of the copies
	cancel context.CancelFunc
	mu     sync.Mutex // for wg to begin only before it ends
	closed bool
	wg     sync.WaitGroup

	active                          atomic.Int64
	answered, failed, dropped, left atomic.Uint64
}

// A MirrorStatus is what became of requests. Those that chance has not chosen are
// not counted.
type MirrorStatus struct {
	Active   int    `json:"active"`    // copies under way
	Answered uint64 `json:"answered"`  // those that got an answer, of whatever status
	Failed   uint64 `json:"failed"`    // those that got none, or not all of it
	Dropped  uint64 `json:"dropped"`   // not sent, as too many were under way
	TooLarge uint64 `json:"too_large"` // not sent, because of their bodies
}

// NewMirror returns a Mirror. It starts nothing before there is something to copy.
func NewMirror(c MirrorConfig) *Mirror {
	m := &Mirror{cfg: c}
	m.cfg.Percent = cmp.Or(c.Percent, 100)
	m.cfg.MaxBody = min(cmp.Or(c.MaxBody, maxPrefetch), maxPrefetch)
	m.cfg.MaxActive = cmp.Or(c.MaxActive, 64)
	m.cfg.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	if c.Rand == nil {
		m.cfg.Rand = rand.Uint64
	}
	if c.Upstreams == nil {
		m.cfg.Upstreams = upstream.New(upstream.Config{})
	}
	if c.Transport == nil {
		m.cfg.Transport, m.own = NewTransport(TransportConfig{}), true
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// Close ends the copies under way, and returns when they have ended. There are none
// after it.
func (m *Mirror) Close() error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.cancel()
	m.wg.Wait()
	if m.own {
		return m.cfg.Transport.Close()
	}
	return nil
}

// Status returns what became of requests so far.
func (m *Mirror) Status() MirrorStatus {
	return MirrorStatus{int(m.active.Load()), m.answered.Load(), m.failed.Load(), m.dropped.Load(), m.left.Load()}
}

// copy sends a copy of d's request, if there is to be one.
func (m *Mirror) copy(d *delivery) {
	if m == nil || d.upgrade != "" || !m.chosen() {
		return
	}
	if d.content.stream != nil || d.content.length > int64(max(m.cfg.MaxBody, 0)) {
		m.left.Add(1)
		return
	}
	if !m.begin() {
		m.dropped.Add(1)
		return
	}
	twin := m.twin(d)
	go func() {
		defer m.wg.Done()
		defer m.active.Add(-1)
		if err := m.send(twin); err != nil {
			m.failed.Add(1)
		} else {
			m.answered.Add(1)
		}
	}()
}

func (m *Mirror) chosen() bool {
	return m.cfg.Percent >= 100 || float64(m.cfg.Rand()>>11)/(1<<53)*100 < m.cfg.Percent
}

// begin reports whether there may be one copy more.
func (m *Mirror) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.active.Load() >= int64(m.cfg.MaxActive) {
		return false
	}
	m.active.Add(1)
	m.wg.Add(1)
	return true
}

// twin returns what is left of d once that is over.
func (m *Mirror) twin(d *delivery) *delivery {
	r := d.r.Clone(m.ctx)
	r.Body, r.Trailer = http.NoBody, nil
	twin := &delivery{h: d.h, r: r, header: d.header.Clone(), path: d.path, escaped: d.escaped, host: d.host}
	twin.content.length = d.content.length
	if d.content.buf != nil {
		twin.content.buf = new(bytes.Clone((*d.content.buf)[:d.content.length]))
	}
	return twin
}

// maxMirrored is how much of an answer is read, for the sake of the connection.
const maxMirrored = 256 << 10

// send has a mirror answer, and forgets what it says.
func (m *Mirror) send(d *delivery) error {
	ctx, cancel := context.WithTimeout(m.ctx, m.cfg.Timeout)
	defer cancel()
	d.r = d.r.WithContext(ctx)
	pick, err := m.cfg.Upstreams.Pick(ctx, d.r, nil)
	if err != nil {
		return err
	}
	result := upstream.Result{Err: context.Canceled} // if the request is at fault
	defer func() { pick.Done(result) }()
	target := pick.Upstream.Target
	out, err := d.request(new(message), target)
	if err != nil {
		return err
	}
	began := time.Now()
	resp, err := m.cfg.Transport.Do(out, Exchange{Network: target.Network, Address: target.Addr})
	if err == nil {
		result = upstream.Result{Status: resp.StatusCode, Latency: max(time.Since(began), 1)}
		_, err = io.CopyN(io.Discard, resp.Body, maxMirrored)
		resp.Body.Close()
		if err == io.EOF {
			return nil
		}
	}
	if err != nil && m.ctx.Err() == nil {
		result.Err = err
	}
	return err
}
