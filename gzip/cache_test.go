package gzip_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// A counted coding counts what is encoded.
type counted struct {
	gzip.Coding
	n *int
}

func (c counted) NewEncoder() gzip.Encoder { return countedEncoder{c.Coding.NewEncoder(), c.n} }

type countedEncoder struct {
	gzip.Encoder
	n *int
}

func (e countedEncoder) Append(dst, src []byte) []byte {
	*e.n++
	return e.Encoder.(gzip.Appender).Append(dst, src)
}

// TestCache checks which bodies are encoded again.
func TestCache(t *testing.T) {
	for _, tt := range []struct {
		name   string
		size   int64
		header http.Header
		bodies []string
		want   int // times
	}{
		{"the same", 1 << 20, nil, []string{text, text, text, text, text}, 2},
		{"the same, with the usual size", 0, nil, []string{text, text, text}, 2},
		{"not of a negative size", -1, nil, []string{text, text, text}, 3},
		{"different ones", 1 << 20, nil, []string{text + "1", text + "2", text + "3"}, 3},
		{"by turns", 1 << 20, nil, []string{text + "1", text + "2", text + "1", text + "2", text + "1", text + "2"}, 4},
		{"no smaller when encoded", 1 << 20, nil, []string{noise(8000), noise(8000), noise(8000), noise(8000)}, 2},
		{"too large", 1000, nil, []string{text, text, text, text}, 4},
		{"one makes room for another", int64(len(text)) + 1000, nil,
			[]string{text + "1", text + "1", text + "1", text + "2", text + "2", text + "2", text + "1"}, 5},
		{"with a cookie", 1 << 20, http.Header{"Set-Cookie": {"a=b"}}, []string{text, text, text}, 3},
		{"private", 1 << 20, http.Header{"Cache-Control": {"max-age=1, Private"}}, []string{text, text, text}, 3},
		{"not to be stored", 1 << 20, http.Header{"Cache-Control": {"no-store"}}, []string{text, text, text}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			mw := gzip.New(gzip.Config{Codings: []gzip.Coding{counted{gzip.Gzip(1), &n}}, Cache: gzip.NewCache(tt.size)})
			var before http.Header
			for _, body := range tt.bodies {
				w := httptest.NewRecorder()
				mw(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					maps.Copy(w.Header(), tt.header)
					plain(body)(w, r)
				}))).ServeHTTP(w, ask("GET", "gzip"))
				got, err := read(w.Header().Get("Content-Encoding"), w.Body)
				require.NoError(t, err)
				require.Equal(t, body, got)
				if before != nil && tt.name == "the same" {
					require.Equal(t, before, w.Header())
				}
				before = w.Header()
			}
			require.Equal(t, tt.want, n)
		})
	}
}

// TestZeroCache checks that one is ready for use.
func TestZeroCache(t *testing.T) {
	n := 0
	h := gzip.New(gzip.Config{Codings: []gzip.Coding{counted{gzip.Gzip(1), &n}}, Cache: new(gzip.Cache)})(middleware.FromHTTP(plain(text)))
	for range 5 {
		h.ServeHTTP(httptest.NewRecorder(), ask("GET", "gzip"))
	}
	require.Equal(t, 2, n)
}

// TestCacheCollision checks that two bodies with one hash are told apart.
func TestCacheCollision(t *testing.T) {
	require.True(t, gzip.IsFound(gzip.NewCache(1000), []byte("a"), []byte("a")))
	require.False(t, gzip.IsFound(gzip.NewCache(1000), []byte("a"), []byte("b")))
}

// TestCacheOfSeveral checks that layers with codings of their own can share a
// cache, at the same time.
func TestCacheOfSeveral(t *testing.T) {
	cache := gzip.NewCache(100_000)
	var all sync.WaitGroup
	for level := range 4 {
		h := gzip.New(gzip.Config{Level: level, Cache: cache, Jitter: level})(middleware.FromHTTP(http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { plain(text+r.URL.RawQuery)(w, r) })))
		all.Go(func() {
			for i := range 200 {
				for _, accept := range []string{"gzip", "br", "zstd"} {
					w, r := httptest.NewRecorder(), ask("GET", accept)
					r.URL.RawQuery = fmt.Sprint(i % 5)
					h.ServeHTTP(w, r)
					got, err := read(accept, w.Body)
					if err != nil || got != text+r.URL.RawQuery {
						t.Error(accept, err)
					}
				}
			}
		})
	}
	all.Wait()
}

// TestCacheIsBounded checks that it takes no more memory than it may.
func TestCacheIsBounded(t *testing.T) {
	const size = 8 << 20
	cache := gzip.NewCache(size)
	h := func(body string) {
		mw := gzip.New(gzip.Config{Codings: []gzip.Coding{gzip.Gzip(1)}, Cache: cache})
		for range 3 {
			mw(middleware.FromHTTP(plain(body))).ServeHTTP(httptest.NewRecorder(), ask("GET", "gzip"))
		}
	}
	h("warm" + text)
	before := heap()
	all := textOf(200_000)
	for i := range 50 {
		h(fmt.Sprint(i) + all)
	}
	require.LessOrEqual(t, heap()-before, int64(size*105/100))
	runtime.KeepAlive(cache)
	runtime.KeepAlive(all)
}
