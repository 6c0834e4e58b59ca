package pair_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

var (
	environment = pair.Environment{
		Go: "go1.26", OS: "linux", Arch: "arm64", Kernel: "Linux 6.18", CPU: "Cortex", Cores: 8, GOMAXPROCS: 4,
		GOGC: "off", Load: "1.5 1.0 0.5",
		Modules:  []pair.Version{{Name: "example.com/peer", Version: "v1.2.3"}},
		Programs: []pair.Version{{Name: "nginx", Version: "nginx/1.22.1"}},
	}
	method = pair.Method{Pairs: 30, Batch: 20 * time.Millisecond}
)

// results has one of every kind.
func results() []pair.Result {
	around := func(v, by float64) pair.Estimate { return pair.Estimate{Median: v, Low: v - by, High: v + by} }
	verdict := func(b pair.Bound, v float64) pair.Verdict {
		return pair.Verdict{Bound: b, Value: pair.Estimate{Median: v}, OK: v <= b.Max, Known: v <= b.Gap}
	}
	cpu := pair.CPU()
	return []pair.Result{{
		Row: pair.Row{Name: "log/line", Peer: "gorilla"}, Meter: cpu,
		Ours:   pair.Figures{Cost: around(812.5, 10), Allocs: 1, Bytes: 48},
		Theirs: &pair.Figures{Cost: around(1763, 20), Allocs: 14.2, Bytes: 71234},
		Ratio:  around(0.4375, 0.03125), Extra: around(-950, 30),
		Verdicts: []pair.Verdict{verdict(pair.MaxRatio(0.5), 0.4375), verdict(pair.MaxTime(800), 812.5)},
	}, {
		Row: pair.Row{Name: "parse"}, Meter: cpu,
		Ours:     pair.Figures{Cost: around(53.25e6, 1e6), Allocs: 30123, Bytes: 26.6e6},
		Verdicts: []pair.Verdict{verdict(pair.MaxTime(80*time.Millisecond), 53.25e6)},
	}, {
		Row: pair.Row{Name: "static", Peer: "nginx"}, Meter: pair.Tree(1),
		Ours:   pair.Figures{Cost: around(61.3e3, 1e3), Allocs: math.NaN(), Bytes: math.NaN()},
		Theirs: &pair.Figures{Cost: around(20.4e3, 1e3), Allocs: math.NaN(), Bytes: math.NaN()},
		Ratio:  around(3, 0.25), Extra: around(40.9e3, 1e3),
	}, {
		Row: pair.Row{Name: "wire", Peer: "gzhttp", Gap: "one write is one write"}, Meter: cpu, SizeRatio: 0.96875,
		Ours:   pair.Figures{Cost: around(100e3, 1e3), Allocs: 40, Bytes: 4096},
		Theirs: &pair.Figures{Cost: around(102e3, 1e3), Allocs: 43, Bytes: 4096},
		Ratio:  around(0.98, 0.01), Extra: around(-2e3, 1e3),
		Verdicts: []pair.Verdict{verdict(pair.MaxRatio(0.95).Until(1), 0.98), verdict(pair.MaxUpperRatio(1.03), 0.99), verdict(pair.MaxSizeRatio(1), 0.96875)},
	}, {
		Row: pair.Row{Name: "proxy", Peer: "haproxy"}, Skipped: "haproxy is not installed",
	}, {
		Row: pair.Row{Name: "gzip", Peer: "gzhttp"}, Failed: "status 500",
	}}
}

func report(r pair.Report) {
	var rows []pair.Row
	for _, result := range results() {
		rows = append(rows, result.Row)
	}
	r.Start(environment, method, rows)
	for _, result := range results() {
		r.Row(result.Row)
		r.Result(result)
	}
	r.End()
}

func TestTable(t *testing.T) {
	var out strings.Builder
	report(pair.Table(&out))
	require.Equal(t, `
Go       go1.26 linux/arm64, GOMAXPROCS 4, GOGC off
machine  Cortex, 8 cores, Linux 6.18, load 1.5 1.0 0.5
module   example.com/peer v1.2.3
program  nginx: nginx/1.22.1
method   medians of 30 pairs of batches of 20ms; in brackets, where they are with a confidence of 95 %

                         ours allocs      B      peer allocs      B   ratio                        bounds
log/line vs gorilla    812 ns      1     48   1.76 µs   14.2  71.2k   0.438 [0.406, 0.469]   MISSED 0.438 ≤ 0.5×, 812 ns > 800 ns
parse                 53.2 ms  30.1k  26.6M                                 [52.2 ms, 54.2 ms] ok     53.2 ms ≤ 80 ms
static vs nginx       61.3 µs      ?      ?   20.4 µs      ?      ?   3.000 [2.750, 3.250]          by CPU of other processes
wire vs gzhttp         100 µs     40  4.10k    102 µs     43  4.10k   0.980 [0.970, 0.990]   gap    0.980 > 0.95×, 0.990 ≤ 1.03× at most, 0.969 ≤ 1× of size
proxy vs haproxy    skipped: haproxy is not installed
gzip vs gzhttp      FAILED: status 500

6 rows, 2 missed or failed
  log/line vs gorilla
  gzip vs gzhttp
1 with a gap that is known
  wire vs gzhttp: one write is one write
`, "\n"+out.String())
}

func TestLines(t *testing.T) {
	var out strings.Builder
	report(pair.Lines(&out))
	require.Equal(t, `
{"go":"go1.26","os":"linux","arch":"arm64","kernel":"Linux 6.18","cpu":"Cortex","cores":8,"gomaxprocs":4,"gogc":"off","load":"1.5 1.0 0.5","modules":[{"name":"example.com/peer","version":"v1.2.3"}],"programs":[{"name":"nginx","version":"nginx/1.22.1"}],"pairs":30,"batch_ns":20000000}
{"name":"log/line","peer":"gorilla","status":"MISSED","meter":"CPU","unit":"ns","ours":{"cost":{"median":812.5,"low":802.5,"high":822.5},"allocs":1,"bytes":48},"theirs":{"cost":{"median":1763,"low":1743,"high":1783},"allocs":14.2,"bytes":71234},"ratio":{"median":0.4375,"low":0.40625,"high":0.46875},"extra":{"median":-950,"low":-980,"high":-920},"bounds":[{"max":0.5,"unit":"×","value":0.4375,"ok":true},{"max":800,"unit":"ns","value":812.5,"ok":false}]}
{"name":"parse","status":"ok","meter":"CPU","unit":"ns","ours":{"cost":{"median":53250000,"low":52250000,"high":54250000},"allocs":30123,"bytes":26600000},"bounds":[{"max":80000000,"unit":"ns","value":53250000,"ok":true}]}
{"name":"static","peer":"nginx","meter":"CPU of other processes","unit":"ns","ours":{"cost":{"median":61300,"low":60300,"high":62300}},"theirs":{"cost":{"median":20400,"low":19400,"high":21400}},"ratio":{"median":3,"low":2.75,"high":3.25},"extra":{"median":40900,"low":39900,"high":41900}}
{"name":"wire","peer":"gzhttp","status":"gap","why":"one write is one write","meter":"CPU","unit":"ns","ours":{"cost":{"median":100000,"low":99000,"high":101000},"allocs":40,"bytes":4096},"theirs":{"cost":{"median":102000,"low":101000,"high":103000},"allocs":43,"bytes":4096},"ratio":{"median":0.98,"low":0.97,"high":0.99},"extra":{"median":-2000,"low":-3000,"high":-1000},"size_ratio":0.96875,"bounds":[{"max":0.95,"unit":"×","value":0.98,"ok":false},{"max":1.03,"unit":"× at most","value":0.99,"ok":true},{"max":1,"unit":"× of size","value":0.96875,"ok":true}]}
{"name":"proxy","peer":"haproxy","status":"skipped","why":"haproxy is not installed"}
{"name":"gzip","peer":"gzhttp","status":"FAILED","why":"status 500"}
`, "\n"+out.String())
}

func TestList(t *testing.T) {
	var out strings.Builder
	pair.List(&out, []pair.Row{
		{Name: "log/line", Peer: "gorilla", Bounds: []pair.Bound{pair.MaxRatio(0.5), pair.MaxAllocs(2)}},
		{Name: "parse", Bounds: []pair.Bound{pair.MaxTime(80 * time.Millisecond)}},
	})
	require.Equal(t, `
log/line vs gorilla  ≤ 0.5×, ≤ 2 allocs
parse                ≤ 80 ms
`, "\n"+out.String())
}
