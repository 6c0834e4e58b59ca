package upstream

import (
	"sync"
	"sync/atomic"
	"time"
)

// budgetSeconds is how far back requests and retries are counted.
const budgetSeconds = 10

// A budget counts requests and retries in each of the last seconds.
type budget struct {
	Budget
	_                 [64]byte // as that which follows is written for each request
	requests, retries window

	mu     sync.Mutex // held by who asks for a retry
	denied atomic.Uint64
}

// AllowRetry reports whether a request that failed may be tried once more, and
// counts it if so. It is a matter of how many others were, of late.
func (g *Group) AllowRetry() bool { return g.budget.retry(g.now()) }

func (b *budget) request(now int64) { b.requests.add(now) }

func (b *budget) retry(now int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Percent >= 0 && b.retries.sum(now) >= b.allowed(now) {
		b.denied.Add(1)
		return false
	}
	b.retries.add(now)
	return true
}

// allowed returns how many retries there may be in all, if there is a limit.
func (b *budget) allowed(now int64) int {
	return max(b.requests.sum(now)*b.Percent/100, b.Min)
}

// A window counts events by second. A slot holds the second in its upper half, and
// in its lower the number of events in it, so that none is counted in a second that
// is long over.
type window [budgetSeconds]atomic.Uint64

func (w *window) add(now int64) {
	second := uint64(now / int64(time.Second))
	slot := &w[second%budgetSeconds]
	for {
		old := slot.Load()
		next := old + 1
		if old>>32 != second {
			next = second<<32 | 1
		}
		if slot.CompareAndSwap(old, next) {
			return
		}
	}
}

func (w *window) sum(now int64) (n int) {
	second := uint64(now / int64(time.Second))
	for i := range w {
		if v := w[i].Load(); v>>32+budgetSeconds > second {
			n += int(uint32(v))
		}
	}
	return n
}
