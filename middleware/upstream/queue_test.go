package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestMaxConns checks with many goroutines that no upstream ever has more requests
// than it may, whatever the policy does not know of.
func TestMaxConns(t *testing.T) {
	for name, policy := range map[string]upstream.Policy{
		"random": upstream.Random(), "power of two": upstream.PowerOfTwo(), "first": upstream.First(),
		"least time": upstream.LeastTime(), "hash": upstream.Hash{Key: upstream.ByURI},
		"one that does not look": upstream.PolicyFunc(func(c upstream.Candidates, _ *http.Request) *upstream.Upstream { return c.At(0) }),
	} {
		t.Run(name, func(t *testing.T) {
			const limit, clients, rounds = 3, 40, 500
			g := newGroup(t, upstream.Config{Targets: weighted(1, 2, 3), Policy: policy, MaxConns: limit, Queue: clients})
			var most, served atomic.Int64
			var now [3]atomic.Int64
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for i := range rounds {
						p, err := g.Pick(context.Background(), get(fmt.Sprint("/", i)), nil)
						if err != nil {
							t.Error(err)
							return
						}
						at := &now[p.Upstream.Addr[0]-'a']
						for n := at.Add(1); ; {
							if old := most.Load(); n <= old || most.CompareAndSwap(old, n) {
								break
							}
						}
						served.Add(1)
						for range 3 {
							runtime.Gosched() // for others to come while this one is under way
						}
						at.Add(-1)
						p.Done(upstream.Result{Status: 200, Latency: time.Millisecond})
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, clients*rounds, served.Load())
			require.EqualValues(t, limit, most.Load(), "no more, and no fewer at the most")
			for _, u := range g.Status().Upstreams {
				require.Zero(t, u.Active)
			}
			require.Zero(t, g.Status().Queue.Waiting)
		})
	}
}

// waiting starts a Pick that has to wait, and returns where its outcome will be.
func waiting(ctx context.Context, g *upstream.Group, tried ...*upstream.Upstream) <-chan outcome {
	c := make(chan outcome, 1)
	go func() {
		p, err := g.Pick(ctx, nil, tried)
		c <- outcome{p, err, time.Now()}
	}()
	synctest.Wait()
	return c
}

type outcome struct {
	pick upstream.Pick
	err  error
	at   time.Time
}

func TestQueueIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{Targets: weighted(1), MaxConns: 1, Queue: 3})
		p := *pick(t, g, nil)
		var queued []<-chan outcome
		for range 3 {
			queued = append(queued, waiting(t.Context(), g))
		}
		require.Equal(t, upstream.QueueStatus{Waiting: 3, Max: 3}, g.Status().Queue)
		_, err := g.Pick(t.Context(), nil, nil)
		require.ErrorIs(t, err, upstream.ErrFull)
		for i, c := range queued {
			p.Done(upstream.Result{})
			synctest.Wait()
			require.Len(t, c, 1)
			for _, later := range queued[i+1:] {
				require.Empty(t, later)
			}
			p = (<-c).pick
		}
		p.Done(upstream.Result{})
		require.Equal(t, "a up", states(g))
	})
}

// TestWhoLeavesTheQueue checks that who gives up makes room, and takes nothing.
func TestWhoLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{Targets: weighted(1), MaxConns: 1, Queue: 2, QueueTimeout: 10 * time.Second})
		p := pick(t, g, nil)
		began := time.Now()
		ctx, cancel := context.WithCancelCause(t.Context())
		first, second := waiting(ctx, g), waiting(t.Context(), g)
		cancel(errors.New("the client left"))
		require.EqualError(t, (<-first).err, "the client left")
		third := waiting(t.Context(), g)
		time.Sleep(time.Second)
		p.Done(upstream.Result{})
		o := <-second
		require.NoError(t, o.err)
		timedOut := <-third
		require.ErrorIs(t, timedOut.err, upstream.ErrQueueTimeout)
		require.Equal(t, 10*time.Second, timedOut.at.Sub(began))
		o.pick.Done(upstream.Result{})
		require.Equal(t, "a up", states(g))
	})
}

// TestWhoHasTried checks that who waits for another upstream does not keep those
// behind from the one that is free.
func TestWhoHasTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1), MaxConns: 1, Queue: 9})
		a, b := only(t, g, "a"), only(t, g, "b")
		first, second := waiting(t.Context(), g, a.Upstream), waiting(t.Context(), g)
		a.Done(upstream.Result{})
		o := <-second
		require.Equal(t, "a", name(o.pick.Upstream))
		require.Empty(t, first)
		b.Done(upstream.Result{})
		o = <-first
		require.Equal(t, "b", name(o.pick.Upstream))
	})
}

// TestWhatEndsTheWait checks that those who wait get what comes, and learn that
// nothing will.
func TestWhatEndsTheWait(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*upstream.Group, *source)
		want error
	}{
		{"a target joins", func(_ *upstream.Group, s *source) { s.say(weighted(1, 1), nil) }, nil},
		{"all targets leave", func(_ *upstream.Group, s *source) { s.say(nil, nil) }, upstream.ErrNone},
		{"the group is closed", func(g *upstream.Group, _ *source) { g.Close() }, upstream.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSource()
				s.say(weighted(1), nil)
				g := start(t, upstream.Config{Sources: []upstream.Source{s}, MaxConns: 1, Queue: 1})
				pick(t, g, nil)
				c := waiting(t.Context(), g)
				began := time.Now()
				tt.do(g, s)
				o := <-c
				require.ErrorIs(t, o.err, tt.want)
				require.Zero(t, time.Since(began))
			})
		})
	}
}

// TestAllowRetry checks that retries are a fifth of the requests, and never less
// than three, in ten seconds.
func TestAllowRetry(t *testing.T) {
	for _, tt := range []struct {
		budget   upstream.Budget
		requests int
		want     int
	}{
		{upstream.Budget{}, 0, 3},
		{upstream.Budget{}, 15, 3},
		{upstream.Budget{}, 100, 20},
		{upstream.Budget{Percent: 50, Min: 10}, 10, 10},
		{upstream.Budget{Percent: 50, Min: -1}, 1, 0},
		{upstream.Budget{Percent: -1}, 1, 1000},
	} {
		t.Run(fmt.Sprint(tt.budget, " of ", tt.requests), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGroup(t, upstream.Config{Targets: weighted(1), Retries: tt.budget})
				for range 2 {
					for range tt.requests {
						pick(t, g, nil)
					}
					allowed := 0
					for range 1000 {
						if g.AllowRetry() {
							allowed++
						}
					}
					require.Equal(t, tt.want, allowed)
					require.Equal(t, allowed, g.Status().Retries.Retries)
					require.Equal(t, tt.requests, g.Status().Retries.Requests)
					time.Sleep(10 * time.Second) // after which all is forgotten
				}
				require.Zero(t, g.Status().Retries.Requests)
			})
		})
	}
}

// TestAmplification checks how much more is sent while half of the targets fail
// and none is ejected.
func TestAmplification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, upstream.Config{
			Targets: weighted(1, 1, 1, 1),
			Policy:  upstream.RoundRobin(),
			Passive: upstream.Passive{MaxFails: -1},
		})
		const requests = 20_000
		attempts := 0
		for range requests {
			time.Sleep(time.Millisecond)
			for tried := []*upstream.Upstream(nil); ; {
				p, err := g.Pick(t.Context(), nil, tried)
				if err != nil {
					break
				}
				attempts++
				if name(p.Upstream) > "b" {
					p.Done(upstream.Result{Status: 200})
					break
				}
				p.Done(upstream.Result{Err: errRefused})
				if tried = append(tried, p.Upstream); !g.AllowRetry() {
					break
				}
			}
		}
		amplification := float64(attempts) / requests
		t.Logf("%.4f attempts a request", amplification)
		require.LessOrEqual(t, amplification, 1.2)
		require.Greater(t, amplification, 1.15)
	})
}
