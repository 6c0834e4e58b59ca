package upstream

import (
	"container/list"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A queue is the requests that wait for an upstream, in order of arrival.
type queue struct {
	max     int64
	waiting atomic.Int64

	mu   sync.Mutex
	list list.List // of *waiter
}

type waiter struct {
	r     *http.Request
	tried []*Upstream
	ready chan struct{} // closed once there is an outcome
	pick  Pick
	err   error
}

// wait is Pick for a request that has to wait.
func (g *Group) wait(ctx context.Context, r *http.Request, tried []*Upstream) (Pick, error) {
	q, w := &g.queue, &waiter{r: r, tried: tried, ready: make(chan struct{})}
	q.mu.Lock()
	if q.waiting.Load() >= q.max {
		q.mu.Unlock()
		return Pick{}, ErrFull
	}
	q.waiting.Add(1)
	place := q.list.PushBack(w)
	q.mu.Unlock()
	g.serve() // whoever became free before it was known that somebody waits

	timeout := time.NewTimer(g.config.QueueTimeout)
	defer timeout.Stop()
	var err error
	select {
	case <-w.ready:
		return w.pick, w.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-timeout.C:
		err = ErrQueueTimeout
	}
	if q.remove(place) {
		return Pick{}, err
	}
	<-w.ready // at the same moment
	return w.pick, w.err
}

// remove takes somebody out of the queue who is still in it.
func (q *queue) remove(place *list.Element) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.removeLocked(place)
}

func (q *queue) removeLocked(place *list.Element) bool {
	n := q.list.Len()
	if q.list.Remove(place); q.list.Len() == n {
		return false
	}
	q.waiting.Add(-1)
	return true
}

// serve gives whatever is free to those who wait, the first first. One who has
// tried what is free is passed over.
func (g *Group) serve() {
	q := &g.queue
	if q.waiting.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for place := q.list.Front(); place != nil; {
		w, next := place.Value.(*waiter), place.Next()
		w.pick, _, w.err = g.try(w.r, w.tried)
		if w.err == ErrFull {
			if len(w.tried) == 0 {
				return // nothing is free for anybody
			}
			place = next
			continue
		}
		q.removeLocked(place)
		close(w.ready)
		place = next
	}
}
