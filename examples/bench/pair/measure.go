package pair

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"time"
)

// again is how many times more pairs there are where a bound was missed, but not
// beyond doubt.
const again = 4

// measure runs the two sides of a row by turns, and once more if it takes that to
// be sure.
func (m Method) measure(t TB, row Row) Result {
	ours, theirs := sidesOf(row.Prepare(t))
	turns := []*side{ours}
	if row.Peer != "" {
		turns = append(turns, theirs)
		if a, b := ours.meter, theirs.meter; a.Name != b.Name || a.Unit != b.Unit {
			t.Fatalf("there is no comparing %s with %s", a.Name, b.Name)
		}
	}
	for _, s := range turns {
		s.calibrate(m.Batch)
	}
	even(ours, theirs)
	pairs := m.Pairs
	if row.Pairs > 0 {
		pairs = min(pairs, row.Pairs)
	}
	run(t, turns, pairs)
	result := resultOf(t, row, ours, theirs)
	if slices.ContainsFunc(result.Verdicts, Verdict.inDoubt) {
		run(t, turns, again*pairs)
		result = resultOf(t, row, ours, theirs)
	}
	return result
}

// even gives both sides as many operations where they take about as long: what the
// garbage collection before a batch has taken from pools is made again, and that is
// part of all operations of the batch.
func even(a, b *side) {
	if a.n < 4*b.n && b.n < 4*a.n {
		a.n = max(a.n, b.n)
		b.n = a.n
	}
}

// run runs so many batches of each side.
func run(t TB, turns []*side, pairs int) {
	for _, s := range turns {
		s.costs, s.allocs, s.bytes = nil, nil, nil
	}
	for range pairs {
		for _, s := range turns {
			if t.Context().Err() != nil {
				t.Fatal("interrupted")
			}
			s.batch(t)
		}
		slices.Reverse(turns) // whoever comes second may find the caches warm
	}
}

func resultOf(t TB, row Row, ours, theirs *side) Result {
	result := Result{Row: row, Meter: ours.meter, Ours: ours.figures()}
	if row.Peer != "" {
		if slices.Contains(theirs.costs, 0) {
			t.Fatal("the peer takes nothing that could be compared with")
		}
		result.Theirs = new(theirs.figures())
		result.Ratio, result.Extra = compare(ours.costs, theirs.costs)
		if ours.size > 0 && theirs.size > 0 {
			result.SizeRatio = float64(ours.size) / float64(theirs.size)
		}
	}
	for _, b := range row.Bounds {
		result.Verdicts = append(result.Verdicts, b.check(result))
	}
	return result
}

// A side is an Op and what was measured of it, batch by batch.
type side struct {
	do                   func()
	many                 func(int)
	meter                Meter
	size                 int64
	n                    int       // operations in a batch
	costs, allocs, bytes []float64 // of one operation
}

func sidesOf(ours, peer Op) (*side, *side) {
	of := func(op Op) *side {
		if op.Meter.Read == nil {
			op.Meter = CPU()
		}
		if op.Many == nil {
			op.Many = func(n int) {
				for range n {
					op.Do()
				}
			}
		}
		return &side{do: op.Do, many: op.Many, meter: op.Meter, size: op.Size}
	}
	return of(ours), of(peer)
}

// calibrate finds out how many operations a batch has to have to take so long.
func (s *side) calibrate(batch time.Duration) {
	const most = 1 << 30
	s.do() // for what happens the first time only
	for s.n = 1; s.n < most; {
		start := time.Now()
		s.many(s.n)
		spent := time.Since(start)
		if spent >= batch {
			return
		}
		// No guess is better than what it is guessed from.
		grown := int64(s.n) * int64(batch) / max(int64(spent), 1)
		s.n = int(min(grown+1, int64(s.n)*20, most))
	}
}

// batch runs one batch.
func (s *side) batch(t TB) {
	read := func() int64 {
		n, err := s.meter.Read()
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			// The report says so of the row: a system that lacks a meter has no figure.
			t.Skip("not on " + runtime.GOOS)
		case err != nil:
			t.Fatal(err)
		}
		return n
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := read()
	s.many(s.n)
	end := read()
	runtime.ReadMemStats(&after)
	each := func(total float64) float64 { return total / float64(s.n) }
	s.costs = append(s.costs, each(float64(end-start)))
	s.allocs = append(s.allocs, each(float64(after.Mallocs-before.Mallocs)))
	s.bytes = append(s.bytes, each(float64(after.TotalAlloc-before.TotalAlloc)))
}

// figures returns the medians. Allocations are rounded to tenths: every garbage
// collection empties what pools there are, and they fill again at once.
func (s *side) figures() Figures {
	f := Figures{EstimateOf(s.costs), math.NaN(), math.NaN()}
	if !s.meter.Elsewhere {
		f.Allocs = math.Round(EstimateOf(s.allocs).Median*10) / 10
		f.Bytes = math.Round(EstimateOf(s.bytes).Median*10) / 10
	}
	return f
}

// compare estimates the ratio and the difference of two sides, pair by pair.
func compare(ours, theirs []float64) (ratio, extra Estimate) {
	ratios, extras := make([]float64, len(ours)), make([]float64, len(ours))
	for i := range ours {
		ratios[i], extras[i] = ours[i]/theirs[i], ours[i]-theirs[i]
	}
	return EstimateOf(ratios), EstimateOf(extras)
}
