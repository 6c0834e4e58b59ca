package live_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/live"
)

// TestBuckets checks that each begins where the one before ends, and is wide an
// eighth of its middle at most, either way.
func TestBuckets(t *testing.T) {
	for i := range live.Buckets {
		from, to := live.Lower(i), live.Lower(i+1)
		require.Less(t, from, to)
		require.Equal(t, i, live.BucketOf(from))
		require.Equal(t, i, live.BucketOf(to-1))
		if i >= 4 {
			require.LessOrEqual(t, float64(to-from)/2, float64(from+to)/2/8)
		}
	}
	require.Equal(t, live.Buckets-1, live.BucketOf(math.MaxInt64))
	require.Greater(t, live.Lower(live.Buckets), time.Hour)
}

// TestQuantile compares quantiles with those of the sorted values.
func TestQuantile(t *testing.T) {
	var (
		h   live.Histogram
		all []time.Duration
	)
	require.Zero(t, h.Quantile(0.5))
	for i := range 1000 {
		all = append(all, time.Duration(1+i*i)*time.Microsecond)
	}
	h.Add(all...)
	slices.Sort(all)
	require.EqualValues(t, 1000, h.Count)
	for _, q := range []float64{0.1, 0.5, 0.9, 0.99, 0.999} {
		require.InEpsilon(t, all[int(q*1000)], h.Quantile(q), 0.125, "quantile %v", q)
	}
}
