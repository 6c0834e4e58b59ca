package upstream

// Candidates are the upstreams of one tier that are fit. A few of them may not be
// open to this request all the same, because they are full or were tried.
type Candidates struct {
	group *Group
	pool  *pool
	tier  *tier
	tried []*Upstream
}

// Len returns how many there are, open or not.
func (c Candidates) Len() int { return len(c.tier.ups) }

// At returns one of them, in the order they were given in.
func (c Candidates) At(i int) *Upstream { return c.tier.ups[i] }

// Open reports whether a policy may select u.
func (c Candidates) Open(u *Upstream) bool {
	for _, t := range c.tried {
		if t.state == u.state {
			return false
		}
	}
	return !u.full()
}

// Weight returns the weight of u, which is less at first if it has just joined or
// recovered.
func (c Candidates) Weight(u *Upstream) float64 {
	return float64(u.Weight) * c.group.share(u.state)
}

// Load returns the number of requests under way at u, relative to its weight.
func (c Candidates) Load(u *Upstream) float64 {
	return float64(u.active.Load()) / c.Weight(u)
}

// Rand returns a random number.
func (c Candidates) Rand() uint64 { return c.group.rand() }

// Find returns the first upstream that is open and matches, of this tier or any
// other, or nil.
func (c Candidates) Find(match func(*Upstream) bool) *Upstream {
	for i := range c.pool.tiers {
		for _, u := range c.pool.tiers[i].ups {
			if match(u) && c.Open(u) {
				return u
			}
		}
	}
	return nil
}

// Random returns any that is open, each with a probability in proportion to its
// weight, or nil if none is.
func (c Candidates) Random() *Upstream {
	_, u := c.draw()
	return u
}

// draw is Random. It also returns the index, for other.
func (c Candidates) draw() (int, *Upstream) {
	i := c.tier.at(scale(c.Rand(), c.tier.total))
	if u := c.tier.ups[i]; c.accepts(u) {
		return i, u
	}
	return c.drawOpen(-1)
}

// other draws any but that of index i.
func (c Candidates) other(i int) *Upstream {
	weight := uint64(c.tier.ups[i].Weight)
	if c.tier.total == weight {
		return nil
	}
	x := scale(c.Rand(), c.tier.total-weight)
	if x >= c.tier.start(i) {
		x += weight
	}
	if u := c.tier.ups[c.tier.at(x)]; c.accepts(u) {
		return u
	}
	_, u := c.drawOpen(i)
	return u
}

// accepts reports whether an upstream that was drawn by its full weight is open,
// and drawn by its present weight, too.
func (c Candidates) accepts(u *Upstream) bool {
	if !c.Open(u) {
		return false
	}
	share := c.group.share(u.state)
	return share == 1 || unit(c.Rand()) < share
}

// drawOpen draws from those that are open, by their present weights. What was
// drawn before and not accepted was drawn in the same proportions, and so the two
// together are.
func (c Candidates) drawOpen(except int) (index int, chosen *Upstream) {
	total := 0.0
	for i, u := range c.tier.ups {
		if i == except || !c.Open(u) {
			continue
		}
		weight := c.Weight(u)
		total += weight
		if chosen == nil || unit(c.Rand())*total < weight {
			index, chosen = i, u
		}
	}
	return index, chosen
}

// unit maps a random number to one from 0 to below 1.
func unit(random uint64) float64 { return float64(random>>11) / (1 << 53) }
