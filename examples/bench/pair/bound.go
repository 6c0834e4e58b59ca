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
	Gap      float64               // what the figure is known to be up to, where that is more than Max; see Row
}

// Until returns b with a gap: that it is missed up to so much is known.
func (b Bound) Until(most float64) Bound {
	b.Gap = most
	return b
}

// MaxRatio bounds the median of the ratios of ours to the peer's.
func MaxRatio(most float64) Bound {
	return Bound{Max: most, Unit: "×", Relative: true, Of: func(r Result) Estimate { return r.Ratio }}
}

// MaxUpperRatio bounds the upper end of the interval of that median, so that a
// ratio is known not to be greater.
func MaxUpperRatio(most float64) Bound {
	return Bound{Max: most, Unit: "× at most", Relative: true, Of: func(r Result) Estimate {
		return Estimate{Median: r.Ratio.High, Low: r.Ratio.Low, High: r.Ratio.High}
	}}
}

// MaxSizeRatio bounds the size of what ours makes, compared with what the peer does.
func MaxSizeRatio(most float64) Bound {
	return Bound{Max: most, Unit: ofSize, Relative: true, Of: func(r Result) Estimate {
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
	return Bound{Max: most, Unit: unit, Relative: false, Of: func(r Result) Estimate { return r.Ours.Cost }}
}

// MaxTime bounds the median time of one operation of ours.
func MaxTime(most time.Duration) Bound {
	return Bound{Max: float64(most), Unit: "ns", Relative: false, Of: func(r Result) Estimate { return r.Ours.Cost }}
}

// MaxExtra bounds the median of the time that ours takes longer than the peer.
func MaxExtra(most time.Duration) Bound {
	return Bound{Max: float64(most), Unit: "ns more", Relative: true, Of: func(r Result) Estimate { return r.Extra }}
}

// MaxAllocs bounds the allocations of one operation of ours.
func MaxAllocs(most float64) Bound {
	return Bound{Max: most, Unit: "allocs", Relative: false, Of: func(r Result) Estimate { return exactly(r.Ours.Allocs) }}
}

// MaxExtraAllocs bounds how many more allocations ours takes than the peer.
func MaxExtraAllocs(most float64) Bound {
	return Bound{Max: most, Unit: "more allocs", Relative: true, Of: func(r Result) Estimate { return exactly(r.Ours.Allocs - r.Theirs.Allocs) }}
}

// MaxBytes bounds the bytes allocated by one operation of ours.
func MaxBytes(most float64) Bound {
	return Bound{Max: most, Unit: "B", Relative: false, Of: func(r Result) Estimate { return exactly(r.Ours.Bytes) }}
}

func (b Bound) String() string { return "≤ " + limit(b.Max, b.Unit) }

// check compares b with what was measured.
func (b Bound) check(r Result) Verdict {
	value := b.Of(r)
	return Verdict{Bound: b, Value: value, OK: value.Median <= b.Max, Known: value.Median <= b.Gap}
}

// A Verdict is whether a bound was kept: whether the median was.
type Verdict struct {
	Bound
	Value Estimate
	OK    bool
	Known bool // if it was not
}

// inDoubt reports whether the bound may have been missed by mere chance.
func (v Verdict) inDoubt() bool {
	return !v.OK && v.Value.Low <= v.Max || !v.OK && !v.Known && v.Value.Low <= v.Gap
}

// String returns the verdict as an inequality that is true.
func (v Verdict) String() string {
	sign := "≤"
	if !v.OK {
		sign = ">"
	}
	return fmt.Sprintf("%s %s %s", figure(v.Value.Median, v.Unit), sign, limit(v.Max, v.Unit))
}
