//go:build !noprobe

package probe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe"
)

func TestWatch(t *testing.T) {
	enabled := func() []bool {
		return []bool{
			probe.RequestEnabled(), probe.LayerEnabled(), probe.UpstreamEnabled(),
			probe.HeaderEnabled(), probe.CompressEnabled(), probe.FastCGIEnabled(), probe.LogEnabled(),
		}
	}
	none, watched := make([]bool, 7), []bool{true, true, true, false, false, false, false}
	require.Equal(t, none, enabled())
	first, second := probe.Watch(), probe.Watch()
	require.Equal(t, watched, enabled())
	first()
	first()
	require.Equal(t, watched, enabled(), "the second still does")
	for _, p := range probe.List() {
		require.LessOrEqual(t, p.Attached, 0, "no tracer is")
	}
	second()
	require.Equal(t, none, enabled())
}

func TestNextID(t *testing.T) {
	require.Equal(t, probe.NextID()+1, probe.NextID())
}

// Empty is what a probe is compared with.
//
//go:noinline
func empty(id uint64, status, bytes, ns int64, r *probe.Request) {}

// BenchmarkProbe is what probes cost while nobody looks.
func BenchmarkProbe(b *testing.B) {
	r := &probe.Request{}
	for _, bb := range []struct {
		name string
		f    func()
	}{
		{"an empty function", func() { empty(1, 200, 10, 5, r) }},
		{"RequestDone", func() { probe.RequestDone(1, 200, 10, 5, r) }},
		{"RequestStart", func() { probe.RequestStart(1, "GET", "/", r) }},
		{"LayerEnter and LayerExit", func() { probe.LayerEnter(1, "gzip"); probe.LayerExit(1, "gzip", 200, 0) }},
		{"LayerEnabled", func() { _ = probe.LayerEnabled() }},
		{"NextID", func() { probe.NextID() }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bb.f()
			}
		})
	}
}
