package gzip_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
)

func TestLimitsOfDictionaries(t *testing.T) {
	release := func(n int) string { return fmt.Sprint("/* ", n, " */", release1) }
	for _, tt := range []struct {
		name string
		d    *gzip.Dictionaries
		kept int
	}{
		{"by number", &gzip.Dictionaries{MaxCount: 3}, 3},
		{"by size, which is that of the index as well", &gzip.Dictionaries{MaxBytes: 200_000}, 3},
		{"by the size of one", &gzip.Dictionaries{MaxSize: 30_000}, 0},
		{"not at all", &gzip.Dictionaries{}, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, tt.d.Learn(gzip.DictionaryRule{Match: "/*.js"}))
			for n := range 10 {
				teach(t, tt.d, fmt.Sprintf("/%d.js", n), release(n))
				knows(t, tt.d, release(0)) // and so it is the last to go
			}
			kept := 0
			for n := range 10 {
				if knows(t, tt.d, release(n)) {
					kept++
				}
			}
			require.Equal(t, tt.kept, kept)
			if tt.kept > 0 {
				require.True(t, knows(t, tt.d, release(0)), "the one that was used")
				require.True(t, knows(t, tt.d, release(9)), "the last")
			}
		})
	}
}

func TestAdd(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 2}
	rule := gzip.DictionaryRule{Match: "/*.js"}
	old := []byte(release1)
	require.NoError(t, d.Add(rule, old))
	clear(old)
	require.True(t, knows(t, d, release1), "Add copies")
	require.NoError(t, d.Add(rule, []byte(release1)), "a second time")

	w := teach(t, d, "/new.js", "new"+release1)
	require.Empty(t, w.Header().Get("Use-As-Dictionary"), "nothing is to be learned")
	require.NoError(t, d.Learn(rule))
	for n := range 5 {
		teach(t, d, "/new.js", fmt.Sprint("new", n, release1))
	}
	require.True(t, knows(t, d, release1), "what was given stays")
	require.True(t, knows(t, d, "new4"+release1))

	require.NoError(t, d.Add(rule, []byte("another")))
	require.EqualError(t, d.Add(rule, []byte("too much")), "no room for a dictionary of 8 bytes")

	d = &gzip.Dictionaries{MaxBytes: 150_000}
	require.NoError(t, d.Learn(rule))
	teach(t, d, "/new.js", release1)
	require.EqualError(t, d.Add(rule, make([]byte, 200_000)), "no room for a dictionary of 200000 bytes")
	require.True(t, knows(t, d, release1), "what does not fit drives nothing out")
	require.EqualError(t, d.Add(rule, nil), "a dictionary must not be empty")
	require.EqualError(t, d.Add(gzip.DictionaryRule{}, []byte("x")), "a pattern of paths is missing")
}

// TestPlacesAreForgotten checks that no more of them are remembered than twice the
// dictionaries, whatever clients ask for.
func TestPlacesAreForgotten(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 5}
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*"}))
	isKnown := func(path string) (known bool) {
		serve(t, func(w http.ResponseWriter, r *http.Request) {
			known = r.Header.Get("Accept-Encoding") != ""
			w.Header().Set("Etag", `"1"`)
			writes("text/javascript", release1)(w, r)
		}, gzip.Config{Dictionaries: d}, request(path))
		return known
	}
	for n := range 10 {
		require.False(t, isKnown(fmt.Sprint("/", n)))
	}
	require.True(t, isKnown("/0"))
	require.False(t, isKnown("/10"))
	require.False(t, isKnown("/0"))

	long := "/" + strings.Repeat("x", 1<<10)
	require.False(t, isKnown(long))
	require.False(t, isKnown(long), "it takes too much to remember")
}

// TestAddAgain checks that what is given a second time takes no room twice, and that
// what was learned is not lost when it is given and must not stay.
func TestAddAgain(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 2}
	rule := gzip.DictionaryRule{Match: "/*.js"}
	require.NoError(t, d.Learn(rule))
	require.NoError(t, d.Add(rule, []byte("one")))
	teach(t, d, "/app.js", release1)
	require.NoError(t, d.Add(rule, []byte(release1)))
	require.NoError(t, d.Add(rule, []byte(release1)))
	teach(t, d, "/app.js", release2)
	require.False(t, knows(t, d, release2))
	require.True(t, knows(t, d, release1), "it was given since")
}
