package browse_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
)

// TestCacheIsBounded fills a cache with large folders, small ones and many.
func TestCacheIsBounded(t *testing.T) {
	c := browse.NewCache(10_000)
	c.Put("a", 4000)
	c.Put("b", 4000)
	require.True(t, c.Has("a"))
	c.Put("c", 4000)
	require.False(t, c.Has("b"), "it has not been used for the longest time")
	require.True(t, c.Has("a"))
	require.True(t, c.Has("c"))
	c.Put("huge", 20_000)
	require.False(t, c.Has("huge"))
	require.True(t, c.Has("a"))
	c.Put("a", 10)
	require.Equal(t, 4010, c.Total())
	for i := range 1000 {
		c.Put(fmt.Sprint(i), 1)
	}
	require.Less(t, c.Total(), 30, "folders count, too")
	require.True(t, c.Has("999"))
}

// TestManyAtATime has many clients list folders, in all ways, while they change.
func TestManyAtATime(t *testing.T) {
	dir := big(t, 300)
	c := in(t, dir)
	c.Search.Time = 1e9
	s := serve(t, c)
	var clients sync.WaitGroup
	for i, query := range []string{"", "?sort=size", "?sort=time&order=desc", "?format=ndjson", "?limit=10&offset=100", "?q=f1", "?sort=size&limit=5"} {
		clients.Go(func() {
			for n := range 15 {
				resp := s.get("/"+query, "Accept: text/html")
				if resp.StatusCode != 200 {
					t.Errorf("%s: %s", query, resp.Status)
				}
				write(t, filepath.Join(dir, fmt.Sprintf("new %d %d", i, n)), "x")
			}
		})
	}
	clients.Wait()
	require.Equal(t, 300+7*15, s.json("/").Total)
}
