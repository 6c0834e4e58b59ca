package basicauth

import (
	"context"
	"runtime"
	"time"
)

// A Gate bounds how many passwords are worked out at a time, which is made to take
// much of a processor, and with argon2id of memory. What shares a Gate shares the
// bound.
type Gate struct {
	places chan struct{}
	wait   time.Duration
}

// NewGate returns a Gate through which n passwords may be worked out at a time; 0 is
// half as many as Go uses processors. Others wait for at most as long as given; 0 is
// 5 seconds.
func NewGate(n int, wait time.Duration) *Gate {
	if n <= 0 {
		n = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if wait <= 0 {
		wait = 5 * time.Second
	}
	return &Gate{make(chan struct{}, n), wait}
}

func (g *Gate) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case g.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *Gate) leave() { <-g.places }
