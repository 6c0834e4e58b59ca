package main

import (
	"testing"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// Benchmark has every row as two ordinary benchmarks, to profile for example:
//
//	go test -run - -bench '/accesslog/.*/ours' -cpuprofile cpu.prof
//
// Figures of the one and the other are not to be compared: that takes pairs.
func Benchmark(b *testing.B) {
	for _, row := range rows() {
		b.Run(row.String(), func(b *testing.B) {
			ours, peer := row.Prepare(b)
			benchmark(b, "ours", ours)
			if row.Peer != "" {
				benchmark(b, "peer", peer)
			}
		})
	}
}

func benchmark(b *testing.B, name string, op pair.Op) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			op.Do()
		}
	})
}
