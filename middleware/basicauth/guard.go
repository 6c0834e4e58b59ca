package basicauth

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// A guard is what the Handlers of one Config share.
type guard struct {
	rules  []Rule
	own    []*kept // the secrets of rules that have one
	scopes []scope
	gate   *Gate
	macs   sync.Pool // hash.Hash, by a key that nobody else has
	memory memory

	table   atomic.Pointer[table]
	renewal sync.Mutex

	mu      sync.Mutex
	flights map[flightKey]*flight
}

// A sum stands for a name, or a name and a password, in memory.
type sum [sha256.Size]byte

func newGuard(c Config) *guard {
	g := &guard{rules: slices.Clone(c.Rules), gate: c.Gate, flights: map[flightKey]*flight{}}
	if len(g.rules) == 0 {
		g.rules = []Rule{{}}
	}
	if g.gate == nil {
		g.gate = NewGate(0, 0)
	}
	key := make([]byte, sha256.Size)
	rand.Read(key)
	g.macs.New = func() any { return hmac.New(sha256.New, key) }
	g.memory = memory{span: cmp.Or(c.Remember, 5*time.Minute), size: cmp.Or(max(c.Remembered, 0), 10_000)}
	g.own = make([]*kept, len(g.rules))
	for i := range g.rules {
		g.rules[i].Paths = slices.Clone(g.rules[i].Paths)
		if s := g.rules[i].Secret; s != nil {
			g.own[i] = keep(s)
		}
	}
	g.scopes = scopesOf(g.rules)
	lists := make([]*list, len(g.rules))
	for i, rule := range g.rules {
		if rule.File != nil {
			lists[i] = rule.File.list.Load()
		}
	}
	g.table.Store(newTable(g.rules, g.own, lists, g.scopes, g.hash))
	return g
}

// current returns the table as the files have it now.
func (g *guard) current(w http.ResponseWriter) *table {
	t := g.table.Load()
	changed := false
	for i, rule := range g.rules {
		if rule.File == nil {
			continue
		}
		l, err := rule.File.current()
		if err != nil {
			middleware.Logger(w).Error("users are as they were", slog.Any("error", err))
		}
		changed = changed || l != t.lists[i]
	}
	if !changed {
		return t
	}
	g.renewal.Lock()
	defer g.renewal.Unlock()
	t = g.table.Load()
	lists := make([]*list, len(g.rules))
	for i, rule := range g.rules {
		if rule.File != nil {
			lists[i] = rule.File.list.Load()
		}
	}
	if !slices.Equal(lists, t.lists) {
		t = newTable(g.rules, g.own, lists, g.scopes, g.hash)
		g.table.Store(t)
	}
	return t
}

func (g *guard) hash(s string) (h sum) {
	mac := g.macs.Get().(hash.Hash)
	defer g.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(s))
	mac.Sum(h[:0])
	return h
}

// check reports whether a proves a claim to one of the scopes that are covered.
func (g *guard) check(w http.ResponseWriter, r *http.Request, a attempt, covered []bool) (bool, error) {
	t := g.current(w)
	if t.free {
		return t.verify(t.users[g.hash(a.user)], a.password, covered) != nil, nil
	}
	id := g.hash(a.both)
	isProven := func() bool {
		before := g.memory.recall(id)
		return slices.ContainsFunc(t.users[before.user], func(c claim) bool { return slices.Contains(before.secrets, c.secret) && c.opens(covered) })
	}
	if isProven() {
		return true, nil
	}
	user := g.hash(a.user)
	claims := t.users[user]
	ctx, cancel := context.WithTimeoutCause(r.Context(), g.gate.wait, errBusy)
	defer cancel()
	for {
		f, first := g.board(flightKey{id, t, string(bits(covered))})
		if first {
			return g.fly(ctx, f, func() bool {
				if isProven() {
					return true // by one that has just landed
				}
				proven := t.verify(claims, a.password, covered)
				if proven != nil {
					g.memory.remember(id, user, proven)
				}
				return proven != nil
			})
		}
		select {
		case <-f.landed:
			if f.decided {
				return f.ok, nil
			}
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// A flight is a password that is being worked out. Everybody who tries the same for
// the same scopes takes it.
type flight struct {
	key         flightKey
	landed      chan struct{}
	decided, ok bool // once landed
}

type flightKey struct {
	id      sum
	table   *table
	covered string
}

// board returns the flight for key, and whether it is for the caller to fly it.
func (g *guard) board(key flightKey) (f *flight, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.flights[key]; f != nil {
		return f, false
	}
	f = &flight{key: key, landed: make(chan struct{})}
	g.flights[key] = f
	return f, true
}

// fly has decide called once the gate lets it through, and lands, even if it does
// not or if decide panics.
func (g *guard) fly(ctx context.Context, f *flight, decide func() bool) (bool, error) {
	defer func() {
		g.mu.Lock()
		delete(g.flights, f.key)
		g.mu.Unlock()
		close(f.landed)
	}()
	if err := g.gate.enter(ctx); err != nil {
		return false, err
	}
	defer g.gate.leave()
	f.ok = decide()
	f.decided = true
	return f.ok, nil
}

func bits(covered []bool) []byte {
	b := make([]byte, len(covered))
	for i, in := range covered {
		if in {
			b[i] = 1
		}
	}
	return b
}

var errBusy = errors.New("basicauth: too many passwords to work out")
