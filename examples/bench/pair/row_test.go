package pair_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

func TestSelect(t *testing.T) {
	rows := []pair.Row{{Name: "static/1 KiB", Peer: "nginx"}, {Name: "static/1 MiB", Peer: "net/http"}, {Name: "chain"}}
	for expr, want := range map[string][]string{
		"":              {"static/1 KiB vs nginx", "static/1 MiB vs net/http", "chain"},
		"^static":       {"static/1 KiB vs nginx", "static/1 MiB vs net/http"},
		"vs nginx|hain": {"static/1 KiB vs nginx", "chain"},
	} {
		selected, err := pair.Select(rows, expr)
		require.NoError(t, err)
		var names []string
		for _, row := range selected {
			names = append(names, row.String())
		}
		require.Equal(t, want, names)
	}
	_, err := pair.Select(rows, "gzip")
	require.EqualError(t, err, `no row matches "gzip"`)
	_, err = pair.Select(rows, "(")
	require.ErrorContains(t, err, "missing closing")
}

// TestRunRefuses checks what cannot be measured, whatever it came to.
func TestRunRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pairs int
		rows  []pair.Row
		want  string
	}{
		{"too few pairs", 5, nil, "5 pairs: there have to be from 6 to 250"},
		{"too many pairs", 251, nil, "251 pairs: there have to be from 6 to 250"},
		{"the same name", 6, []pair.Row{{Name: "a", Peer: "b"}, {Name: "a", Peer: "b"}}, `there are two rows "a vs b"`},
		{"the same name with different peers", 6, []pair.Row{{Name: "a", Peer: "b"}, {Name: "a"}}, ""},
		{"a ratio to nothing", 6, []pair.Row{{Name: "a", Bounds: []pair.Bound{pair.MaxRatio(2)}}}, `row "a" has the bound ≤ 2× but no peer`},
		{"a gap without a reason", 6, []pair.Row{{Name: "a", Bounds: []pair.Bound{pair.MaxAllocs(1).Until(2)}}}, `row "a" does not say why there is a gap`},
		{"too few pairs of a row", 6, []pair.Row{{Name: "a", Pairs: 5}}, `row "a" has 5 pairs: there have to be from 6 to 250`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.rows { // which are not to be measured: that is another test's
				tt.rows[i].Setup = func(t pair.TB) (ours, peer pair.Op) { t.Skip("not needed"); return }
			}
			_, err := pair.Method{Pairs: tt.pairs}.Run(t.Context(), tt.rows, new(notes))
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestBoundString(t *testing.T) {
	for want, b := range map[string]pair.Bound{
		"≤ 0.15×":          pair.MaxRatio(0.15),
		"≤ 1×":             pair.MaxRatio(1),
		"≤ 1.03× at most":  pair.MaxUpperRatio(1.03),
		"≤ 0.025× of size": pair.MaxSizeRatio(0.025),
		"≤ 0 wrong":        pair.MaxCount(0, "wrong"),
		"≤ 80 ms":          pair.MaxTime(80 * time.Millisecond),
		"≤ 1.5 µs":         pair.MaxTime(1500 * time.Nanosecond),
		"≤ 150 ns more":    pair.MaxExtra(150),
		"≤ 2 allocs":       pair.MaxAllocs(2),
		"≤ 0 more allocs":  pair.MaxExtraAllocs(0),
		"≤ 4.096k B":       pair.MaxBytes(4096),
	} {
		require.Equal(t, want, b.String())
	}
}

// TestNeeds checks that a row is skipped where its program is not installed, and
// that of one that is the version is known.
func TestNeeds(t *testing.T) {
	nothing := two(pair.Op{Do: func() {}}, pair.Op{})
	rows := []pair.Row{
		{Name: "a", Setup: nothing, Needs: []pair.Program{{Name: "go", Version: "version"}}},
		{Name: "b", Setup: nothing, Needs: []pair.Program{{Name: "no-such-program", Version: "-v"}}},
		{Name: "c", Setup: nothing, Needs: []pair.Program{{Name: "go", Version: "version"}}},
	}
	var n notes
	ok, err := pair.Method{Pairs: pair.MinPairs}.Run(t.Context(), rows, &n)
	require.NoError(t, err)
	require.True(t, ok, "what was skipped has broken nothing")
	require.Len(t, n.env.Programs, 1)
	require.Equal(t, "go", n.env.Programs[0].Name)
	require.Contains(t, n.env.Programs[0].Version, "go version go")
	require.Empty(t, n.results[0].Skipped)
	require.Contains(t, n.results[1].Skipped, "no-such-program")
}

func TestEnvironment(t *testing.T) {
	var n notes
	_, err := pair.Method{Pairs: pair.MinPairs}.Run(t.Context(), nil, &n)
	require.NoError(t, err)
	require.NotEmpty(t, n.env.Go)
	require.NotZero(t, n.env.Cores)
	require.NotZero(t, n.env.GOMAXPROCS)
	require.NotEmpty(t, n.env.GOGC)
}

// TestFetch checks that a row fails if what it is about cannot be had.
func TestFetch(t *testing.T) {
	nothing := two(pair.Op{Do: func() {}}, pair.Op{})
	fetch := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	rows := []pair.Row{
		{Name: "a", Setup: nothing, Fetch: fetch(nil)},
		{Name: "b", Setup: nothing, Fetch: fetch(errors.New("no network"))},
	}
	var n notes
	ok, err := pair.Method{Pairs: pair.MinPairs}.Run(t.Context(), rows, &n)
	require.NoError(t, err)
	require.False(t, ok)
	require.Empty(t, n.results[0].Failed)
	require.Equal(t, "no network", n.results[1].Failed)
}
