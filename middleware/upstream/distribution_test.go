package upstream_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

const draws = 100_000

// TestWeights checks that each upstream gets its share, also when others are out:
// proxies are known that give one of two equal targets 90 % once a third is down.
func TestWeights(t *testing.T) {
	for _, policy := range []struct {
		name string
		new  func() upstream.Policy
	}{
		{"random", upstream.Random},
		{"round robin", upstream.RoundRobin},
		{"least conn", upstream.LeastConn},
		{"power of two", upstream.PowerOfTwo},
		{"random choose", func() upstream.Policy { return upstream.RandomChoose(3) }},
		{"least time", upstream.LeastTime},
		{"peak EWMA", upstream.PeakEWMA},
	} {
		for _, tt := range []struct {
			weights []int
			down    string
			want    map[string]float64
		}{
			{[]int{1, 1, 1, 1}, "", map[string]float64{"a": .25, "b": .25, "c": .25, "d": .25}},
			{[]int{8, 1, 1}, "", map[string]float64{"a": .8, "b": .1, "c": .1}},
			{[]int{8, 1, 1}, "a", map[string]float64{"b": .5, "c": .5}},
			{[]int{8, 1, 1}, "c", map[string]float64{"a": 8. / 9, "b": 1. / 9}},
			{[]int{5, 3, 2, 10}, "bd", map[string]float64{"a": 5. / 7, "c": 2. / 7}},
			{[]int{1000, 7, 300}, "", map[string]float64{"a": 1000. / 1307, "b": 7. / 1307, "c": 300. / 1307}},
		} {
			t.Run(fmt.Sprint(policy.name, " of ", tt.weights, " without ", tt.down), func(t *testing.T) {
				t.Parallel()
				g := newGroup(t, upstream.Config{
					Targets: weighted(tt.weights...),
					Policy:  policy.new(),
					Passive: upstream.Passive{MaxFails: 1, MaxPercent: 100},
				})
				for _, which := range tt.down {
					fail(t, g, string(which), 1)
				}
				got := shares(t, g, draws, get("/"))
				require.Len(t, got, len(tt.want))
				for name, want := range tt.want {
					require.InDelta(t, want, got[name], .02, "%v: %v", name, got)
				}
			})
		}
	}
}

// TestFallback checks what becomes of requests without a key or a cookie.
func TestFallback(t *testing.T) {
	for _, policy := range []upstream.Policy{
		upstream.Hash{}, upstream.Hash{Key: upstream.ByCookie("id")}, upstream.NewSticky(upstream.Cookie{}),
	} {
		g := newGroup(t, upstream.Config{Targets: weighted(8, 1, 1), Policy: policy})
		require.InDelta(t, .8, shares(t, g, 10_000, get("/"))["a"], .02)
	}
	for _, policy := range []upstream.Policy{
		upstream.Hash{Fallback: upstream.First()}, upstream.NewSticky(upstream.Cookie{Policy: upstream.First()}),
	} {
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1), Policy: policy})
		require.Equal(t, map[string]float64{"a": 1}, shares(t, g, 1000, get("/")))
	}
}

// TestWeightsOfRetries checks that those that were tried leave their share to the
// others in proportion, not to whoever comes next in a list.
func TestWeightsOfRetries(t *testing.T) {
	for _, policy := range []upstream.Policy{upstream.Random(), upstream.PowerOfTwo(), upstream.LeastConn()} {
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1, 2, 4), Policy: policy})
		tried := only(t, g, "b").Upstream
		got := map[string]float64{}
		for range draws {
			p := pick(t, g, nil, tried)
			got[name(p.Upstream)]++
			p.Done(upstream.Result{})
		}
		require.NotContains(t, got, "b")
		for name, want := range map[string]float64{"a": 1. / 7, "c": 2. / 7, "d": 4. / 7} {
			require.InDelta(t, want, got[name]/draws, .02, "%v", name)
		}
	}
}

// TestRandomIsRandom is a chi-square test at p = 0.01.
func TestRandomIsRandom(t *testing.T) {
	g := newGroup(t, upstream.Config{Targets: weighted(1, 2, 3, 4), Policy: upstream.Random()})
	got, chi := shares(t, g, draws, nil), 0.0
	for i, name := range []string{"a", "b", "c", "d"} {
		expected := float64(i+1) / 10 * draws
		chi += math.Pow(got[name]*draws-expected, 2) / expected
	}
	require.Less(t, chi, 11.34, "of 3 degrees of freedom")
}

// TestRoundRobinIsSmooth checks that no target has more turns in a row than its
// weight makes necessary, and none fewer turns in any stretch than it is due.
func TestRoundRobinIsSmooth(t *testing.T) {
	for _, tt := range []struct {
		weights []int
		longest map[string]int // run
	}{
		{[]int{1, 1, 1}, map[string]int{"a": 1, "b": 1, "c": 1}},
		{[]int{2, 1}, map[string]int{"a": 2, "b": 1}},
		{[]int{8, 1, 1}, map[string]int{"a": 9, "b": 1, "c": 1}}, // Caddy 2: eight and then two
		{[]int{5, 3, 2}, map[string]int{"a": 3, "b": 1, "c": 1}},
	} {
		t.Run(fmt.Sprint(tt.weights), func(t *testing.T) {
			g := newGroup(t, upstream.Config{Targets: weighted(tt.weights...), Policy: upstream.RoundRobin()})
			var order strings.Builder
			for range 10_000 {
				p := pick(t, g, nil)
				order.WriteString(name(p.Upstream))
				p.Done(upstream.Result{})
			}
			if tt.weights[0] == 8 {
				require.NotContains(t, order.String(), "bc", "the light ones lie apart")
				require.NotContains(t, order.String(), "cb", "the light ones lie apart")
			}
			sum := 0
			for _, w := range tt.weights {
				sum += w
			}
			for i, w := range tt.weights {
				name := string(rune('a' + i))
				require.NotContains(t, order.String(), strings.Repeat(name, tt.longest[name]+1))
				stretch := 10 * sum
				for at := 0; at+stretch <= order.Len(); at += sum {
					turns := strings.Count(order.String()[at:at+stretch], name)
					require.InDelta(t, 10*w, turns, 2, "%s of %d", name, stretch)
				}
			}
		})
	}
}

// TestTheLoadedIsNotPicked checks that 3 is less than 50: a proxy is known for which
// it is not, half of the time.
func TestTheLoadedIsNotPicked(t *testing.T) {
	for name, policy := range map[string]upstream.Policy{
		"least conn": upstream.LeastConn(), "power of two": upstream.PowerOfTwo(), "random choose": upstream.RandomChoose(2),
	} {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, upstream.Config{Targets: weighted(1, 1), Policy: policy})
			loads := map[string]int{"a": 50, "b": 3}
			for which, n := range loads {
				for range n {
					only(t, g, which) // and is not done
				}
			}
			got := shares(t, g, draws, nil)
			require.Equal(t, map[string]float64{"b": 1}, got)
		})
	}
}

// TestTwoOfThree checks that two are compared also when one of those drawn is full.
func TestTwoOfThree(t *testing.T) {
	g := newGroup(t, upstream.Config{Targets: weighted(1, 1, 1), MaxConns: 3})
	for _, which := range []string{"a", "c", "a", "c", "c"} {
		only(t, g, which)
	}
	require.Equal(t, "a up, b up, c full", states(g))
	require.Equal(t, map[string]float64{"b": 1}, shares(t, g, 1000, nil))
}

// TestLoadIsRelativeToWeight checks that what is three times as strong may do three
// times as much.
func TestLoadIsRelativeToWeight(t *testing.T) {
	for _, policy := range []upstream.Policy{upstream.LeastConn(), upstream.PowerOfTwo()} {
		g := newGroup(t, upstream.Config{Targets: weighted(3, 1), Policy: policy})
		for range 400 {
			pick(t, g, nil)
		}
		for _, u := range g.Status().Upstreams {
			require.InDelta(t, 100*u.Weight, u.Active, 2)
		}
	}
}

// TestRandomChooseOfAll checks that it is least conn then.
func TestRandomChooseOfAll(t *testing.T) {
	g := newGroup(t, upstream.Config{Targets: weighted(1, 1, 1, 1, 1), Policy: upstream.RandomChoose(9)})
	for range 100 {
		pick(t, g, nil)
	}
	for _, u := range g.Status().Upstreams {
		require.Equal(t, 20, u.Active)
	}
}
