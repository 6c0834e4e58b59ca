package upstream

import (
	"cmp"
	"math/bits"
	"slices"
)

// A pool is the upstreams that were fit at some moment. It never changes.
type pool struct {
	tiers   []tier
	ejected []*Upstream // for want of others
	closed  bool
}

// A tier is the fit upstreams of one tier, in the order they were given in.
type tier struct {
	ups   []*Upstream
	sums  []uint64 // of weights up to and with each; nil if all are the same
	total uint64

	// For turns: each weight relative to the greatest, which is maxStride.
	strides []uint32
}

func newPool(all []*Upstream) *pool {
	p := &pool{}
	var fit []*Upstream
	for _, u := range all {
		if u.fit() {
			fit = append(fit, u)
		} else if u.mayServe() {
			p.ejected = append(p.ejected, u)
		}
	}
	byTier := func(a, b *Upstream) int { return cmp.Compare(a.Tier, b.Tier) }
	slices.SortStableFunc(fit, byTier)
	slices.SortStableFunc(p.ejected, byTier)
	for len(fit) > 0 {
		n := slices.IndexFunc(fit, func(u *Upstream) bool { return u.Tier != fit[0].Tier })
		if n < 0 {
			n = len(fit)
		}
		p.tiers = append(p.tiers, newTier(fit[:n:n]))
		fit = fit[n:]
	}
	return p
}

func newTier(ups []*Upstream) tier {
	t := tier{ups: ups}
	even, most := true, 0
	for _, u := range ups {
		t.total += uint64(u.Weight)
		t.sums = append(t.sums, t.total)
		even = even && u.Weight == ups[0].Weight
		most = max(most, u.Weight)
	}
	if even {
		t.sums = nil
		return t
	}
	for _, u := range ups {
		t.strides = append(t.strides, uint32(max(uint64(u.Weight)*maxStride/uint64(most), 1)))
	}
	return t
}

// at returns the index of the upstream that x, which is less than total, falls
// upon.
func (t *tier) at(x uint64) int {
	if t.sums == nil {
		return int(x / uint64(t.ups[0].Weight))
	}
	low, high := 0, len(t.sums)-1
	for low < high {
		if mid := (low + high) / 2; t.sums[mid] > x {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// start returns the sum of the weights before i.
func (t *tier) start(i int) uint64 {
	if t.sums == nil {
		return uint64(i) * uint64(t.ups[0].Weight)
	}
	return t.sums[i] - uint64(t.ups[i].Weight)
}

// scale maps a random number to one below n.
func scale(random, n uint64) uint64 {
	high, _ := bits.Mul64(random, n)
	return high
}
