package live_test

import (
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/live"
)

func TestParseFilter(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  live.Filter
	}{
		{"", live.Filter{}},
		{"site=shop&host=example.com&path=/api&method=post", live.Filter{Site: "shop", Host: "example.com", Path: "/api", Method: "POST"}},
		{"status=404", live.Filter{MinStatus: 404, MaxStatus: 404}},
		{"status=5xx", live.Filter{MinStatus: 500, MaxStatus: 599}},
		{"status=400-499", live.Filter{MinStatus: 400, MaxStatus: 499}},
		{"slower=250ms&sample=0.5", live.Filter{Slower: 250 * time.Millisecond, Sample: 0.5}},
		{"older=5s", live.Filter{Slower: 5 * time.Second}},
		{"remote=10.1.2.3/8", live.Filter{Remote: netip.MustParsePrefix("10.0.0.0/8")}},
		{"remote=::1", live.Filter{Remote: netip.MustParsePrefix("::1/128")}},
		{"remote=::ffff:10.1.2.3", live.Filter{Remote: netip.MustParsePrefix("10.1.2.3/32")}},
		{"limit=1", live.Filter{}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			q, err := url.ParseQuery(tt.query)
			require.NoError(t, err)
			got, err := live.ParseFilter(q, "limit")
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestParseFilterErrors(t *testing.T) {
	for _, tt := range []struct{ query, want string }{
		{"status=6xx", `status: "6xx" is not a status such as 404, 5xx or 400-499`},
		{"status=500-400", `status: "500-400" is not a status such as 404, 5xx or 400-499`},
		{"status=", `status: "" is not a status such as 404, 5xx or 400-499`},
		{"slower=5", `slower: "5" is not a duration such as 250ms`},
		{"older=-5s", `older: "-5s" is not a duration such as 250ms`},
		{"sample=0", `sample: "0" is not a fraction such as 0.01`},
		{"sample=2", `sample: "2" is not a fraction such as 0.01`},
		{"sample=NaN", `sample: "NaN" is not a fraction such as 0.01`},
		{"remote=me", `remote: "me" is not a network such as 10.0.0.0/8`},
		{"site=a&site=b", `site: given twice`},
		{"slow=5s", `"slow" is not known here`},
	} {
		t.Run(tt.query, func(t *testing.T) {
			q, err := url.ParseQuery(tt.query)
			require.NoError(t, err)
			_, err = live.ParseFilter(q)
			require.EqualError(t, err, tt.want)
		})
	}
}

// FuzzParseFilter checks that whatever is asked for is a filter, or an error.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{"status=5xx&slower=1s", "remote=10.0.0.0/8&sample=1e-3", "host=[::1]:80", "status=1-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		got, err := live.ParseFilter(q)
		if err != nil {
			require.Equal(t, live.Filter{}, got)
			return
		}
		require.LessOrEqual(t, got.MinStatus, got.MaxStatus)
		require.GreaterOrEqual(t, got.Slower, time.Duration(0))
		require.True(t, got.Sample >= 0 && got.Sample <= 1)
		recorder := open(t)
		serve(recorder, "/x")
		recorder.Slow(got) // which matches, or does not
	})
}

// TestFilter checks which requests match.
func TestFilter(t *testing.T) {
	recorder := open(t)
	serve(recorder, "http://Example.com:8080/api/x?a=b")
	for query, want := range map[string]int{
		"":                      1,
		"host=example.com":      1,
		"host=example.com:8080": 1,
		"host=example":          0,
		"path=/api":             1,
		"path=/app":             0,
		"method=GET":            1,
		"method=PUT":            0,
		"status=2xx":            1,
		"status=404":            0,
		"remote=192.0.2.0/24":   1,
		"remote=10.0.0.0/8":     0,
		"slower=1h":             0,
		"site=s":                1,
		"site=other":            0,
		"sample=1":              1,
	} {
		q, err := url.ParseQuery(query)
		require.NoError(t, err)
		f, err := live.ParseFilter(q)
		require.NoError(t, err)
		found := 0
		for _, r := range recorder.Slow(f) {
			found += len(r.Requests)
		}
		require.Equal(t, want, found, query)
	}
}

// TestSample checks that a sample is about as large as it is said to be.
func TestSample(t *testing.T) {
	const n = 200 // a reader has room for more
	recorder := open(t)
	reader, err := recorder.Tap(live.Filter{Sample: 0.25})
	require.NoError(t, err)
	for range n {
		serve(recorder, "/")
	}
	got := 0
	for reader.Waiting() {
		_, lost, err := reader.Next(t.Context())
		require.NoError(t, err)
		require.Zero(t, lost)
		got++
	}
	require.InDelta(t, n/4, got, n/10)
}
