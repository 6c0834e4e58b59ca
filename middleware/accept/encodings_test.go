package accept_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/accept"
)

func TestEncodings(t *testing.T) {
	const none = accept.Identity
	for _, tt := range []struct {
		name   string
		field  string
		choice string // of zstd, br, gzip; with "!" if identity is refused, too
		order  []string
	}{
		{"no field", "-", none, nil},
		{"an empty field", "", none, nil},
		{"commas only", " ,, ,", none, nil},
		{"a browser", "gzip, deflate, br, zstd", "zstd", []string{"zstd", "br", "gzip"}},
		{"one coding", "gzip", "gzip", []string{"gzip"}},
		{"one coding, in capitals", "GZIP", "gzip", []string{"gzip"}},
		{"the old name of gzip", "x-gzip", "gzip", []string{"gzip"}},
		{"the old name of gzip, in capitals", "X-GZip;q=0.5", "gzip", []string{"gzip"}},
		{"no old name of br", "x-br", none, nil},
		{"a name that contains another", "x-gzip-not, gzipped, brotli", none, nil},
		{"the client's weights", "gzip;q=1.0, br;q=0.9, zstd;q=0.8", "gzip", []string{"gzip", "br", "zstd"}},
		{"weights that tie", "gzip;q=0.9, br;q=0.9, zstd;q=0.8", "br", []string{"br", "gzip", "zstd"}},
		{"lines are joined", "deflate\ngzip;q=0.5\nbr", "br", []string{"br", "gzip"}},
		{"a refused coding", "gzip;q=0, br", "br", []string{"br"}},
		{"only a refused coding", "gzip;q=0", none, nil},
		{"a bad weight", "gzip;q=x, br;q=0.1", "br", []string{"br"}},
		{"a parameter", "gzip;level=9", "gzip", []string{"gzip"}},
		{"the first counts", "gzip;q=0, gzip, br;q=0.5, br;q=0", "br", []string{"br"}},
		{"a bad one does not count as first", "gzip;q=x, gzip;q=0.5", "gzip", []string{"gzip"}},
		{"anything", "*", "zstd", []string{"zstd", "br", "gzip"}},
		{"anything else", "gzip, *;q=0.5", "gzip", []string{"gzip", "zstd", "br"}},
		{"anything but", "*, zstd;q=0", "br", []string{"br", "gzip"}},
		{"nothing else", "gzip, *;q=0", "gzip", []string{"gzip"}},
		{"identity above some", "gzip;q=0.5, identity;q=0.7, br;q=0.9", "br", []string{"br"}},
		{"identity above all", "gzip;q=0.5, identity", none, nil},
		{"identity as good as a coding", "identity, gzip", "gzip", []string{"gzip"}},
		{"identity by way of anything", "gzip;q=0.5, *;q=0.7", "zstd", []string{"zstd", "br"}},
		{"identity refused", "identity;q=0, gzip;q=0.1", "gzip", []string{"gzip"}},
		{"identity refused, and nothing else", "identity;q=0", none + "!", nil},
		{"identity refused, and what we lack wanted", "identity;q=0, compress", none + "!", nil},
		{"everything refused", "*;q=0", none + "!", nil},
		{"everything else refused", "*;q=0, identity", none, nil},
		{"everything else refused but little of identity", "*;q=0, identity;q=0.1", none, nil},
		{"little of a coding", "gzip;q=0.001", "gzip", []string{"gzip"}},
		{"garbage", "\x00;;;q==, ;q=1, =,\"gzip\", gzip br", none, nil},
		{"garbage around", ";;, q=1, br ;, gzip q=0", "br", []string{"br"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := accept.Encodings(joined(tt.field))
			got, ok := e.Choose("zstd", "br", "gzip")
			if !ok {
				got += "!"
			}
			require.Equal(t, tt.choice, got)
			require.Equal(t, tt.order, e.Order(nil, "zstd", "br", "gzip"))
		})
	}
}

func TestEncodingsQuality(t *testing.T) {
	for _, tt := range []struct {
		field, coding string
		want          accept.Quality
	}{
		{"-", "gzip", 0},
		{"-", "identity", 1},
		{"gzip", "identity", 1},
		{"gzip", "gzip", 1000},
		{"gzip;q=0.5, *;q=0.2", "br", 200},
		{"gzip;q=0.5, *;q=0.2", "identity", 200},
		{"*;q=0", "identity", 0},
		{"*;q=0, Identity;q=0.3", "identity", 300},
		{"identity;q=0", "identity", 0},
		{"x-compress", "compress", 1000},
		{"*", "dcb", 0},
		{"*", "dcz", 0},
		{"*;q=0.1, dcb", "dcb", 1000},
	} {
		t.Run(tt.field+" of "+tt.coding, func(t *testing.T) {
			require.Equal(t, tt.want, accept.Encodings(joined(tt.field)).Quality(tt.coding))
		})
	}
}

// TestIdentityAmongOffers has identity put before codings that are liked as well.
func TestIdentityAmongOffers(t *testing.T) {
	e := accept.Encodings{"identity, gzip, br;q=0.5"}
	coding, ok := e.Choose("br", "identity", "gzip")
	require.Equal(t, "identity", coding)
	require.True(t, ok)
	require.Equal(t, []string{"identity", "gzip"}, e.Order(nil, "br", "identity", "gzip"))
}

func TestManyOffers(t *testing.T) {
	var offers []string
	for c := 'a'; c <= 'z'; c++ {
		offers = append(offers, string(c))
	}
	e := accept.Encodings{"b;q=0.5, z, y;q=0.9"}
	coding, ok := e.Choose(offers...)
	require.Equal(t, "z", coding)
	require.True(t, ok)
	require.Equal(t, []string{"z", "y", "b"}, e.Order(nil, offers...))
	_, ok = e.Choose()
	require.True(t, ok)
}

func TestNothingIsAllocated(t *testing.T) {
	e := accept.Encodings{"gzip;q=0.8, deflate, br, zstd;q=0.1, *;q=0"}
	types := accept.Types{"text/html, application/json;q=0.9, */*;q=0.1"}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		var buf [4]string
		benchmarked, _ = e.Choose("zstd", "br", "gzip")
		benchmarked = e.Order(buf[:0], "zstd", "br", "gzip")[0]
		benchmarked, _ = types.Choose("text/html", "application/json")
		_ = e.Quality("gzip") + types.Quality("text/html")
	}))
}
