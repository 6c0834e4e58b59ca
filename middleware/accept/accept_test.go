package accept_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/accept"
)

func TestVary(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before []string
		field  string
		want   []string
	}{
		{"none yet", nil, "Accept-Encoding", []string{"Accept-Encoding"}},
		{"another field, none yet", nil, "Accept", []string{"Accept"}},
		{"added to another", []string{"Origin"}, "Accept", []string{"Origin, Accept"}},
		{"part of another's name is not it", []string{"Accept-Encoding"}, "Accept", []string{"Accept-Encoding, Accept"}},
		{"there already", []string{"Accept"}, "Accept", []string{"Accept"}},
		{"there already, in another case", []string{"Origin,\taccept ,X"}, "Accept", []string{"Origin,\taccept ,X"}},
		{"there already, on another line", []string{"Origin", "Accept"}, "Accept", []string{"Origin", "Accept"}},
		{"lines are joined", []string{"Origin", "Cookie"}, "Accept", []string{"Origin, Cookie, Accept"}},
		{"everything", []string{"*"}, "Accept", []string{"*"}},
		{"everything, among others", []string{"Origin", "Cookie, *"}, "Accept", []string{"Origin", "Cookie, *"}},
		{"everything is asked for", []string{"Origin", "Cookie"}, "*", []string{"*"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Vary": tt.before}
			accept.Vary(h, tt.field)
			require.Equal(t, tt.want, h["Vary"])
		})
	}
}

// TestVaryIsNobodysElse checks that one response's Vary can be added to without
// another's changing.
func TestVaryIsNobodysElse(t *testing.T) {
	first, second := http.Header{}, http.Header{}
	accept.Vary(first, "Accept-Encoding")
	accept.Vary(second, "Accept-Encoding")
	first.Add("Vary", "Origin")
	accept.Vary(first, "Cookie")
	require.Equal(t, []string{"Accept-Encoding, Origin, Cookie"}, first["Vary"])
	require.Equal(t, []string{"Accept-Encoding"}, second["Vary"])
}

// TestWeight reads weights through the quality of a coding: 0 if they make no
// sense, as the coding is not listed then.
func TestWeight(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want accept.Quality
	}{
		{"", 1000},
		{";q=1", 1000},
		{";q=1.", 1000},
		{";q=1.000", 1000},
		{";q=0.5", 500},
		{";q=0.25", 250},
		{";q=0.999", 999},
		{";q=0.9999", 999},
		{";q=.2", 200},
		{";q=0.", 0},
		{";q=0", 0},
		{";q=0.000", 0},
		{";q=0.0001", 1},
		{";Q=0.5", 500},
		{" \t; \tq = 0.5 ", 500},
		{";q=0.5;q=0.7", 700},
		{";", 1000},
		{";;q=0.5", 500},
		{";level=1;q=0.5", 500},
		{`;x="a,b;q=0.1\"";q=0.5`, 500},
		{";quality=0.5", 1000},
		{";q", 1000},
		{";q=", 0},
		{";q=.", 0},
		{";q=1.5", 0},
		{";q=1.001", 0},
		{";q=2", 0},
		{";q=00", 0},
		{";q=-1", 0},
		{";q=+1", 0},
		{";q=1e0", 0},
		{";q=0.5x", 0},
		{`;q="1"`, 0},
		{";q=0,5", 0},
		{`;x="never closed, br, gzip;q=0.1`, 1000},
	} {
		t.Run(tt.in, func(t *testing.T) {
			require.Equal(t, tt.want, accept.Encodings{"br;q=0.3, gzip" + tt.in}.Quality("gzip"))
		})
	}
}

// benchmarked keeps results alive.
var benchmarked string

func BenchmarkVary(b *testing.B) {
	h := http.Header{}
	b.ReportAllocs()
	for b.Loop() {
		clear(h)
		accept.Vary(h, "Accept-Encoding")
	}
}

func BenchmarkEncodings(b *testing.B) {
	h := http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}}
	b.Run("Choose", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			benchmarked, _ = accept.EncodingsOf(h).Choose("zstd", "br", "gzip")
		}
	})
	b.Run("Order", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var buf [4]string
			benchmarked = accept.EncodingsOf(h).Order(buf[:0], "zstd", "br", "gzip")[0]
		}
	})
	b.Run("Choose with weights", func(b *testing.B) {
		weighed := accept.Encodings{"gzip;q=0.8, deflate;q=0.5, br;q=1.0, *;q=0.1"}
		b.ReportAllocs()
		for b.Loop() {
			benchmarked, _ = weighed.Choose("zstd", "br", "gzip")
		}
	})
}

func BenchmarkTypes(b *testing.B) {
	h := http.Header{"Accept": {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}}
	b.ReportAllocs()
	for b.Loop() {
		benchmarked, _ = accept.TypesOf(h).Choose("text/html", "application/json", "text/plain")
	}
}

// joined makes one value of how a test writes several field lines; "-" is none.
func joined(s string) []string {
	if s == "-" {
		return nil
	}
	return strings.Split(s, "\n")
}
