package pair_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// TestEstimateOfRanks compares intervals with the table of ranks in Conover,
// Practical Nonparametric Statistics, and its like: with the values 1 to n, a
// limit is its own rank.
func TestEstimateOfRanks(t *testing.T) {
	for n, low := range map[int]float64{
		6: 1, 7: 1, 8: 1, 9: 2, 10: 2, 11: 2, 12: 3, 15: 4, 17: 5, 20: 6, 25: 8, 30: 10, 40: 14, 50: 18, 100: 40,
		1000: 469,
	} {
		var sample []float64
		for _, i := range rand.Perm(n) {
			sample = append(sample, float64(i+1))
		}
		want := pair.Estimate{Median: float64(n+1) / 2, Low: low, High: float64(n+1) - low}
		require.Equal(t, want, pair.EstimateOf(sample), "of %d", n)
	}
}

func TestEstimateOf(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sample []float64
		want   pair.Estimate
	}{
		{"all the same", []float64{2, 2, 2, 2, 2, 2}, pair.Estimate{Median: 2, Low: 2, High: 2}},
		{"one batch that was disturbed", []float64{1, 1, 1, 1, 900, 1, 1, 1, 1}, pair.Estimate{Median: 1, Low: 1, High: 1}},
		{"two groups", []float64{9, 1, 9, 1, 9, 1, 9, 1}, pair.Estimate{Median: 5, Low: 1, High: 9}},
		{"below zero", []float64{-3, -1, -2, -6, -5, -4}, pair.Estimate{Median: -3.5, Low: -6, High: -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := append([]float64(nil), tt.sample...)
			require.Equal(t, tt.want, pair.EstimateOf(tt.sample))
			require.Equal(t, before, tt.sample, "the sample is in the order of measurement")
		})
	}
}

// TestEstimateOfFew checks that nothing is claimed of what cannot be known.
func TestEstimateOfFew(t *testing.T) {
	e := pair.EstimateOf([]float64{1, 2, 3, 4, 5})
	require.Equal(t, 3.0, e.Median)
	require.True(t, math.IsNaN(e.Low) && math.IsNaN(e.High))
	require.True(t, math.IsNaN(pair.EstimateOf(nil).Median))
}

// TestEstimateOfCovers checks that the true median is within as many intervals as
// it should, of a distribution that is anything but normal.
func TestEstimateOfCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rounds = 5000
	for _, n := range []int{pair.MinPairs, 20, 30, 31} {
		covered := 0
		for range rounds {
			sample := make([]float64, n)
			for i := range sample {
				sample[i] = rng.ExpFloat64()
			}
			if e := pair.EstimateOf(sample); e.Low <= math.Ln2 && math.Ln2 <= e.High {
				covered++
			}
		}
		require.GreaterOrEqual(t, float64(covered)/rounds, 0.95, "of %d", n)
	}
}
