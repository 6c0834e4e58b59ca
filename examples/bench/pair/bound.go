package pair

import (
	"fmt"
	"math"
	"time"
)

// A Bound is the most that some figure of a Result may be.
type Bound struct {
	Max      float64
	Unit     string                // "×", "ns", either with more behind it, or a plural, such as "allocs"
	Relative bool                  // it is about the peer, too
	Of       func(Result) Estimate // the figure
}

// MaxRatio bounds the median of the ratios of ours to the peer's.
func MaxRatio(most float64) Bound {
	return Bound{most, "×", true, func(r Result) Estimate { return r.Ratio }}
}

// MaxUpperRatio bounds the upper end of the interval of that median, so that a
// ratio is known not to be greater.
func MaxUpperRatio(most float64) Bound {
	return Bound{most, "× at most", true, func(r Result) Estimate {
		return Estimate{Median: r.Ratio.High, Low: r.Ratio.Low, High: r.Ratio.High}
	}}
}

// MaxSizeRatio bounds the size of what ours makes, compared with what the peer does.
func MaxSizeRatio(most float64) Bound {
	return Bound{most, ofSize, true, func(r Result) Estimate {
		if r.SizeRatio == 0 {
			return exactly(math.NaN()) // which nothing is known to be below
		}
		return exactly(r.SizeRatio)
	}}
}

const ofSize = "× of size"

// MaxCount bounds the median of what the meter of ours counts, for which unit is a
// plural.
func MaxCount(most float64, unit string) Bound {
	return Bound{most, unit, false, func(r Result) Estimate { return r.Ours.Cost }}
}

// MaxTime bounds the median time of one operation of ours.
func MaxTime(most time.Duration) Bound {
	return Bound{float64(most), "ns", false, func(r Result) Estimate { return r.Ours.Cost }}
}

// MaxExtra bounds the median of the time that ours takes longer than the peer.
func MaxExtra(most time.Duration) Bound {
	return Bound{float64(most), "ns more", true, func(r Result) Estimate { return r.Extra }}
}

// MaxAllocs bounds the allocations of one operation of ours.
func MaxAllocs(most float64) Bound {
	return Bound{most, "allocs", false, func(r Result) Estimate { return exactly(r.Ours.Allocs) }}
}

// MaxExtraAllocs bounds how many more allocations ours takes than the peer.
func MaxExtraAllocs(most float64) Bound {
	return Bound{most, "more allocs", true, func(r Result) Estimate { return exactly(r.Ours.Allocs - r.Theirs.Allocs) }}
}

// MaxBytes bounds the bytes allocated by one operation of ours.
func MaxBytes(most float64) Bound {
	return Bound{most, "B", false, func(r Result) Estimate { return exactly(r.Ours.Bytes) }}
}

func (b Bound) String() string { return "≤ " + limit(b.Max, b.Unit) }

// check compares b with what was measured.
func (b Bound) check(r Result) Verdict {
	value := b.Of(r)
	return Verdict{Bound: b, Value: value, OK: value.Median <= b.Max}
}

// A Verdict is whether a bound was kept: whether the median was.
type Verdict struct {
	Bound
	Value Estimate
	OK    bool
}

// inDoubt reports whether the bound may have been missed by mere chance.
func (v Verdict) inDoubt() bool { return !v.OK && v.Value.Low <= v.Max }

// String returns the verdict as an inequality that is true.
func (v Verdict) String() string {
	sign := "≤"
	if !v.OK {
		sign = ">"
	}
	return fmt.Sprintf("%s %s %s", figure(v.Value.Median, v.Unit), sign, limit(v.Max, v.Unit))
}
