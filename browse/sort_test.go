package browse_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
)

func TestCompareNames(t *testing.T) {
	for _, names := range [][]string{
		{"1", "2", "10", "10a", "a", "a1", "a2", "a10", "b"},
		{"track 9", "track 10", "track 011", "track 12"},
		{"a.txt", "A.TXT2", "a1"}, // a dot is less than a digit
		{"99999999999999999999", "100000000000000000000"},
		{"Apfel", "äpfel2", "Birne", "éclair", "Zebra", "Ωmega"},
		{"straße", "strasse"},
		{"", "a"},
	} {
		for i := range names {
			for j := range names {
				got := browse.CompareNames(names[i], names[j])
				if names[0] == "straße" && i != j {
					require.NotZero(t, got)
					continue
				}
				require.Equal(t, cmp.Compare(i, j), got, "%q %q", names[i], names[j])
			}
		}
	}
}

func TestLatin(t *testing.T) {
	require.Len(t, browse.Latin, 0x180-0xc0)
	for letter, base := range map[rune]byte{'À': 'a', 'Ç': 'c', 'ß': 's', 'ÿ': 'y', 'Ą': 'a', 'ď': 'd', 'Ğ': 'g', 'İ': 'i', 'ı': 'i', 'Ķ': 'k', 'ł': 'l', 'ň': 'n', 'Ő': 'o', 'ř': 'r', 'š': 's', 'ţ': 't', 'ů': 'u', 'Ŵ': 'w', 'Ÿ': 'y', 'ž': 'z', 'ſ': 's'} {
		require.Equal(t, string(base), string(browse.Latin[letter-0xc0]), string(letter))
	}
	for _, letter := range "ÆÐ×ÞæðþĐđĦħĲĸŊŒŦ" {
		require.Equal(t, " ", string(browse.Latin[letter-0xc0]), string(letter))
	}
}

// TestArrange takes parts of permutations, which have to be what they would be if
// all were sorted, with nothing lost.
func TestArrange(t *testing.T) {
	for _, n := range []int{0, 1, 2, 24, 25, 100, 5000} {
		for range 30 {
			p := make([]int32, n)
			for i, v := range rand.Perm(n) {
				p[i] = int32(v)
			}
			lo := rand.IntN(n + 1)
			hi := lo + rand.IntN(n+1-lo)
			compared := 0
			browse.Arrange(p, lo, hi, func(a, b int32) int { compared++; return cmp.Compare(a, b) })
			for i := lo; i < hi; i++ {
				require.EqualValues(t, i, p[i])
			}
			if lo < hi {
				require.True(t, lo == 0 || slices.Max(p[:lo]) < int32(lo))
			}
			slices.Sort(p)
			for i, v := range p {
				require.EqualValues(t, i, v)
			}
		}
	}
}

// TestArrangeIsPartial counts comparisons: a page of a large folder takes a few for
// each name, which to sort it all does not.
func TestArrangeIsPartial(t *testing.T) {
	const n = 100_000
	for name, order := range map[string]func(int) int32{
		"shuffled": func(i int) int32 { return int32(i * 7919 % n) },
		"sorted":   func(i int) int32 { return int32(i) },
		"reversed": func(i int) int32 { return int32(n - i) },
	} {
		p := make([]int32, n)
		for i := range p {
			p[i] = order(i)
		}
		compared := 0
		browse.Arrange(p, 50_000, 51_000, func(a, b int32) int { compared++; return cmp.Compare(a, b) })
		require.Less(t, compared, 6*n, name)
	}
}
