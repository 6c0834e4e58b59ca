package upstream

import (
	"cmp"
	"math"
	"net/http"
)

// Hash is the policy that selects the same upstream for the same key, for as long
// as that is fit: by rendezvous hashing (Thaler and Ravishankar, 1998), so that only
// the keys of an upstream that leaves move, and only to one that joins. Upstreams
// get keys in proportion to their weights. It depends on nothing but addresses, so
// all proxies of a site agree.
type Hash struct {
	Key Key

	// Bound limits the load of an upstream to that many times the mean (Mirrokni,
	// Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2017): what
	// is above goes where the keys would move to. 1.25 is common. 1 or less is
	// no limit: a key never moves away from an upstream that is fit.
	Bound float64

	// Fallback selects for requests that have no key. Nil is Random().
	Fallback Policy
}

// Select returns the upstream of r's key.
func (p Hash) Select(c Candidates, r *http.Request) *Upstream {
	key, ok := uint64(0), false
	if p.Key != nil && r != nil {
		key, ok = p.Key(r)
	}
	if !ok {
		if p.Fallback != nil {
			return p.Fallback.Select(c, r)
		}
		return c.Random()
	}
	perWeight := 0.0
	if p.Bound > 1 {
		active := 1.0 // with this one
		for i := range c.Len() {
			active += float64(c.At(i).active.Load())
		}
		perWeight = p.Bound * active / float64(c.tier.total)
	}
	var best *Upstream
	highest := math.Inf(-1)
	for i := range c.Len() {
		u := c.At(i)
		if perWeight > 0 && float64(u.active.Load()) >= math.Ceil(perWeight*float64(u.Weight)) || !c.Open(u) {
			continue
		}
		if s := c.score(u, key); s > highest {
			best, highest = u, s
		}
	}
	return best
}

// score is higher for u than for all others with a probability in proportion to
// its weight.
func (c Candidates) score(u *Upstream, key uint64) float64 {
	x := unit(mix(key^u.hash)) + 1.0/(1<<54) // above 0
	return c.Weight(u) / -math.Log(x)
}

// Sum returns a hash of s, which is the same in every process. It is not meant to
// withstand whoever wants two to be the same: see Bound.
func Sum(s string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix makes every bit depend on every other (the end of MurmurHash3).
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// key returns what tells t from others, for hashes and cookies.
func (t Target) key() string {
	return cmp.Or(t.Network, "tcp") + " " + t.Scheme + " " + t.Addr + " " + t.Host + " " + t.Path
}
