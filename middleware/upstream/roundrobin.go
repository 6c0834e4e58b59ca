package upstream

import (
	"net/http"
	"sync/atomic"
)

// maxStride is what the greatest weight of a tier counts as.
const maxStride = 1 << 16

// RoundRobin returns the policy that selects each in turn, and those of a greater
// weight more often but never in a burst: of weights 8, 1, 1 the first is selected
// eight times of ten, and the others lie as far apart as they can. Each value has a
// turn of its own.
//
// Turns are counted in rounds, in which the greatest weight is selected once each
// and a weight of a third of it in every third. So there is no list of turns that
// would have to be guarded by a lock or be as long as the sum of the weights.
func RoundRobin() Policy { return new(roundRobin) }

type roundRobin struct{ turn atomic.Uint64 }

func (p *roundRobin) Select(c Candidates, _ *http.Request) *Upstream {
	n := uint64(c.Len())
	for range 4 * n {
		turn := p.turn.Add(1) - 1
		i, round := turn%n, turn/n
		if strides := c.tier.strides; strides != nil {
			// Where the multiple of its weight passes another maxStride, it is its turn. They
			// begin at different places, lest all the light ones come in the same round.
			stride := uint64(strides[i])
			phase := i * maxStride / n
			if (round*stride+phase)%maxStride >= stride {
				continue
			}
		}
		if u := c.At(int(i)); c.accepts(u) {
			return u
		}
	}
	return c.Random() // of weights that differ by orders of magnitude, or if most are full
}
