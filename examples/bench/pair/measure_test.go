package pair_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// notes is a Report that remembers.
type notes struct {
	env     pair.Environment
	results []pair.Result
	ended   bool
}

func (n *notes) Start(env pair.Environment, _ pair.Method, _ []pair.Row) { n.env = env }
func (n *notes) Row(pair.Row)                                            {}
func (n *notes) Result(r pair.Result)                                    { n.results = append(n.results, r) }
func (n *notes) End()                                                    { n.ended = true }

const batch = 20 * time.Millisecond

// run measures rows, and returns what came of the first and of all.
func run(t *testing.T, rows ...pair.Row) (pair.Result, bool) {
	t.Helper()
	var n notes
	ok, err := pair.Method{Pairs: pair.MinPairs, Batch: batch}.Run(t.Context(), rows, &n)
	require.NoError(t, err)
	require.True(t, n.ended)
	require.Len(t, n.results, len(rows))
	return n.results[0], ok
}

// asleep returns an operation that takes just so long.
func asleep(d time.Duration) pair.Op {
	return pair.Op{Do: func() { middlewaretest.Pass(d) }, Meter: pair.Wall()}
}

func two(ours, peer pair.Op) func(pair.TB) (pair.Op, pair.Op) {
	return func(pair.TB) (pair.Op, pair.Op) { return ours, peer }
}

func always(v float64) pair.Estimate { return pair.Estimate{Median: v, Low: v, High: v} }

// TestMeasure checks the figures where time is exact.
func TestMeasure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ok := run(t, pair.Row{Name: "a", Peer: "b", Setup: two(asleep(3*time.Millisecond), asleep(4*time.Millisecond))})
		require.True(t, ok)
		require.Equal(t, always(3e6), r.Ours.Cost)
		require.Equal(t, always(4e6), r.Theirs.Cost)
		require.Equal(t, always(0.75), r.Ratio)
		require.Equal(t, always(-1e6), r.Extra)
		require.Equal(t, "wall", r.Meter.Name)
	})
}

func TestMeasureWithoutPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := run(t, pair.Row{Name: "a", Setup: two(asleep(time.Minute), pair.Op{})})
		require.Equal(t, always(60e9), r.Ours.Cost)
		require.Nil(t, r.Theirs)
	})
}

// TestMeasureTakesTurns checks who runs when, and that batches take as long as
// they should, whatever an operation takes.
func TestMeasureTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns strings.Builder
		taken := map[byte]time.Duration{}
		side := func(name byte, d time.Duration) pair.Op {
			meter := pair.Wall()
			read, at := meter.Read, int64(-1)
			meter.Read = func() (int64, error) { // before and after a batch
				now, err := read()
				if at < 0 {
					turns.WriteByte(name)
					at = now
				} else {
					taken[name] = time.Duration(now - at)
					at = -1
				}
				return now, err
			}
			return pair.Op{Do: func() { middlewaretest.Pass(d) }, Meter: meter}
		}
		run(t, pair.Row{Name: "a", Peer: "b", Setup: two(side('A', 100*time.Microsecond), side('B', time.Second))})
		require.Equal(t, "ABBAABBAABBA", turns.String())
		require.Equal(t, time.Second, taken['B'])
		require.GreaterOrEqual(t, taken['A'], batch)
		require.Less(t, taken['A'], 2*batch)
	})
}

// TestMeasureAllocations checks that it is operations that are counted.
func TestMeasureAllocations(t *testing.T) {
	var kept []byte
	do := func(n int) pair.Op {
		return pair.Op{Do: func() {
			for range n {
				kept = make([]byte, 64)
			}
		}}
	}
	r, ok := run(t, pair.Row{
		Name: "a", Peer: "b", Setup: two(do(3), do(1)),
		Bounds: []pair.Bound{pair.MaxAllocs(3), pair.MaxExtraAllocs(2), pair.MaxBytes(200)},
	})
	require.Len(t, kept, 64)
	require.True(t, ok, r.Verdicts)
	require.Equal(t, 3.0, r.Ours.Allocs)
	require.Equal(t, 1.0, r.Theirs.Allocs)
	require.InDelta(t, 192, r.Ours.Bytes, 1)
	require.Equal(t, "CPU", r.Meter.Name)
}

// TestMeasureAgain checks that a bound is only missed for good where that is
// beyond doubt.
func TestMeasureAgain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		slow  func(batch int) bool // whether ours is, once it is measured
		ok    bool
		count int
	}{
		{"never", func(int) bool { return false }, true, 6},
		{"always", func(int) bool { return true }, false, 6},
		{"more often than not, at first", func(i int) bool { return i < 5 }, true, 6 + 4*6},
		{"more often than not", func(i int) bool { return i%3 != 0 }, false, 6 + 4*6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, reads := asleep(batch), 0
				wall := ours.Meter.Read
				ours.Meter.Read = func() (int64, error) { reads++; return wall() }
				ours.Do = func() {
					middlewaretest.Pass(batch)
					if reads > 0 && tt.slow(reads/2) {
						middlewaretest.Pass(batch)
					}
				}
				r, ok := run(t, pair.Row{
					Name: "a", Peer: "b", Bounds: []pair.Bound{pair.MaxRatio(1.5)}, Setup: two(ours, asleep(batch)),
				})
				require.Equal(t, tt.ok, ok, r.Ratio)
				require.Equal(t, tt.count, reads/2)
			})
		})
	}
}

// TestMeasureFails checks what a row fails with, or is skipped for.
func TestMeasureFails(t *testing.T) {
	other := asleep(time.Millisecond)
	other.Meter.Name = "something else"
	none := pair.Op{Do: func() { middlewaretest.Pass(time.Second) }, Meter: pair.Counter("none", "B", func() int64 { return 0 })}
	reads := func(err error) pair.Op {
		op := asleep(time.Second)
		op.Meter.Read = func() (int64, error) { return 0, err }
		return op
	}
	for _, tt := range []struct {
		name           string
		setup          func(pair.TB) (pair.Op, pair.Op)
		failed, skiped string
	}{
		{"in Setup", func(t pair.TB) (pair.Op, pair.Op) { t.Fatal("no file"); panic("reached") }, "no file", ""},
		// That of a row, which the report tells: the test itself goes on.
		{"for good reason", func(t pair.TB) (pair.Op, pair.Op) { t.Skip("no disk"); panic("reached") }, "", "no disk"},
		{"while it is measured", func(t pair.TB) (pair.Op, pair.Op) {
			return pair.Op{Do: func() { t.Fatalf("status %d", 500) }}, pair.Op{}
		}, "status 500", ""},
		{"apples and oranges", two(asleep(time.Millisecond), other), "there is no comparing wall with something else", ""},
		{"nothing to compare with", two(none, none), "the peer takes nothing that could be compared with", ""},
		{"a meter that fails", two(reads(errors.New("no such process")), asleep(time.Second)), "no such process", ""},
		{"a meter that there is not", two(reads(errors.ErrUnsupported), asleep(time.Second)), "", "not on "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cleaned := false
				setup := func(t pair.TB) (pair.Op, pair.Op) {
					t.Cleanup(func() { cleaned = t.Context().Err() != nil })
					return tt.setup(t)
				}
				bounds := []pair.Bound{pair.MaxRatio(0)}
				r, ok := run(t, pair.Row{Name: "a", Peer: "b", Bounds: bounds, Setup: setup})
				require.Equal(t, tt.failed, r.Failed)
				require.Equal(t, tt.skiped != "", strings.HasPrefix(r.Skipped, tt.skiped) && r.Skipped != "")
				require.Equal(t, tt.failed == "", ok)
				require.True(t, cleaned, "after the context ended")
			})
		})
	}
}

func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	rows := []pair.Row{
		{Name: "a", Setup: two(pair.Op{Do: interrupt}, pair.Op{})},
		{Name: "b", Setup: two(pair.Op{Do: func() {}}, pair.Op{})},
	}
	var n notes
	ok, err := pair.Method{Pairs: pair.MinPairs}.Run(ctx, rows, &n)
	require.False(t, ok)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, n.results, 1)
	require.Equal(t, "interrupted", n.results[0].Failed)
}

// TestMeasureSizes checks that what both sides make is compared, and that nothing
// is claimed of what is not known.
func TestMeasureSizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := func(size int64) pair.Op {
			op := asleep(time.Millisecond)
			op.Size = size
			return op
		}
		bounds := []pair.Bound{pair.MaxSizeRatio(0.5)}
		r, ok := run(t, pair.Row{Name: "a", Peer: "b", Bounds: bounds, Setup: two(of(50), of(100))})
		require.True(t, ok)
		require.Equal(t, 0.5, r.SizeRatio)
		_, ok = run(t, pair.Row{Name: "a", Peer: "b", Bounds: bounds, Setup: two(of(51), of(100))})
		require.False(t, ok)
		r, ok = run(t, pair.Row{Name: "a", Peer: "b", Bounds: bounds, Setup: two(of(50), of(0))})
		require.False(t, ok)
		require.Zero(t, r.SizeRatio)
	})
}

// TestMeasureMany checks that operations at once are measured together.
func TestMeasureMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours := asleep(4 * time.Millisecond)
		ours.Many = func(n int) { middlewaretest.Pass(time.Duration(n) * time.Millisecond) }
		r, ok := run(t, pair.Row{Name: "a", Peer: "b", Setup: two(ours, asleep(4*time.Millisecond))})
		require.True(t, ok)
		require.Equal(t, always(1e6), r.Ours.Cost)
		require.Equal(t, always(0.25), r.Ratio)
	})
}

// TestMeasureGap checks that a known gap fails nothing, and that one that has become
// larger does.
func TestMeasureGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		row := pair.Row{
			Name: "a", Peer: "b", Gap: "it is known", Bounds: []pair.Bound{pair.MaxUpperRatio(0.5).Until(0.8)},
			Setup: two(asleep(3*time.Millisecond), asleep(4*time.Millisecond)),
		}
		r, ok := run(t, row)
		require.True(t, ok)
		require.Equal(t, "gap", r.Status())
		row.Bounds[0].Gap = 0.7
		r, ok = run(t, row)
		require.False(t, ok)
		require.Equal(t, "MISSED", r.Status())
		row.Bounds[0].Max = 0.75
		r, ok = run(t, row)
		require.True(t, ok)
		require.Equal(t, "ok", r.Status())
	})
}

// TestMeasurePairs checks that a row may have fewer pairs, but not more.
func TestMeasurePairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for pairs, want := range map[int]int{0: 10, 6: 6, 20: 10} {
			n := 0
			op := pair.Op{Meter: pair.Wall(), Do: func() { n++; middlewaretest.Pass(time.Minute) }}
			rows := []pair.Row{{Name: "a", Pairs: pairs, Setup: two(op, pair.Op{})}}
			_, err := pair.Method{Pairs: 10, Batch: batch}.Run(t.Context(), rows, new(notes))
			require.NoError(t, err)
			require.Equal(t, want+2, n, "with one for what happens only once, and one to see how long it takes")
		}
	})
}
