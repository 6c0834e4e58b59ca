package upstream

import "net/http"

// A Policy selects one of several upstreams, for many requests at once. It returns
// nil if none is open. r is nil if the Pick's was.
//
// The others of this package's policies use what the candidates offer to keep to
// weights and slow starts: [Candidates.Random], [Candidates.Load]. A policy that
// also has a method
//
//	Mark(header http.Header, r *http.Request, u *Upstream)
//
// is asked by [Pick.Mark] to add to the header of a response what leads the client
// back to u.
type Policy interface {
	Select(c Candidates, r *http.Request) *Upstream
}

// PolicyFunc is a Policy that has no state.
type PolicyFunc func(c Candidates, r *http.Request) *Upstream

// Select calls f.
func (f PolicyFunc) Select(c Candidates, r *http.Request) *Upstream { return f(c, r) }

// Random returns the policy that selects at random, by weight. It is the one of
// Caddy 0.7.1.
func Random() Policy { return PolicyFunc(random) }

func random(c Candidates, _ *http.Request) *Upstream { return c.Random() }

// First returns the policy that selects the first that is open.
func First() Policy { return PolicyFunc(first) }

func first(c Candidates, _ *http.Request) *Upstream {
	for i := range c.Len() {
		if u := c.At(i); c.Open(u) {
			return u
		}
	}
	return nil
}

// LeastConn returns the policy that selects the least loaded. Of several, it
// selects at random, by weight.
func LeastConn() Policy { return PolicyFunc(leastConn) }

func leastConn(c Candidates, _ *http.Request) *Upstream { return c.least(Candidates.Load) }

// PowerOfTwo returns the policy that draws two at random, by weight, and selects the
// less loaded of them. It does nearly as well as LeastConn at a fraction of the
// cost, and several proxies that know nothing of one another do not all flock to
// the same target (Mitzenmacher, "The Power of Two Choices", 2001).
func PowerOfTwo() Policy { return PolicyFunc(powerOfTwo) }

func powerOfTwo(c Candidates, _ *http.Request) *Upstream { return c.better(Candidates.Load) }

// RandomChoose returns the policy that draws n times at random and selects the
// least loaded. An n of 1 is Random, an n of 2 is PowerOfTwo.
func RandomChoose(n int) Policy {
	return PolicyFunc(func(c Candidates, r *http.Request) *Upstream {
		if n >= c.Len() {
			return leastConn(c, r)
		}
		i, best := c.draw()
		for range n - 1 {
			if best == nil || c.Len() == 1 {
				break
			}
			if u := c.other(i); u != nil && c.Load(u) < c.Load(best) {
				best = u
			}
		}
		return best
	})
}

// better returns the one of two at random that has the lower cost, and the first
// of them if they are the same, which is then by weight.
func (c Candidates) better(cost func(Candidates, *Upstream) float64) *Upstream {
	i, u := c.draw()
	if u == nil || c.Len() == 1 {
		return u
	}
	if v := c.other(i); v != nil && cost(c, v) < cost(c, u) {
		return v
	}
	return u
}

// least returns the one with the lowest cost that is open, at random and by weight
// if there are several.
func (c Candidates) least(cost func(Candidates, *Upstream) float64) (best *Upstream) {
	lowest, weights := 0.0, 0.0
	for _, u := range c.tier.ups {
		if !c.Open(u) {
			continue
		}
		n := cost(c, u)
		switch {
		case best == nil || n < lowest:
			best, lowest, weights = u, n, c.Weight(u)
		case n == lowest:
			weight := c.Weight(u)
			if weights += weight; unit(c.Rand())*weights < weight {
				best = u
			}
		}
	}
	return best
}
