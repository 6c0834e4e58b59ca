package pair

import (
	"math"
	"slices"
)

// MinPairs is the least number of pairs there is an interval for.
const MinPairs = 6

// MaxPairs is more than anybody needs.
const MaxPairs = 250

// An Estimate is the median of a sample, and an interval for that of what the
// sample was drawn from.
type Estimate struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

func exactly(value float64) Estimate { return Estimate{value, value, value} }

// EstimateOf returns the median of a sample of MinPairs to 1,000 values with
// its interval of at least 95 % confidence. The interval goes from one value of
// the sample to another: the number of values below the true median is
// binomially distributed, whatever the distribution of the values (David and
// Nagaraja, Order Statistics, section 7.1). Smaller samples have no interval.
func EstimateOf(sample []float64) Estimate {
	n := len(sample)
	if n == 0 {
		return Estimate{math.NaN(), math.NaN(), math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(sample))
	e := Estimate{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: math.NaN(), High: math.NaN()}
	if k := rank(n); k > 0 {
		e.Low, e.High = sorted[k-1], sorted[n-k]
	}
	return e
}

// rank returns the greatest k for which the true median is below the k-th of n
// values, or above the k-th from the top, with a probability of at most 5 %; 0 if
// there is none.
func rank(n int) (k int) {
	term := math.Pow(0.5, float64(n)) // the probability that exactly k values are below
	for tail := term; 2*tail <= 0.05; tail += term {
		k++
		term *= float64(n-k+1) / float64(k)
	}
	return k
}
