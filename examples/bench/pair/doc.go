// Package pair measures claims such as "this takes at most half of the time that
// takes", on machines that are never quiet.
//
//	pair.Row{
//		Name:   "recorder/edge",
//		Peer:   "httpsnoop",
//		Bounds: []pair.Bound{pair.MaxRatio(0.15), pair.MaxAllocs(1)},
//		Setup: func(t pair.TB) (ours, peer pair.Op) {
//			return pair.Op{Do: func() { … }}, pair.Op{Do: func() { … }}
//		},
//	}
//
// Both sides of a row are run by turns, in batches that take some 40 ms each:
// ours, the peer, the peer, ours, and so on, with a garbage collection before
// every batch. Whatever else the machine is busy with disturbs both batches of
// a pair, and tends to fall out of their ratio. It is the median of the ratios
// that counts, and that comes with an interval: in 95 of 100 runs of the whole
// comparison, or more, the interval contains the true median, however the
// ratios are distributed (see [EstimateOf]).
//
// What is measured is CPU time, that of the garbage collector included, unless
// an [Op] says otherwise by its [Meter]: wall clock, the CPU time of other
// processes, or whatever else can be counted. Allocations are always counted.
//
// A row without a peer has bounds of its own sort: an absolute time, a number of
// allocations. Those are medians, too.
package pair
