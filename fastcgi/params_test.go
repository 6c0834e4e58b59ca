package fastcgi_test

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
)

func TestParams(t *testing.T) {
	t.Run("pairs come out in the order they went in", func(t *testing.T) {
		p := newParams("A", "b", "", "", "A", strings.Repeat("x", 128))
		p.Join("C", ", ", "d", "", "e")
		p.Join("D", ", ")
		p.Join("E", "", "/srv", "/index.php")
		var got []string
		for name, value := range p.All() {
			got = append(got, name+"="+value)
		}
		require.Equal(t, []string{"A=b", "=", "A=" + strings.Repeat("x", 128), "C=d, , e", "D=", "E=/srv/index.php"}, got)
		for range p.All() {
			break
		}
	})
	t.Run("those of a site can be made once", func(t *testing.T) {
		site, p := newParams("A", "b"), newParams("C", "d")
		p.Append(site)
		require.Equal(t, map[string]string{"A": "b", "C": "d"}, maps.Collect(p.All()))
		require.Equal(t, 4+4, p.Len())
	})
	t.Run("Reset forgets pairs and errors", func(t *testing.T) {
		p := newParams("A", strings.Repeat("x", 1<<16), "B", "c")
		require.ErrorIs(t, p.Err(), fastcgi.ErrTooLarge)
		q := new(fastcgi.Params)
		q.Append(p)
		require.ErrorIs(t, q.Err(), fastcgi.ErrTooLarge)
		p.Reset()
		require.NoError(t, p.Err())
		require.Zero(t, p.Len())
	})
	t.Run("what is too large is refused, and not cut off", func(t *testing.T) {
		s := startApp(t, always(hello))
		_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), &fastcgi.Request{Params: newParams("HTTP_X", strings.Repeat("x", 65_530))})
		require.EqualError(t, err, "fastcgi: "+s.target().Addr+": request: a parameter of more than 65,535 bytes")
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, asError(t, err).StatusCode())
		require.Zero(t, s.count())
	})
	t.Run("nothing is allocated the second time", func(t *testing.T) {
		p := newParams("A", strings.Repeat("x", 1000))
		require.Zero(t, testing.AllocsPerRun(10, func() {
			p.Reset()
			p.Add("A", "b")
			p.Join("C", "; ", "d", "e")
		}))
	})
}

// sent returns what arrives of p at an application.
func sent(t testing.TB, p *fastcgi.Params) *asked {
	t.Helper()
	ours, theirs := net.Pipe()
	got := make(chan *asked, 1)
	go func() {
		defer theirs.Close()
		peer := newPeer(theirs, 0)
		r := peer.request()
		got <- r
		if r != nil {
			peer.reply(hello)
		}
	}()
	_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{MaxIdle: -1, Dial: dialing(ours)}), target, &fastcgi.Request{Params: p})
	require.NoError(t, err)
	return <-got
}

func TestParamsArrive(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, tt := range []struct {
		name  string
		pairs []string
		sizes []int // of records
	}{
		{"none", nil, nil},
		{"a few", []string{"A", "b", "C", ""}, []int{4 + 3}},
		{"lengths about 128", []string{"A", long(127), "B", long(128), long(128), "C"}, []int{130 + 134 + 134}},
		{"as much as goes into a record", []string{"A", long(65_529)}, []int{65_535}},
		{"one more goes into a second", []string{"A", long(65_529), "B", ""}, []int{65_535, 3}},
		{"what does not fit is not divided", []string{"A", long(40_000), "B", long(40_000), "C", long(40_000)}, []int{40_006, 40_006, 40_006}},
		{"records are filled", []string{"A", long(30_000), "B", long(30_000), "C", long(30_000)}, []int{60_012, 30_006}},
		{"6 MB", slices.Collect(func(yield func(string) bool) {
			for i := range 100 {
				if !yield(strconv.Itoa(i)) || !yield(long(60_000)) {
					return
				}
			}
		}), slices.Concat(slices.Repeat([]int{60_006}, 10), slices.Repeat([]int{60_007}, 90))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParams(tt.pairs...)
			r := sent(t, p)
			require.NotNil(t, r)
			require.Equal(t, maps.Collect(p.All()), r.params)
			require.Equal(t, tt.sizes, r.sizes)
			require.True(t, r.role == fastcgi.Responder && !r.keep)
		})
	}
}

// FuzzParams has pairs arrive as they were added, in whole records, or not at all.
func FuzzParams(f *testing.F) {
	for _, n := range []int{0, 127, 128, 32_767, 65_529, 65_534, 65_535, 65_536, 65_537, 131_072} {
		f.Add("NAME", "v", 1, n)
		f.Add("", "xyz", n, 1)
		f.Add("HTTP_\xff", "\x00", n, n)
	}
	f.Fuzz(func(t *testing.T, name, value string, nameTimes, valueTimes int) {
		if nameTimes < 0 || valueTimes < 0 || len(name)*nameTimes > 1<<18 || len(value)*valueTimes > 1<<18 {
			return
		}
		a, b := strings.Repeat(name, nameTimes), strings.Repeat(value, valueTimes)
		p := newParams("first", "1", a, b, a+"2", b, "last", "2")
		p.Join(a, "", b)
		if err := p.Err(); err != nil {
			require.True(t, errors.Is(err, fastcgi.ErrTooLarge) && len(a)+len(b)+1 > 65_535-8)
			return
		}
		r := sent(t, p)
		require.NotNil(t, r)
		require.Equal(t, maps.Collect(p.All()), r.params)
		for _, n := range r.sizes {
			require.True(t, 0 < n && n <= 65_535)
		}
	})
}

// TestFrame has a request be put together without allocations, so that what a
// request costs is the kernel's.
func TestFrame(t *testing.T) {
	var p fastcgi.Params
	var buf []byte
	require.Zero(t, testing.AllocsPerRun(10, func() {
		benchParams(&p)
		buf = fastcgi.Frame(buf, &p, 100)
	}))
	r := newPeer(nil, 0)
	r.br.Reset(strings.NewReader(string(buf)))
	got := r.head()
	require.NotNil(t, got)
	require.True(t, got.keep && got.role == fastcgi.Responder)
	require.Equal(t, "/srv/www/example.com/current/index.php", got.params["SCRIPT_FILENAME"])
	require.Equal(t, "100", got.params["CONTENT_LENGTH"])
	require.Equal(t, []int{p.Len(), 19}, got.sizes)
}
