package browse_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
)

func TestTitle(t *testing.T) {
	files := map[string]string{"main.go": "", "a&b/sub/": "", "turn\u202e/": ""}
	for i := range 45 {
		files[fmt.Sprintf("logs/%d.log", i)] = ""
	}
	c := in(t, folder(t, files))
	c.Page = 10
	s := serve(t, c)
	for path, want := range map[string]string{
		"/":                        "Home",
		"/a&b/sub/":                "sub",
		"/a&b/":                    "a&amp;b",
		"/turn%E2%80%AE/":          "turnU+202E",
		"/?q=main":                 "Search for “main” – Home",
		"/?q=%07%3C":               `Search for “\x07&lt;” – Home`,
		"/logs/":                   "logs – page 1 of 5",
		"/logs/?offset=10":         "logs – page 2 of 5",
		"/logs/?offset=10&q=log":   "Search for “log” – logs – page 2 of 5",
		"/logs/?offset=9999":       "logs",
		"/logs/?limit=45":          "logs",
		"/logs/?limit=20&offset=5": "logs – page 1 of 3",
	} {
		require.Contains(t, s.get(path, "Accept: text/html").body, "<title>"+want+"</title>", path)
	}
}

// TestPastTheEnd asks for a page that there is none of, or not any more.
func TestPastTheEnd(t *testing.T) {
	c := in(t, big(t, 45))
	c.Page = 10
	s := serve(t, c)
	body := s.get("/?offset=99999", "Accept: text/html").body
	require.Contains(t, body, "The list ends before this page.")
	require.Contains(t, body, "<span>5 pages</span>")
	require.Contains(t, body, `href="?offset=40">Last</a>`)
	for _, absent := range []string{" shown", ">Page ", "Previous", "Next", "This folder is empty"} {
		require.NotContains(t, body, absent)
	}
	body = s.get("/?offset=40", "Accept: text/html").body
	require.Contains(t, body, "41 to 45 shown")
	require.Contains(t, body, "<span>Page 5 of 5</span>")
	require.NotContains(t, body, "ends before")
	body = s.get("/?offset=40&q=nothing", "Accept: text/html").body
	require.Contains(t, body, "Nothing here has a name like that.")
	require.NotContains(t, body, "ends before")
}

// TestGridIsSorted checks that tiles, which have no heads of columns, can be sorted.
func TestGridIsSorted(t *testing.T) {
	long := strings.Repeat("long ", 20) + "name"
	s := serve(t, in(t, folder(t, map[string]string{"a.txt": "", long: "", "turn\u202e" + long: ""})))
	links := regexp.MustCompile(`<a href="(\?[^"]*)"( aria-current="true" aria-label="[^"]*")?>(Name|Size|Modified)`)
	for query, want := range map[string][][3]string{
		"?layout=grid": {
			{"?layout=grid&amp;order=desc&amp;sort=namedirfirst", ` aria-current="true" aria-label="Name, ascending"`, "Name"},
			{"?layout=grid&amp;order=desc&amp;sort=size", "", "Size"},
			{"?layout=grid&amp;order=desc&amp;sort=time", "", "Modified"},
		},
		"?layout=grid&sort=size&order=desc&offset=1": {
			{"?layout=grid&amp;order=asc&amp;sort=namedirfirst", "", "Name"},
			{"?layout=grid&amp;order=asc&amp;sort=size", ` aria-current="true" aria-label="Size, descending"`, "Size"},
			{"?layout=grid&amp;order=desc&amp;sort=time", "", "Modified"},
		},
	} {
		var got [][3]string
		body := s.get("/"+query, "Accept: text/html").body
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			got = append(got, [3]string(m[1:]))
		}
		require.Equal(t, want, got, query)
		require.NotContains(t, body, "(UTC)")
	}
	body := s.get("/?layout=grid", "Accept: text/html").body
	require.Contains(t, body, `<span title="`+long+`">`+long+"</span>")
	require.Contains(t, body, `<span title="turnU+202E`+long+`">turn<b>U+202E</b>`+long+"</span>", "no element is in an attribute")
	require.Contains(t, body, "<span>a.txt</span>")
}

// TestParts checks what a page is made of, apart from its rows.
func TestParts(t *testing.T) {
	dir := folder(t, map[string]string{"sub/a.txt": "", "other/": ""})
	c := in(t, dir)
	c.Archives = []browse.Archive{browse.Zip(), browse.TarGzip()}
	c.Readme = true
	s := serve(t, c)
	for _, layout := range []string{"list", "grid", "compact"} {
		for _, path := range []string{"/", "/sub/", "/other/"} {
			body := s.get(path+"?layout="+layout, "Accept: text/html").body
			_, list, ok := strings.Cut(body, ` id="list" tabindex="-1"`)
			require.True(t, ok, "where the link that skips leads")
			require.Contains(t, list, ` aria-labelledby="folder"`)
			require.Equal(t, 1, strings.Count(body, `id="folder"`))
			require.Contains(t, body, `<span aria-hidden="true">↓<span> Download</span></span><a href="?archive=zip" aria-label`)
			require.Equal(t, path == "/", !strings.Contains(body, "Folders above"), "Home is said once")
		}
	}
	body := s.get("/?layout=list", "Accept: text/html").body
	require.Contains(t, body, `>Modified<span class="utc"> (UTC)</span></a>`)
	require.Contains(t, body, `data-more=""`)
	require.Contains(t, s.get("/?limit=1", "Accept: text/html").body, `data-more="; Enter searches all pages"`)
	require.Contains(t, s.get("/sub/", "Accept: text/html").body, `<th scope="row" colspan="3"><a href="../">`)
	require.Contains(t, s.get("/?q=a", "Accept: text/html").body, "Folders above", "there is a way back")
	c.Search.Time = time.Minute
	require.Contains(t, serve(t, c).get("/", "Accept: text/html").body, `data-more="; Enter searches all below"`)
}
