package browse_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
)

// big returns a folder of n files.
func big(t testing.TB, n int) string {
	t.Helper()
	dir := folder(t, nil)
	for i := range n {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d", i)), nil, 0o600))
	}
	return dir
}

func TestPaging(t *testing.T) {
	c := in(t, big(t, 1345))
	s := serve(t, c)
	l := s.json("/")
	require.Equal(t, []int{1345, 0, 1345, 0, 1000, 1000}, []int{l.Total, l.Folders, l.Files, l.Offset, l.Limit, len(l.Items)})
	l = s.json("/?offset=1340&limit=10")
	require.Equal(t, []int{1345, 1340, 10, 5}, []int{l.Total, l.Offset, l.Limit, len(l.Items)})
	require.Equal(t, "f1340", l.Items[0].Name)
	require.Empty(t, s.json("/?offset=99999").Items)

	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"/", []string{`<?offset=1000>; rel="next"`, `<?offset=1000>; rel="last"`}},
		{"/?offset=600&limit=600", []string{`<?limit=600&offset=0>; rel="first"`, `<?limit=600&offset=0>; rel="prev"`,
			`<?limit=600&offset=1200>; rel="next"`, `<?limit=600&offset=1200>; rel="last"`}},
		{"/?offset=1000", []string{`<?offset=0>; rel="first"`, `<?offset=0>; rel="prev"`}},
		{"/?offset=9000", []string{`<?offset=0>; rel="first"`, `<?offset=1000>; rel="prev"`, `<?offset=1000>; rel="last"`}},
		{"/?offset=1345", []string{`<?offset=0>; rel="first"`, `<?offset=1000>; rel="prev"`, `<?offset=1000>; rel="last"`}},
		{"/?offset=1347&limit=10", []string{`<?limit=10&offset=0>; rel="first"`, `<?limit=10&offset=1340>; rel="prev"`, `<?limit=10&offset=1340>; rel="last"`}},
		{"/?offset=1344", []string{`<?offset=0>; rel="first"`, `<?offset=344>; rel="prev"`}},
		{"/?offset=5&limit=10&sort=name&order=desc", []string{
			`<?limit=10&offset=0&order=desc&sort=name>; rel="first"`, `<?limit=10&offset=0&order=desc&sort=name>; rel="prev"`,
			`<?limit=10&offset=15&order=desc&sort=name>; rel="next"`, `<?limit=10&offset=1340&order=desc&sort=name>; rel="last"`}},
		{"/?limit=5000", nil},
		{"/?format=ndjson", nil},
	} {
		resp := s.get(tt.query, "Accept: text/html")
		require.Equal(t, tt.want, resp.Header["Link"], tt.query)
		require.Equal(t, "1345", resp.Header.Get("X-Total-Count"))
	}

	// Every entry is on exactly one page, whatever the order.
	for _, sort := range []string{"name", "namedirfirst", "size", "time", "ext"} {
		for _, order := range []string{"asc", "desc"} {
			seen := map[string]bool{}
			for offset := 0; offset < 1345; offset += 700 {
				for _, name := range s.names(fmt.Sprintf("/?sort=%s&order=%s&limit=700&offset=%d", sort, order, offset)) {
					require.False(t, seen[name])
					seen[name] = true
				}
			}
			require.Len(t, seen, 1345)
		}
	}
}

func TestSorts(t *testing.T) {
	c := in(t, folder(t, map[string]string{
		"track 10.mp3": "1", "track 9.mp3": "22", "Track 1.ogg": "333", "äpfel.txt": "4444", "Zebra.txt": "", "apple.txt": "666666", "dir/": "", "Dir2/": "",
	}))
	s := serve(t, c)
	for _, tt := range []struct{ query, want string }{
		{"", "dir Dir2 äpfel.txt apple.txt Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?order=desc", "Dir2 dir Zebra.txt track 10.mp3 track 9.mp3 Track 1.ogg apple.txt äpfel.txt"},
		{"?sort=name", "äpfel.txt apple.txt dir Dir2 Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?sort=size", "dir Dir2 Zebra.txt track 10.mp3 track 9.mp3 Track 1.ogg äpfel.txt apple.txt"},
		{"?sort=size&order=desc", "Dir2 dir apple.txt äpfel.txt Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?sort=ext", "dir Dir2 track 9.mp3 track 10.mp3 Track 1.ogg äpfel.txt apple.txt Zebra.txt"},
		{"?sort=nonsense&order=up", "dir Dir2 äpfel.txt apple.txt Track 1.ogg track 9.mp3 track 10.mp3 Zebra.txt"},
		{"?q=APF", "äpfel.txt"},
		{"?q=tra", "Track 1.ogg track 9.mp3 track 10.mp3"},
		{"?q=none", ""},
	} {
		require.Equal(t, tt.want, strings.Join(s.names("/"+tt.query), " "), tt.query)
	}
	c.Sort, c.Order = browse.SortSize, browse.Descending
	require.Equal(t, "Dir2 dir apple.txt", strings.Join(serve(t, c).names("/?limit=3"), " "))
}
