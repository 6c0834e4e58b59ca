package upstream_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

var errRefused = errors.New("connection refused")

// seeded returns random numbers that are the same in every run.
func seeded() func() uint64 {
	var mu sync.Mutex
	source := rand.NewPCG(1, 2)
	return func() uint64 {
		mu.Lock()
		defer mu.Unlock()
		return source.Uint64()
	}
}

// weighted returns targets called a, b, c … with these weights.
func weighted(weights ...int) (targets []upstream.Target) {
	for i, w := range weights {
		targets = append(targets, upstream.Target{Addr: string(rune('a'+i)) + ":80", Weight: w})
	}
	return targets
}

// newGroup returns a group that is closed at the end of the test, with random
// numbers that are the same in every run, and which logs nothing.
func newGroup(t testing.TB, c upstream.Config) *upstream.Group {
	t.Helper()
	if c.Rand == nil {
		c.Rand = seeded()
	}
	if c.Observe == nil {
		c.Observe = func(upstream.Event) {}
	}
	g := upstream.New(c)
	t.Cleanup(func() { require.NoError(t, g.Close()) })
	return g
}

// start is newGroup, started.
func start(t testing.TB, c upstream.Config) *upstream.Group {
	t.Helper()
	g := newGroup(t, c)
	require.NoError(t, g.Start(t.Context()))
	return g
}

// name returns the first letter of an upstream.
func name(u *upstream.Upstream) string { return u.Addr[:1] }

func pick(t testing.TB, g *upstream.Group, r *http.Request, tried ...*upstream.Upstream) *upstream.Pick {
	t.Helper()
	p, err := g.Pick(t.Context(), r, tried)
	require.NoError(t, err)
	return &p
}

// shares picks n times, for r, with nothing else under way, and returns what part
// of it each upstream got.
func shares(t testing.TB, g *upstream.Group, n int, r *http.Request) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	for range n {
		p, err := g.Pick(context.Background(), r, nil)
		if err != nil {
			require.NoError(t, err)
		}
		got[name(p.Upstream)]++
		p.Done(upstream.Result{})
	}
	for k := range got {
		got[k] /= float64(n)
	}
	return got
}

// fail has a request to an upstream fail, by trying all others.
func fail(t testing.TB, g *upstream.Group, which string, times int) {
	t.Helper()
	for range times {
		p := only(t, g, which)
		p.Done(upstream.Result{Err: errRefused})
	}
}

// only picks the upstream of that name, by having tried all others.
func only(t testing.TB, g *upstream.Group, which string) *upstream.Pick {
	t.Helper()
	var tried []*upstream.Upstream
	for {
		p := pick(t, g, get("/"), tried...)
		if name(p.Upstream) == which {
			return p
		}
		tried = append(tried, p.Upstream)
		p.Done(upstream.Result{Err: context.Canceled}) // which says nothing of it
	}
}

func get(uri string) *http.Request { return httptest.NewRequest("GET", uri, nil) }

// states returns the states of all upstreams, as in "a up, b down".
func states(g *upstream.Group) string {
	var all []string
	for _, u := range g.Status().Upstreams {
		all = append(all, u.Target[:1]+" "+u.State)
	}
	return strings.Join(all, ", ")
}

// events collects what is observed.
type events struct {
	mu   sync.Mutex
	list []string
	more chan struct{}
}

func newEvents() *events { return &events{more: make(chan struct{}, 1)} }

func (e *events) observe(event upstream.Event) {
	text := string(event.Kind)
	if event.Source == "" {
		text = event.Target.Addr[:1] + " " + text
	}
	e.mu.Lock()
	e.list = append(e.list, text)
	e.mu.Unlock()
	select {
	case e.more <- struct{}{}:
	default:
	}
}

// take returns what was observed since the last time, in no order.
func (e *events) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list
	e.list = nil
	slices.Sort(list)
	return list
}

// await waits until something happens that was not waited for before.
func (e *events) await(t testing.TB, text string) {
	t.Helper()
	for {
		e.mu.Lock()
		i := slices.Index(e.list, text)
		if i >= 0 {
			e.list = slices.Delete(e.list, i, i+1)
		}
		e.mu.Unlock()
		if i >= 0 {
			return
		}
		select {
		case <-e.more:
		case <-t.Context().Done():
			t.Fatalf("%q did not happen", text)
		}
	}
}
